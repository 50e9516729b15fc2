"""Log posteriors and gradients; threads do not change a bit."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    SHAPES,
    awkward,
    chi_of,
    evidence_of,
    psi_of,
    toy_problem,
    without_huge,
)
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.quadrature import evaluator as module
from varmodel.inference.marginal.quadrature.evaluator import evaluator
from varmodel.inference.marginal.quadrature.grid import hermite_rule
from varmodel.numerics import threads


def points(problem, count=23, seed=2):
    rng = np.random.default_rng(seed)
    chi = chi_of(problem, 0.4) + 0.2 * rng.standard_normal((count, 1))
    psi = psi_of(problem) + 0.2 * rng.standard_normal((count, problem.size))
    starts = Starts(np.zeros((2, problem.providers)), rng.integers(0, 2, count))
    return chi, psi, starts


@pytest.mark.parametrize("form", FAMILY_OF)
@pytest.mark.parametrize("effect", SHAPES)
def test_the_gradient_by_differences(form, effect):
    """Of all but the provider of 1e9 cases, whose heights hold a millionth of rounding.

    A law of bounded range is wide enough for them all: its ends, which the shape moves, are no
    part of the slope.
    """
    problem = without_huge(awkward(form, effect=effect))
    chi, psi = chi_of(problem, 2.0), psi_of(problem)
    made = evaluator(problem, nodes=61)
    slope = made.slope(chi, psi, effect=np.zeros(7))
    starts = Starts(slope.effect[np.newaxis], np.zeros(2 * problem.size + 1, np.int64))
    steps = 1e-4 * np.concatenate([np.zeros((1, problem.size)), np.eye(problem.size)])
    around = psi + np.concatenate([steps, -steps[1:]])
    found = made.log_posterior(np.tile(chi, (len(around), 1)), around, starts=starts)
    assert slope.height == pytest.approx(found[0], abs=1e-6)
    exact = (found[1 : problem.size + 1] - found[problem.size + 1 :]) / 2e-4
    np.testing.assert_allclose(slope.gradient, exact, rtol=5e-4, atol=5e-4)


@pytest.mark.parametrize("effect", ["normal", "flexible"])
@pytest.mark.parametrize("form", ["share", "expected", "measurements"])
def test_what_is_laid_out_in_batches_is_that_of_the_points(form, effect):
    made = evaluator(awkward(form, effect=effect), nodes=7)
    psi = np.random.default_rng(3).standard_normal((2 * BATCH - 3, made.problem.size))
    chi = np.zeros((len(psi), len(made.problem.hyperparameters.bounded)))
    chi += np.linspace(-1, 1, len(psi))[:, np.newaxis]  # sds of many sizes
    (laid, _, distribution), every = made._lay_out(chi, psi)
    plain, _, of_points = made._predict(chi, psi)
    assert sorted(every) == [*range(len(psi)), *[len(psi) - 1] * 3]
    np.testing.assert_allclose(
        laid.swapaxes(1, 2).reshape(len(every), -1), plain[every], rtol=1e-12
    )
    for name in ("cubics", "stretch") if effect == "flexible" else ("mean", "precision"):
        wanted = getattr(of_points, name)[every]
        np.testing.assert_allclose(getattr(distribution, name), wanted, rtol=1e-12)


@pytest.mark.parametrize(("form", "effect"), [("share", "normal"), ("expected", "flexible")])
@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_threads_do_not_change_a_bit(monkeypatch, form, effect, count):
    problem = awkward(form, effect=effect)
    chi, psi, starts = points(problem)
    made, seeds = evaluator(problem, nodes=7), np.arange(len(chi))
    first = made.log_posterior(chi, psi, starts=starts)  # too little for threads
    drawn = made.draw(chi, psi, starts=starts, seeds=seeds)
    monkeypatch.setattr(module, "_LITTLE", 0)
    monkeypatch.setenv(threads.VARIABLE, count)
    assert made.log_posterior(chi, psi, starts=starts).tobytes() == first.tobytes()
    again = made.draw(chi, psi, starts=starts, seeds=seeds)
    assert again["provider_effect"].tobytes() == drawn["provider_effect"].tobytes()


@pytest.mark.parametrize("block", [1, 60])
def test_blocks_change_nothing_but_rounding(monkeypatch, block):
    problem = awkward("share")
    chi, psi, starts = points(problem)
    made, seeds = evaluator(problem, nodes=7), np.arange(len(chi))
    first = made.log_posterior(chi, psi, starts=starts)
    drawn = made.draw(chi, psi, starts=starts, seeds=seeds)
    monkeypatch.setattr(module, "_BLOCK", block)
    np.testing.assert_allclose(made.log_posterior(chi, psi, starts=starts), first, atol=1e-6)
    again = made.draw(chi, psi, starts=starts, seeds=seeds)
    np.testing.assert_allclose(again["provider_effect"], drawn["provider_effect"], rtol=1e-6)


def test_each_point_starts_at_the_peak_beside_it():
    problem = toy_problem("expected")
    chi, psi, starts = points(problem)
    peaks = np.array([np.full(problem.providers, b) for b in (-3.0, 3.0)])
    made = evaluator(problem, nodes=21)
    near = made.log_posterior(chi, psi, starts=starts)
    far = made.log_posterior(chi, psi, starts=Starts(peaks, starts.nearest))
    np.testing.assert_allclose(near, far, rtol=1e-12, atol=1e-6)


def test_of_normal_effects_is_the_same_problem_without_a_shape():
    problem = toy_problem("surgical", "flexible")
    plain = evaluator(problem, nodes=7).of_normal_effects()
    assert plain.problem.law.name == "normal"
    assert plain.problem.size == problem.size - 3
    chi, psi = chi_of(plain.problem, 0.4), psi_of(plain.problem)
    exact = evidence_of(toy_problem("surgical"), chi, psi)
    np.testing.assert_array_equal(evidence_of(plain.problem, chi, psi), exact)


@pytest.mark.parametrize("count", [1, 2, 7, 14, 61, 112])
def test_nodes_are_exact_for_polynomials(count):
    rule = hermite_rule(count)
    weights = np.exp(rule.log_weights - rule.points**2 / 2)
    for degree, moment in ((0, 1), (2, 1), (4, 3), (6, 15)):
        if degree < 2 * count:
            assert weights @ rule.points**degree == pytest.approx(moment)


@pytest.fixture(scope="module")
def heavy():
    """Return a problem's evaluator and a few points about its mass."""
    problem = toy_problem("surgical")
    chi = np.linspace(-2, 0.5, 9)[:, np.newaxis]
    psi = np.linspace(-3, -2.2, 9)[:, np.newaxis]
    starts = Starts(np.zeros((1, problem.providers)), np.zeros(9, np.int64))
    return evaluator(problem), (chi, psi), starts


def test_nodes_double_until_nothing_moves(heavy):
    first, points, starts = heavy
    chosen, change = first.refined(*points, starts=starts)
    assert chosen.nodes == 7
    assert change < 0.02
    finer, smaller = first.refined(*points, starts=starts, tolerance=1e-6)
    assert finer.nodes > 7
    assert smaller < 1e-6


def test_nodes_do_not_double_for_ever(heavy):
    first, points, starts = heavy
    assert first.refined(*points, starts=starts, tolerance=-1.0)[0].nodes == 112
