"""The marginal sampler: against exact posteriors, against NUTS; planted mistakes are seen."""

from functools import partialmethod

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from scipy.stats import qmc

from tests.toys import TOYS
from tests.truth.test_surgical import figures, solve
from varmodel import adjusted_rates, diagnose, fit, prepare
from varmodel.families import Prior
from varmodel.families.effects import EFFECTS
from varmodel.fits.importance import ess_weighted
from varmodel.inference.marginal import sampler
from varmodel.inference.marginal.hyperparameters import choice, pilot
from varmodel.inference.marginal.problem import Problem, read_problem
from varmodel.inference.marginal.quadrature.evaluator import QuadratureEvaluator, evaluator
from varmodel.inference.nuts.arrays import resolve_priors
from varmodel.numerics.convergence import ess_mean
from varmodel.numerics.pareto import smooth_weights
from varmodel.spec import ModelSpec

SCHOOLS = pd.DataFrame(
    {
        "school": list("ABCDEFGH"),
        "effect": [28.0, 8, -3, 7, -1, 1, 18, 12],
        "error": [15.0, 10, 16, 11, 9, 11, 10, 18],
    }
)
MEANS = np.array([4.3968, 3.5977, 6.212, 4.940, 3.927, 4.757, 3.615, 4.043, 6.297, 4.854])


def draw(spec, table, **options):
    options = {"random_seed": 5, "draws": 1_000, "progressbar": False, **options}
    return fit(spec, prepare(spec, table), sampler="marginal", **options)


def moments(fitted):
    """Draws of the intercept and the sds, their squares, and the providers' levels."""
    posterior = fitted.posterior
    names = [name for name in ("intercept", "provider_sd", "residual_sd") if name in posterior]
    scalars = [posterior[name].to_numpy()[..., np.newaxis] for name in names]
    levels = scalars[0] + posterior["provider_effect"].to_numpy()
    coefficients = posterior["coefficients"].to_numpy()
    return np.concatenate([*scalars, *(x**2 for x in scalars), coefficients, levels], axis=-1)


def mean_and_error(fitted, x):
    if "ancestor_weight" in fitted.posterior.coords:
        size = ess_weighted(x, fitted.posterior["ancestor_weight"].to_numpy())
    else:
        size = ess_mean(x)
    return x.mean(axis=(0, 1)), x.std(axis=(0, 1)) / np.sqrt(size)


def distance(fitted, x, exact):
    """Largest difference of means from exact values in Monte Carlo errors."""
    mean, error = mean_and_error(fitted, x)
    return np.abs((mean - exact) / error).max()


def bound(count):
    """Largest of ``count`` standard normal figures, but once in a thousand."""
    return stats.norm.ppf(1 - 0.001 / (2 * count))


def schools(tau=None, *, effect="normal", **options):
    spec = ModelSpec(
        effect=effect,
        name="schools",
        provider="school",
        better="neither",
        family="normal",
        value="effect",
        standard_error="error",
        priors={
            "intercept": Prior("normal", sigma=5),
            "provider_sd": tau or Prior("half_cauchy", beta=5),
        },
    )
    return draw(spec, SCHOOLS, **options)


def exact_schools(log_prior=None):
    """Means of mu, tau, their squares and the schools' levels, all by closed forms given tau."""
    log_prior = log_prior or stats.halfcauchy(scale=5).logpdf
    y, variance = SCHOOLS["effect"].to_numpy(), SCHOOLS["error"].to_numpy() ** 2
    log_tau = np.linspace(-14, 9, 20_001)
    tau = np.exp(log_tau)
    total = variance + tau[:, np.newaxis] ** 2
    precision = 1 / 25 + (1 / total).sum(axis=1)
    mu = (y / total).sum(axis=1) / precision
    fits = stats.norm.logpdf(y, mu[:, np.newaxis], np.sqrt(total)).sum(axis=1)
    fits += stats.norm.logpdf(mu, scale=5) - 0.5 * np.log(precision)
    weight = special.softmax(fits + log_prior(tau) + log_tau)
    share = tau[:, np.newaxis] ** 2 / total
    levels = mu[:, np.newaxis] + share * (y - mu[:, np.newaxis])
    parts = [mu, tau, mu**2 + 1 / precision, tau**2]
    return weight @ np.column_stack([*parts, levels])


