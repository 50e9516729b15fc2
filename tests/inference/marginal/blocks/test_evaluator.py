"""The evaluator of blocks: heights, gradients, draws; threads do not change a bit."""

from dataclasses import replace

import numpy as np
import pytest

from tests.inference.marginal.blocks.panels import (
    PERIOD,
    block_problem,
    each,
    integrate,
    point_of,
    slopes_at,
)
from tests.inference.marginal.hand_made import cells_at
from varmodel.inference.marginal.blocks import points
from varmodel.inference.marginal.blocks.evaluator import (
    CHECKING,
    BlockEvaluator,
    block_evaluator,
)
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.quadrature.evaluator import evaluator
from varmodel.inference.marginal.sampler import sample
from varmodel.numerics import threads

#: Family, response form published or not, how near the approximation is.
FAMILIES = {
    "binomial": 2e-3,
    "poisson": 1e-3,
    "normal": 1e-8,
    "lognormal": 1e-8,
    "published": 1e-8,
    "gamma": 1e-4,
    "negative_binomial": 2e-3,
    "beta_binomial": 2e-2,
}
CALENDAR = np.array([0, 1, 5, 6])


def made(name, **changes):
    """Return a problem; a published value is a normal one with an error."""
    if name == "published":
        return block_problem("normal", published=True, **changes)
    return block_problem(name, **changes)


def starts_of(one, count, effect=None):
    effect = np.zeros(one.effect_shape) if effect is None else effect
    return Starts(effect[np.newaxis], np.zeros(count, np.int64))


def blocks_of(problem, chi, psi):
    """Integrate each provider's block by brute force: log evidence, mean and covariance of b."""
    values, rho = problem.values(chi, psi), np.tanh(psi[-1])
    eta, (tau_u, tau_v) = problem.eta(psi)[problem.pattern], np.exp(chi)
    for j in range(problem.providers):
        own = problem.provider == j
        when, unit = np.unique(PERIOD[own], return_inverse=True)
        lags = np.abs(np.subtract.outer(CALENDAR[when], CALENDAR[when]))
        prior = tau_u**2 + tau_v**2 * np.where(lags == 0, 1.0, rho**lags)
        cells, base = cells_at(problem.cells, own), eta[own]

        def fits(b, cells=cells, base=base, unit=unit):
            each = problem.family.log_likelihood(cells, base + b[:, unit.ravel()], values)
            return each.sum(axis=-1)

        yield when, *integrate(fits, prior)


@pytest.mark.parametrize("name", each(FAMILIES))
def test_the_height_is_that_of_the_family(name):
    problem = made(name)
    one, (chi, psi) = block_evaluator(problem), point_of(problem)
    exact = sum(found[1] for found in blocks_of(problem, chi, psi))
    exact += float(problem.log_prior(chi, psi))
    found = one.log_posterior(chi[np.newaxis], psi[np.newaxis], starts=starts_of(one, 1))[0]
    assert found == pytest.approx(exact, abs=FAMILIES[name])


@pytest.mark.parametrize("name", each(FAMILIES))
def test_the_gradient_and_the_information_by_differences(name):
    problem = made(name, times=20)
    one, (chi, psi) = block_evaluator(problem), point_of(problem)
    (slope,) = slopes_at(one, chi, psi[np.newaxis])
    steps = 1e-3 * np.eye(problem.size)
    around = np.concatenate([psi + steps, psi - steps])
    every = np.tile(chi, (len(around), 1))
    heights = one.log_posterior(every, around, starts=starts_of(one, len(around), slope.effect))
    up, down = np.split(heights, 2)
    exact = (up - down) / 2e-3
    np.testing.assert_allclose(slope.gradient, exact, rtol=0.02, atol=0.15)
    here, one_step = [slope], np.ones(1)
    (found,) = one.informations(
        chi[np.newaxis], psi[np.newaxis], here=here, along=here, apart=one_step
    )
    ends = [
        x.gradient for x in slopes_at(one, chi, psi + np.concatenate([steps, -steps]), slope.effect)
    ]
    bent = (np.array(ends[problem.size :]) - np.array(ends[: problem.size])) / 2e-3
    terms = problem.terms
    exact = bent[:terms, :terms] - np.diag(problem.prior_precision)
    np.testing.assert_allclose(found, exact, rtol=0.1, atol=0.05 * np.diag(exact).max())


@pytest.mark.parametrize("name", each(FAMILIES))
def test_a_point_does_not_know_its_neighbours(name):
    """Alone, it is worked on one number at a time; among others several at a time."""
    problem = made(name)
    one, (chi, psi) = block_evaluator(problem), point_of(problem)
    around = psi + 0.1 * np.random.default_rng(1).standard_normal((6, problem.size))
    for alone, among in zip(around, slopes_at(one, chi, around), strict=True):
        (found,) = slopes_at(one, chi, alone[np.newaxis])
        for field in ("height", "gradient", "effect", "score"):
            pair = getattr(among, field), getattr(found, field)
            np.testing.assert_allclose(*pair, rtol=1e-9, atol=1e-9)


