"""Mixtures of normals in lanes: blocks of points and blocks of providers."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    awkward,
    cells_at,
    chi_of,
    conditional,
    make_problem,
    psi_of,
)
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.quadrature.evaluator import evaluator

each_form = pytest.mark.parametrize("form", FAMILY_OF)


def points(problem, count, seed=2):
    rng = np.random.default_rng(seed)
    chi = chi_of(problem, 0.4) + 0.2 * rng.standard_normal((count, 1))
    psi = psi_of(problem) + 0.2 * rng.standard_normal((count, problem.size))
    return chi, psi, Starts(np.zeros((2, problem.providers)), rng.integers(0, 2, count))


@each_form
@pytest.mark.parametrize("effect", ["normal", "mixture"])
@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH + 1])
def test_a_point_does_not_depend_on_its_neighbours(form, effect, count):
    """Nor do its draws, on its place in a block or the block's length."""
    problem = awkward(form, effect=effect)
    chi, psi, starts = points(problem, 2 * BATCH)
    made, seeds = evaluator(problem, nodes=7), np.arange(2 * BATCH)
    whole = made.log_posterior(chi, psi, starts=starts)
    drawn = made.draw(chi, psi, starts=starts, seeds=seeds)["provider_effect"]
    some = np.random.default_rng(1).permutation(2 * BATCH)[:count]
    few = Starts(starts.effect, starts.nearest[some])
    found = made.log_posterior(chi[some], psi[some], starts=few)
    np.testing.assert_allclose(found, whole[some], rtol=1e-12, atol=1e-9)
    again = made.draw(chi[some], psi[some], starts=few, seeds=seeds[some])["provider_effect"]
    np.testing.assert_allclose(again, drawn[some], rtol=1e-9, atol=1e-11)


@each_form
@pytest.mark.parametrize("effect", ["normal", "mixture", "flexible"])
def test_far_starts_change_nothing(form, effect):
    problem = awkward(form, effect=effect)
    chi, psi, starts = points(problem, BATCH)
    made = evaluator(problem, nodes=21)
    near = made.log_posterior(chi, psi, starts=starts)
    effects = np.array([np.full(8, -5.0), np.full(8, 5.0)])
    far = made.log_posterior(chi, psi, starts=Starts(effects, starts.nearest))
    np.testing.assert_allclose(far, near, rtol=1e-12, atol=1e-5)


@each_form
@pytest.mark.parametrize("effect", ["normal", "mixture"])
def test_providers_in_lanes_are_those_of_points_batched(form, effect):
    """More providers than lanes, of unequal numbers of cells, some none."""
    rng = np.random.default_rng(4)
    problem = many_providers(form, effect, rng)
    chi, psi, effects = chi_of(problem, 0.4), psi_of(problem), np.zeros((1, problem.providers))
    made = evaluator(problem, nodes=21)
    found = made.slope(chi, psi, effect=effects[0])
    starts = Starts(effects, np.zeros(1, np.int64))
    height = made.log_posterior(chi[np.newaxis], psi[np.newaxis], starts=starts)[0]
    assert found.height == pytest.approx(height, rel=1e-12, abs=1e-9)
    held = np.flatnonzero(np.diff(problem.starts))
    for j in rng.permutation(held)[:6]:
        own = slice(*problem.starts[j : j + 2])
        exact = conditional(problem, chi, psi, j)
        rounded = 0.03 if j % 8 == 3 else 1e-3  # sums over 1e9 cases of the exact one
        assert found.effect[j] == pytest.approx(exact.mean, abs=rounded * exact.sd)
        one = made_alone(problem, own)
        alone = one.slope(chi, psi_of(one.problem), effect=np.zeros(1))
        np.testing.assert_allclose(alone.score, found.score[own], rtol=1e-9, atol=1e-9)


def made_alone(problem, own):
    """Return the evaluator of one provider's cells."""
    alone = make_problem(
        problem.family.name,
        cells_at(problem.cells, own),
        provider=np.zeros(own.stop - own.start, np.int64),
        pattern=problem.pattern[own],
        design=problem.design,
        effect=problem.law.name,
    )
    return evaluator(alone, nodes=21)


def many_providers(form, effect, rng):
    """Repeat the awkward providers, with some of their cells left out."""
    few = awkward(form, effect=effect)
    every = np.tile(np.arange(len(few.provider)), 9)
    provider = np.repeat(np.arange(9), len(few.provider)) * 8 + few.provider[every]
    kept = rng.random(len(provider)) < 0.7
    kept[-1] = True
    return make_problem(
        few.family.name,
        cells_at(few.cells, every[kept]),
        provider=provider[kept],
        pattern=few.pattern[every[kept]],
        design=few.design,
        effect=effect,
    )