@pytest.fixture(scope="module")
def exact():
    return exact_schools()


def test_the_twelve_hospitals():
    toy = TOYS["surgical"]()
    found = draw(toy.spec, toy.table, draws=10_000)
    mu, sigma = (
        found.posterior[name].to_numpy()[..., np.newaxis] for name in ("intercept", "provider_sd")
    )
    rates = adjusted_rates(found).to_numpy()
    x = np.concatenate([mu, mu**2, sigma, sigma**2, rates], axis=-1)
    assert distance(found, x, figures(solve(points=51, z_step=0.1))) < 4


def test_the_closed_form_has_the_published_means(exact):
    np.testing.assert_allclose(exact[[0, 1, *range(4, 12)]], MEANS, atol=6e-4)


def test_the_eight_schools(exact):
    """Squares of a sd with a Cauchy prior have no small error: its mean alone is compared."""
    found = schools(draws=20_000)
    x = np.delete(moments(found), 3, axis=-1)
    assert distance(found, x, np.delete(exact, 3)) < 4


@pytest.mark.parametrize("sigma", [1e-3, 1.0, 30.0])
def test_other_scales_of_the_prior(sigma):
    found = schools(Prior("half_normal", sigma=sigma), draws=5_000)
    exact = exact_schools(stats.halfnorm(scale=sigma).logpdf)
    assert distance(found, moments(found), exact) < 4


@pytest.mark.long
@pytest.mark.parametrize("name", TOYS)
def test_it_agrees_with_nuts(name, fitted):
    """In the gate both are held to the exact means: here, and in test_surgical."""
    chains, toy = fitted(name), TOYS[name]()
    found = draw(toy.spec, toy.table, draws=5_000)
    x, other = moments(found), moments(chains)
    (mean, error), (other_mean, other_error) = (
        mean_and_error(found, x),
        mean_and_error(chains, other),
    )
    z = (mean - other_mean) / np.hypot(error, other_error)
    assert np.abs(z).max() < bound(len(z))
    spread = x.std(axis=(0, 1)) / other.std(axis=(0, 1))
    np.testing.assert_allclose(spread, 1, atol=0.15)


def counted(providers, cases, *, tau, rate=0.05, seed=3):
    """Simulate providers of one size, without varmodel."""
    rng = np.random.default_rng(seed)
    eta = special.logit(rate) + tau * rng.standard_normal(providers)
    table = pd.DataFrame({"trust": [f"P{j:05d}" for j in range(providers)], "cases": cases})
    table["events"] = rng.binomial(cases, special.expit(eta))
    spec = ModelSpec(
        name="counted",
        provider="trust",
        better="lower",
        family="binomial",
        numerator="events",
        denominator="cases",
    )
    return spec, table


@pytest.mark.parametrize(
    ("providers", "cases", "tau"), [(5, 30, 0.5), (300, 200, 0.3), (40, 100, 0.0), (30, 10**6, 2.0)]
)
def test_it_passes_the_gate(providers, cases, tau):
    found = draw(*counted(providers, cases, tau=tau, rate=0.2), draws=1_500)
    assert diagnose(found).passed
    low, high = found.posterior["provider_sd"].quantile([0.0005, 0.9995])
    assert low < max(tau, 0.05)
    assert tau < high


@pytest.mark.parametrize("sigma", [1e-4, 1e-2])
def test_no_variation(sigma):
    """Against a tight prior the sd is its prior's, and the effects stay below it."""
    spec, table = counted(20, 50, tau=0.0)
    found = draw(spec.replace(priors={"provider_sd": Prior("half_normal", sigma=sigma)}), table)
    tau = found.posterior["provider_sd"].to_numpy()
    law = stats.halfnorm(scale=sigma)
    assert tau.mean() == pytest.approx(law.mean(), rel=0.06)
    assert stats.kstest(tau.ravel(), law.cdf).pvalue > 1e-5
    effect = found.posterior["provider_effect"].to_numpy()
    assert effect.std() == pytest.approx(sigma, rel=0.06)