def test_without_v_it_is_the_evaluator_of_one_number():
    """As tau_v tends to 0."""
    problem = block_problem("binomial", times=20)
    one, (chi, psi) = block_evaluator(problem), point_of(problem, tau_v=1e-7)
    kept = [one for one in problem.hyperparameters.listed if not one.name.startswith("transient")]
    plain = replace(
        problem,
        hyperparameters=replace(problem.hyperparameters, listed=tuple(kept)),
        transient=None,
    )
    around = psi + 0.1 * np.random.default_rng(1).standard_normal((6, problem.size))
    found = one.log_posterior(np.tile(chi, (6, 1)), around, starts=starts_of(one, 6))
    found -= problem.log_prior(np.tile(chi, (6, 1)), around)
    chi, psi = np.tile(chi[:1], (6, 1)), around[:, : problem.terms]
    simple = evaluator(plain, nodes=61)
    exact = simple.log_posterior(chi, psi, starts=Starts(np.zeros((1, 4)), np.zeros(6, np.int64)))
    exact -= plain.log_prior(chi, psi)
    np.testing.assert_allclose(found - found[0], exact - exact[0], atol=2e-4)
    np.testing.assert_allclose(found, exact, atol=1e-3)


@pytest.mark.parametrize(("pairs", "copies"), [(0, 1), (0, 10), (32, 1)])
def test_draws_are_those_of_the_blocks(pairs, copies):
    """Means and covariances of u + v where there are cells; periods without follow v's law.

    However many draws are made at one point.
    """
    problem, count = block_problem("binomial", times=0.2), 20_000
    one, (chi, psi) = replace(block_evaluator(problem), pairs=pairs), point_of(problem)
    seeds = np.random.default_rng(3).integers(2**31, size=count)
    # importance sampling takes the same points for the same (chi, psi): they must differ a little
    around = psi + 1e-9 * (np.arange(count) % (count // copies))[:, np.newaxis]
    drawn = one.draw(np.tile(chi, (count, 1)), around, starts=starts_of(one, count), seeds=seeds)
    lasting, transient = drawn["provider_effect"], drawn["transient_effect"]
    assert transient.shape == (count, 4, 4)
    assert np.isfinite(transient).all()
    b = lasting[:, :, np.newaxis] + transient
    for j, (when, _, mean, spread) in enumerate(blocks_of(problem, chi, psi)):
        error = np.sqrt(np.diag(spread) / count)
        assert (np.abs(b[:, j, when].mean(axis=0) - mean) < 5 * error).all()
        np.testing.assert_allclose(np.cov(b[:, j, when].T), spread, atol=0.03 * spread.max())
    # provider 1 has period 2 alone: v_0 = rho^5 v_2 and what is new
    rho, tau_v = np.tanh(psi[-1]), np.exp(chi[1])
    rest = transient[:, 1, 0] - rho**5 * transient[:, 1, 2]
    assert rest.std() == pytest.approx(tau_v * np.sqrt(1 - rho**10), rel=0.03)
    assert abs(np.corrcoef(rest, transient[:, 1, 2])[0, 1]) < 0.03


def test_laplace_is_kept_where_it_is_exact_and_left_where_it_is_not():
    for times, kept in ((50, True), (0.1, False)):
        problem = block_problem("binomial", times=times)
        many = replace(block_evaluator(problem), pairs=0)
        chi, psi = point_of(problem)
        chi = np.log([[0.5, 0.4], [2.0, 3.0], [0.1, 0.2], [1.0, 0.1]])
        chosen, change = many.refined(chi, np.tile(psi, (4, 1)), starts=starts_of(many, 4))
        assert (chosen.pairs == 0) is kept, (times, change)
        assert change < 0.02
        assert np.isfinite(chosen.block_k) or chosen.block_k == -np.inf
        assert chosen.nodes == max(1, 2 * chosen.pairs)


def test_few_points_check_what_is_far_below_the_tolerance_and_many_the_rest(monkeypatch):
    problem = block_problem("binomial", times=50)
    many, (chi, psi) = replace(block_evaluator(problem), pairs=0), point_of(problem)
    chi, psi = np.log([[0.5, 0.4], [2.0, 3.0], [1.0, 0.1]]), np.tile(psi, (3, 1))
    asked, weigh = [], BlockEvaluator._weighed

    def counted(self, *args):
        asked.append(args[3].pairs)
        return weigh(self, *args)

    monkeypatch.setattr(BlockEvaluator, "_weighed", counted)
    _, change = many.refined(chi, psi, starts=starts_of(many, 3))
    assert asked == [32]
    many.refined(chi, psi, starts=starts_of(many, 3), tolerance=5 * change)
    assert asked[:3] == [32, 32, CHECKING]


def test_importance_sampling_agrees_with_laplace_and_comes_again():
    problem = block_problem("binomial", times=20)
    one, (chi, psi) = block_evaluator(problem), point_of(problem)
    sampled = replace(one, pairs=256)
    thrice = np.tile(chi, (3, 1)), np.tile(psi, (3, 1))
    first = sampled.log_posterior(*thrice, starts=starts_of(one, 3))
    assert len(set(first.tolist())) == 1
    exact = one.log_posterior(*thrice, starts=starts_of(one, 3))
    np.testing.assert_allclose(first, exact, atol=0.15)


@pytest.mark.parametrize("pairs", [0, 4])
def test_threads_do_not_change_a_bit(monkeypatch, pairs):
    problem, rng = block_problem("binomial"), np.random.default_rng(2)
    one, (chi, psi) = replace(block_evaluator(problem), pairs=pairs), point_of(problem)
    chi = chi + 0.2 * rng.standard_normal((150, 2))
    psi = psi + 0.1 * rng.standard_normal((150, problem.size))
    found = []
    for count in ("1", "2", "3"):
        monkeypatch.setenv(threads.VARIABLE, count)
        drawn = one.draw(chi, psi, starts=starts_of(one, 150), seeds=np.arange(150))
        height = one.log_posterior(chi, psi, starts=starts_of(one, 150))
        found.append((height.tobytes(), *(x.tobytes() for x in drawn.values())))
    assert found[0] == found[1] == found[2]
    monkeypatch.setattr(points, "_HELD", 1)  # other parts, the same points
    again = one.log_posterior(chi, psi, starts=starts_of(one, 150))
    np.testing.assert_allclose(again, np.frombuffer(found[0][0]), atol=1e-9)


def dense_posterior(problem, design, grid):
    """Weigh tau_u, tau_v and atanh rho on a grid, the terms integrated out in closed form."""
    cells, transient = problem.cells, problem.transient
    near = problem.provider[:, np.newaxis] == problem.provider
    lags = np.abs(np.subtract.outer(*2 * [transient.calendar[transient.period]]))
    y, noise = cells.response - problem.prior_mean[0], np.diag(cells.error**2)
    wide = noise + (design / problem.prior_precision) @ design.T
    logs = np.empty(len(grid))
    for k, (log_u, log_v, x) in enumerate(grid):
        shared = np.exp(2 * log_u) + np.exp(2 * log_v) * np.tanh(x) ** lags
        root = np.linalg.cholesky(wide + near * shared)
        logs[k] = -np.log(np.diag(root)).sum() - 0.5 * (np.linalg.solve(root, y) ** 2).sum()
    psi = np.zeros((len(grid), problem.size))
    psi[:, -1] = grid[:, 2]
    logs += problem.log_prior(grid[:, :2], psi)
    weight = np.exp(logs - logs.max())
    return weight / weight.sum()


@pytest.mark.long
def test_the_sampler_finds_the_posterior_of_a_dense_grid():
    """Published values: all but three hyperparameters goes out in closed form."""
    rng, providers, periods = np.random.default_rng(8), 14, 4
    plain = block_problem("normal", published=True)
    provider = np.repeat(np.arange(providers), periods)
    period = np.tile(np.arange(periods), providers)
    lasting, passing = rng.normal(0, 0.5, providers), rng.normal(0, 0.4, (providers, periods))
    passing[:, 1:] = 0.8 * passing[:, 1:] + 0.6 * passing[:, :-1]
    error = rng.uniform(0.1, 0.2, len(provider))
    value = (lasting[:, np.newaxis] + passing).ravel() + error * rng.standard_normal(len(error))
    problem = replace(
        plain,
        cells=replace(plain.cells, response=value, size=np.ones_like(value), error=error),
        provider=provider,
        pattern=period,
        starts=np.arange(providers + 1) * periods,
        design=plain.design[:periods],
        transient=replace(plain.transient, period=period, calendar=np.arange(periods)),
    )
    found = sample(problem, draws=1_000, chains=4, random_seed=2)
    assert found.pareto_k < 0.5
    assert found.pareto_k_sd < 0.5
    axes = np.linspace(-6, 0.7, 40), np.linspace(-5, 0.5, 40), np.linspace(-2, 3.5, 40)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    weight = dense_posterior(problem, problem.design[period], grid)
    draws = np.concatenate([found.chi, found.psi[..., -1:]], axis=-1).reshape(-1, 3)
    grid, draws = (np.column_stack([np.exp(x[:, :2]), np.tanh(x[:, 2])]) for x in (grid, draws))
    for k in range(3):
        mean = weight @ grid[:, k]
        sd = np.sqrt(weight @ (grid[:, k] - mean) ** 2)
        assert draws[:, k].mean() == pytest.approx(mean, abs=0.09 * sd), k
        assert draws[:, k].std() == pytest.approx(sd, rel=0.09), k
    assert np.isfinite(found.effects["transient_effect"]).all()
