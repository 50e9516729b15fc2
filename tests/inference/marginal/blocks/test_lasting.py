"""A lasting effect that is not normal: by brute force over it and over what passes."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from tests.inference.marginal.blocks.panels import (
    PERIOD,
    block_problem,
    each,
    point_of,
    slopes_at,
    with_law,
)
from tests.inference.marginal.hand_made import SHAPES, cells_at
from varmodel.inference.marginal.blocks.evaluator import block_evaluator
from varmodel.inference.marginal.evaluator import Starts

OTHERS = [name for name in SHAPES if name != "normal"]
CALENDAR = np.array([0, 1, 5, 6])


def starts_of(one, count, effect=None):
    effect = np.zeros(one.effect_shape) if effect is None else effect
    return Starts(effect[np.newaxis], np.zeros(count, np.int64))


def made(family, effect, *, times=1, shape=None, **sds):
    """Return a problem and a point of it."""
    problem = with_law(block_problem(family, times=times), effect)
    chi, psi = point_of(problem, **sds)
    psi[problem.hyperparameters.columns(effect)] = SHAPES[effect] if shape is None else shape
    return problem, chi, psi


def by_brute_force(problem, chi, psi):
    """Give each provider's log evidence, and nodes of u with their shares of the posterior."""
    values, rho, (tau_u, tau_v) = problem.values(chi, psi), np.tanh(psi[-1]), np.exp(chi)
    eta = problem.eta(psi)[problem.pattern]
    x = np.linspace(-7, 7, 701)  # a heavy tail is far away, so that nodes are in its arcsinh
    u, step = tau_u * np.sinh(x), tau_u * np.cosh(x) * (x[1] - x[0])
    logs = np.log(step) + problem.law.log_density(
        u, tau_u, problem.law.natural(problem.shape(chi, psi))
    )
    z, weight = np.polynomial.hermite_e.hermegauss(32)
    for j in range(problem.providers):
        own = problem.provider == j
        when, unit = np.unique(PERIOD[own], return_inverse=True)
        lags = np.abs(np.subtract.outer(CALENDAR[when], CALENDAR[when]))
        root = np.linalg.cholesky(tau_v**2 * np.where(lags == 0, 1.0, rho**lags))
        many = len(when)
        nodes = np.stack(np.meshgrid(*[z] * many, indexing="ij"), axis=-1).reshape(-1, many)
        shares = np.stack(np.meshgrid(*[weight] * many, indexing="ij"), axis=-1)
        log_share = np.log(shares).sum(axis=-1).ravel() - many * np.log(weight.sum())
        b = u[:, np.newaxis, np.newaxis] + nodes @ root.T
        cells, at = cells_at(problem.cells, own), eta[own]
        fits = problem.family.log_likelihood(cells, at + b[..., unit.ravel()], values).sum(axis=-1)
        given = special.logsumexp(fits + log_share, axis=1) + logs
        total = special.logsumexp(given)
        yield total, u, np.exp(given - total)


@pytest.mark.parametrize("family", each(["binomial", "normal"]))
@pytest.mark.parametrize("effect", OTHERS)
def test_the_height_is_the_integral(family, effect):
    """One or two periods a provider; much known of u, and next to nothing."""
    for times, tau_u, tau_v in ((1, 0.5, 0.4), (10, 1.2, 0.1), (1, 0.05, 0.4)):
        problem, chi, psi = made(family, effect, times=times, tau_u=tau_u, tau_v=tau_v)
        one, row, column = block_evaluator(problem), chi[np.newaxis], psi[np.newaxis]
        exact = sum(found[0] for found in by_brute_force(problem, chi, psi))
        exact += float(problem.log_prior(chi, psi))
        starts = starts_of(one, 1)
        found = one.log_posterior(row, column, starts=starts)[0]
        assert found == pytest.approx(exact, abs=2e-3), (times, tau_u, tau_v)
        weighed = replace(one, pairs=512).log_posterior(row, column, starts=starts)[0]
        assert weighed == pytest.approx(exact, abs=0.06), (times, tau_u, tau_v)


def test_a_flexible_shape_of_noughts_is_normal():
    """But for what a normal has beyond seven sds."""
    problem, chi, psi = made("binomial", "flexible", shape=0.0)
    plain, normal = problem.of_normal_effects(), np.delete(psi, [3, 4, 5])
    found, exact = (
        one.log_posterior(chi[np.newaxis], at[np.newaxis], starts=starts_of(one, 1))
        - of.log_prior(chi, at)
        for of, at in ((problem, psi), (plain, normal))
        for one in [block_evaluator(of)]
    )
    assert found == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("effect", OTHERS)
def test_the_gradient_by_differences(effect):
    problem, chi, psi = made("binomial", effect, times=20)
    one = block_evaluator(problem)
    (slope,) = slopes_at(one, chi, psi[np.newaxis])
    steps = 1e-3 * np.eye(problem.size)
    around = np.concatenate([psi + steps, psi - steps])
    every = np.tile(chi, (len(around), 1))
    heights = one.log_posterior(every, around, starts=starts_of(one, len(around), slope.effect))
    up, down = np.split(heights, 2)
    np.testing.assert_allclose(slope.gradient, (up - down) / 2e-3, rtol=0.02, atol=0.15)


@pytest.mark.parametrize("effect", OTHERS)
def test_draws_of_the_lasting_effect_are_those_of_its_posterior(effect):
    """By Kolmogorov's distance; a few cells, so that the distribution shows."""
    problem, chi, psi = made("binomial", effect, times=0.3, tau_u=1.0)
    one, count = block_evaluator(problem), 8_000
    seeds, points = np.random.default_rng(1).integers(2**31, size=count), (count, 1)
    drawn = one.draw(
        np.tile(chi, points), np.tile(psi, points), starts=starts_of(one, count), seeds=seeds
    )
    for j, (_, u, share) in enumerate(by_brute_force(problem, chi, psi)):
        found = np.sort(drawn["provider_effect"][:, j])
        below = np.interp(found, u, np.cumsum(share) - share / 2)
        away = np.abs(below - (np.arange(count) + 0.5) / count).max()
        assert away < 1.9 / np.sqrt(count), (effect, j)  # .002 of exact draws are farther