def awkward(family):
    """All events, none, one case, 1e9 cases, none of few; the others as usual."""
    cases = np.array([40, 60, 1, 10**9, 3, *range(20, 120, 10)])
    rng = np.random.default_rng(8)
    events = rng.binomial(cases, special.expit(-1 + 0.4 * rng.standard_normal(len(cases))))
    events[:5] = [40, 0, 1, 3 * 10**8, 0]
    table = pd.DataFrame({"trust": [f"P{j:02d}" for j in range(15)], "c": cases, "e": events})
    size = {"denominator": "c"} if family == "binomial" else {"exposure": "c"}
    made = {"name": "awkward", "provider": "trust", "better": "lower", "numerator": "e"}
    return ModelSpec(family=family, **made, **size), table


@pytest.mark.parametrize("family", ["binomial", "poisson"])
@pytest.mark.parametrize("effect", ["normal", "student_t"])
def test_awkward_providers(family, effect):
    spec, table = awkward(family)
    found = draw(spec.replace(effect=effect), table, draws=1_000, provisional=effect != "normal")
    stats_of = found.draws["sample_stats"]
    even = 0.8 if effect == "normal" else 0.7
    assert float(stats_of["importance_ess"]) > even * float(stats_of["evaluations"])
    assert float(found.draws["sample_stats"]["largest_weight"]) < 0.01
    rates = adjusted_rates(found)
    middle = rates.mean(("chain", "draw")).to_numpy()
    assert middle[3] == pytest.approx(0.3, rel=1e-4)  # 1e9 cases say it all
    assert rates.std(("chain", "draw"))[3] < 1e-4
    crude = (table["e"] / table["c"]).to_numpy()
    assert 0.5 * middle[3] < middle[2] < crude[2]  # one case says next to nothing
    assert 0 < middle[1] < middle[4] < 0.5
    assert middle[0] > middle[5:].max()


def exact_schools_t(sigma, *, points=(32, 22, 36)):
    """Means of mu, tau, squares, levels and nu by sums: a t law is a mixture over its scale.

    Given mu and the scale v nothing but normal laws is left; v is nu over a chi^2, nu - 2 a
    gamma of shape 2 and mean 20, tau half-normal.
    """
    y, variance = SCHOOLS["effect"].to_numpy(), SCHOOLS["error"].to_numpy() ** 2
    tau = np.exp(np.linspace(np.log(sigma / 500), np.log(4.2 * sigma), points[0]))
    mu, mu_weight = np.polynomial.hermite_e.hermegauss(points[2])
    mu = 5 * mu
    gap = y - mu[:, np.newaxis]
    quantiles = (np.arange(160) + 0.5) / 160
    total, sums = 0.0, 0.0
    for u in np.linspace(-3, np.log(198), points[1]):
        nu = 2 + np.exp(u)
        scale = (nu - 2) / stats.chi2(nu).ppf(quantiles)
        extra = tau[:, np.newaxis] ** 2 * scale
        spread = variance[:, np.newaxis] + extra[:, np.newaxis]  # tau, school, v
        fits = stats.norm.pdf(gap[:, np.newaxis, :, np.newaxis], scale=np.sqrt(spread))
        each = fits.mean(axis=-1)  # mu, tau, school
        share = (fits * extra[:, np.newaxis] / spread).mean(axis=-1) / each
        weight = each.prod(axis=-1) * mu_weight[:, np.newaxis]
        weight = weight * stats.halfnorm(scale=sigma).pdf(tau) * tau
        weight = weight * stats.gamma(2, scale=10).pdf(nu - 2) * (nu - 2)
        level = mu[:, np.newaxis, np.newaxis] + share * gap[:, np.newaxis]
        one = np.ones_like(weight)
        parts = [mu[:, np.newaxis] * one, tau * one, mu[:, np.newaxis] ** 2 * one, tau**2 * one]
        table = np.concatenate([np.stack([*parts, nu * one], axis=-1), level], axis=-1)
        total += weight.sum()
        sums = sums + np.einsum("mt,mtk->k", weight, table)
    return sums / total


def test_student_t_effects_against_sums():
    found = schools(Prior("half_normal", sigma=10), effect="student_t", draws=10_000)
    x = moments(found)
    nu = found.posterior["effect_nu"].to_numpy()[..., np.newaxis]
    x = np.concatenate([x[..., :4], nu, x[..., 4:]], axis=-1)
    assert distance(found, x, exact_schools_t(10.0)) < 4
    normal = exact_schools(stats.halfnorm(scale=10).logpdf)
    assert distance(found, moments(found), normal) > 4  # and it is not the normal law's


SIX = pd.DataFrame(
    {"unit": list("ABCDEF"), "y": [3.0, 2.4, 2.6, -4.0, 2.9, 2.2], "error": [0.5] * 6}
)


def exact_six():
    """Means and their errors under flexible effects: quasi-random points of the whole prior."""
    law = EFFECTS["flexible"]
    uniform = qmc.Sobol(5, rng=np.random.default_rng(1)).random_base2(14)
    normal = stats.norm.ppf(np.clip(uniform, 1e-12, 1 - 1e-12))
    mu, tau, shape = 2 * normal[:, 0], 3 * np.abs(normal[:, 1]), 0.3 * normal[:, 2:]
    b = np.linspace(-13, 13, 131)
    y = SIX["y"].to_numpy()
    logs, levels = 0.0, []
    density = np.concatenate(
        [
            np.exp(law.log_density(np.broadcast_to(b, (len(part), len(b))), tau[part], shape[part]))
            for part in np.array_split(np.arange(len(mu)), 16)
        ]
    )
    for one in y:
        mass = density * stats.norm.pdf(one, mu[:, np.newaxis] + b, 0.5)
        each = mass.sum(axis=1) + 1e-300
        logs = logs + np.log(each)
        levels.append(mu + mass @ b / each)
    weight = special.softmax(logs)
    table = np.column_stack([mu, tau, mu**2, tau**2, *shape.T, *levels])
    mean = weight @ table
    return mean, np.sqrt(weight**2 @ (table - mean) ** 2)


def test_flexible_effects_against_brute_force():
    spec = ModelSpec(
        name="six",
        provider="unit",
        better="neither",
        family="normal",
        value="y",
        standard_error="error",
        effect="flexible",
        priors={
            "intercept": Prior("normal", sigma=2),
            "provider_sd": Prior("half_normal", sigma=3),
        },
    )
    found = draw(spec, SIX, draws=4_000)
    x = moments(found)
    shape = found.posterior["effect_shape"].to_numpy()
    x = np.concatenate([x[..., :4], shape, x[..., 4:]], axis=-1)
    exact, rough = exact_six()
    mean, error = mean_and_error(found, x)
    z = (mean - exact) / np.hypot(error, rough)
    assert (rough < 0.06 * x.std(axis=(0, 1))).all()
    assert np.abs(z).max() < bound(len(z))
    assert (np.abs(mean[4:7]) > 4 * error[4:7]).any()  # the data speak of the shape


def test_poisson_with_little_variation_is_nearly_conjugate():
    """A lognormal rate of small sd is nearly a gamma one of the same mean and variance."""
    rng = np.random.default_rng(12)
    expected = np.exp(rng.uniform(np.log(5), np.log(300), 60))
    deaths = rng.poisson(expected * rng.gamma(44.0, 1 / 44.0, 60))
    table = pd.DataFrame({"trust": [f"P{j:02d}" for j in range(60)], "e": expected, "d": deaths})
    spec = ModelSpec(
        name="gamma",
        provider="trust",
        better="lower",
        family="poisson",
        numerator="d",
        expected="e",
    )
    found = draw(spec, table, draws=2_000)
    posterior = found.posterior
    mu, sd = (posterior[name].to_numpy()[..., np.newaxis] for name in ("intercept", "provider_sd"))
    shape = 1 / np.expm1(sd**2)
    level = np.exp(mu + sd**2 / 2)
    conjugate = (level * (deaths + shape) / (expected * level + shape)).mean(axis=(0, 1))
    drawn = np.exp(mu + posterior["provider_effect"].to_numpy()).mean(axis=(0, 1))
    np.testing.assert_allclose(drawn, conjugate, rtol=0.015)
    assert np.ptp(conjugate) > 0.3


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
def test_positive_measurements_against_sums(family):
    """Eight providers of a few measurements each: sums over intercept, sds and effects."""
    rng = np.random.default_rng(31)
    trust = np.repeat(np.arange(8), 5)
    values = np.exp(1 + 0.3 * rng.standard_normal(8)[trust] + 0.5 * rng.standard_normal(40))
    table = pd.DataFrame({"trust": [f"P{j}" for j in trust], "days": values})
    priors = {
        "intercept": Prior("normal", mu=1.0, sigma=1.0),
        "provider_sd": Prior("half_normal", sigma=0.5),
        "residual_sd": Prior("half_normal", sigma=1.0),
    }
    made = {"name": "stays", "provider": "trust", "better": "lower", "value": "days"}
    found = draw(ModelSpec(family=family, priors=priors, **made), table, draws=4_000)
    x = moments(found)
    exact = exact_stays(family, values.reshape(8, 5))
    assert distance(found, x[..., :6], exact) < 4


def exact_stays(family, values):
    """Means of intercept, sds and their squares on a grid; the density of each value by SciPy."""
    tau, tau_weight = np.polynomial.legendre.leggauss(40)
    tau, sd = 0.8 * (1 + tau), np.linspace(0.25, 1.3, 45)
    z, z_weight = np.polynomial.hermite_e.hermegauss(25)
    mu = np.linspace(-0.6, 2.6, 65)
    level = np.linspace(-2.5, 4.5, 701)
    fits = np.empty((len(sd), 8, len(level)))
    for k, one in enumerate(sd):
        if family == "gamma":
            shape = one**-2.0
            scale = np.exp(level[:, np.newaxis, np.newaxis]) / shape
            logs = stats.gamma(shape, scale=scale).logpdf(values)
        else:
            scale = np.exp(level[:, np.newaxis, np.newaxis])
            logs = stats.lognorm(one, scale=scale).logpdf(values)
        fits[k] = logs.sum(axis=-1).T
    total = np.empty((len(mu), len(tau), len(sd)))
    for m, t in np.ndindex(len(mu), len(tau)):
        at = mu[m] + tau[t] * z
        place = np.clip((at - level[0]) / (level[1] - level[0]), 0, len(level) - 1.001)
        low = place.astype(int)
        part = place - low
        here = (1 - part) * fits[..., low] + part * fits[..., low + 1]
        total[m, t] = special.logsumexp(here, axis=-1, b=z_weight).sum(axis=-1)
    total += stats.norm(1, 1).logpdf(mu)[:, np.newaxis, np.newaxis]
    of_tau = stats.halfnorm(scale=0.5).logpdf(tau) + np.log(tau_weight)
    total += of_tau[:, np.newaxis] + stats.halfnorm.logpdf(sd)
    weight = special.softmax(total)
    marginals = [(mu, weight.sum(axis=(1, 2))), (tau, weight.sum(axis=(0, 2)))]
    marginals.append((sd, weight.sum(axis=(0, 1))))
    return np.array([w @ v**power for power in (1, 2) for v, w in marginals])


@pytest.mark.long
def test_fifty_thousand_providers():
    spec, table = counted(50_000, 20, tau=0.4)
    rng = np.random.default_rng(50_000)
    table["events"] = rng.poisson(20 * 0.2 * np.exp(0.4 * rng.standard_normal(50_000)))
    spec = spec.replace(family="poisson", denominator=None, exposure="cases")
    found = draw(spec, table, draws=250)
    assert diagnose(found).passed
    intercept, tau = (found.posterior[name] for name in ("intercept", "provider_sd"))
    assert abs(float(intercept.mean()) - np.log(0.2)) < 5 * float(intercept.std())
    assert abs(float(tau.mean()) - 0.4) < 5 * float(tau.std())


# Planted mistakes: each must fail the comparison that the tests above make.


def test_one_node_is_seen(monkeypatch):
    """Laplace's approximation moves the sd of many small providers; only the nodes' check sees."""
    made = counted(2_000, 20, tau=0.5)
    mean, error = sd_with_nodes(monkeypatch, made, count=7)
    finer, finer_error = sd_with_nodes(monkeypatch, made, count=14)
    one, one_error = sd_with_nodes(monkeypatch, made, count=1)
    assert abs(mean - finer) < 4 * np.hypot(error, finer_error)
    assert abs(mean - one) > 4 * np.hypot(error, one_error)


def sd_with_nodes(monkeypatch, made, *, count):
    def keep(self, chi, psi, *, starts):
        return evaluator(self.problem, nodes=count), 0.0

    with monkeypatch.context() as patch:
        patch.setattr(QuadratureEvaluator, "refined", keep)
        patch.setattr(pilot, "FINE", {1: (17,)})
        found = draw(*made, draws=250, provisional=True)
    return mean_and_error(found, found.posterior["provider_sd"].to_numpy())


def test_the_nodes_are_doubled_where_one_is_too_few(monkeypatch):
    """At 6,500 providers of 20 cases each."""
    spec, table = counted(6_500, 20, tau=0.5)
    frame = prepare(spec, table)
    problem = read_problem(frame, resolve_priors(spec, frame), effect="normal")
    monkeypatch.setattr(pilot, "FINE", {1: (11,)})
    grid = pilot.explore(evaluator(problem, nodes=7))
    one = evaluator(problem, nodes=1)
    chosen, change = sampler.refine(one, grid)
    assert chosen.nodes >= 4
    assert change < 0.02
    lenient = partialmethod(QuadratureEvaluator.refined, tolerance=np.inf)
    monkeypatch.setattr(QuadratureEvaluator, "refined", lenient)
    chosen, change = sampler.refine(one, grid)
    assert chosen.nodes == 1
    assert change > 0.2  # ten times what is allowed


@pytest.mark.parametrize("mistake", ["jacobian", "sign of the sd's", "sign of the intercept's"])
def test_a_wrong_prior_is_seen(monkeypatch, exact, mistake):
    right = Problem.log_prior

    def log_prior(problem, chi, psi):
        if mistake == "jacobian":
            return right(problem, chi, psi) - chi.sum(axis=-1)
        if mistake == "sign of the sd's":
            prior = problem.hyperparameters["provider_sd"].prior
            return right(problem, chi, psi) - 2 * prior.log_density(np.exp(chi[..., 0]))
        normal = -0.5 * (problem.prior_precision * psi**2).sum(axis=-1)
        return right(problem, chi, psi) - 2 * normal

    monkeypatch.setattr(Problem, "log_prior", log_prior)
    found = schools(draws=5_000, provisional=True)
    x = np.delete(moments(found), 3, axis=-1)
    assert found.provisional or distance(found, x, np.delete(exact, 3)) > 10


@pytest.mark.parametrize("right", [True, False])
def test_weights_of_the_wrong_sign_are_seen(monkeypatch, right):
    """A proposal that is too wide, so that the weights matter."""
    monkeypatch.setattr(choice, "WIDTHS", (1.6,))
    if not right:
        monkeypatch.setattr(sampler, "smooth_weights", lambda ratios: smooth_weights(-ratios))
    found = schools(Prior("half_normal", sigma=5), draws=5_000, provisional=True)
    exact = exact_schools(stats.halfnorm(scale=5).logpdf)
    far = distance(found, moments(found), exact)
    if right:
        assert far < 4
        assert not found.provisional
    else:
        assert far > 10 or found.provisional


def test_effects_without_their_spread_are_seen(exact):
    """Modes in place of draws: the mean stays, the square does not."""
    found = schools(draws=5_000)
    levels = moments(found)[..., 4:]
    shrunk = levels.mean(axis=(0, 1)) + 0.9 * (levels - levels.mean(axis=(0, 1)))
    assert distance(found, levels**2, (shrunk**2).mean(axis=(0, 1))) > 4
