"""Draws of the effects are exact: their law, and the envelopes that reject."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    SHAPES,
    awkward,
    chi_of,
    conditional,
    density,
    loops_of,
    one_provider,
    psi_of,
)
from varmodel.inference.marginal.draws import _ARCH, _choose, _log_envelope, _t4
from varmodel.inference.marginal.evaluate import Starts, evaluator

COUNT = 3_000
U = np.concatenate([[0], np.geomspace(1e-3, 1e5, 20_001)])
LOG_T4 = 2.5 * np.log1p(U**2 / 4)
each_form = pytest.mark.parametrize("form", FAMILY_OF)


def drawn(problem, chi, psi, *, count=COUNT, seed=5):
    """Draw all effects at one point many times over."""
    starts = Starts(np.zeros((1, problem.providers)), np.zeros(count, np.int64))
    seeds = np.random.default_rng(seed).integers(2**31, size=count)
    chi, psi = np.tile(chi, (count, 1)), np.tile(psi, (count, 1))
    return evaluator(problem, nodes=7).draw(chi, psi, starts=starts, seeds=seeds)


@each_form
@pytest.mark.parametrize("effect", SHAPES)
@pytest.mark.parametrize("tau", [0.1, 0.8])
def test_effects_are_drawn_from_their_conditional(form, effect, tau):
    """Separated, no event, one case, 1e9 cases, no case, and informative ones."""
    problem = awkward(form, effect=effect)
    chi, psi = chi_of(problem, tau), psi_of(problem)
    draws = drawn(problem, chi, psi)
    for j in range(8):
        exact = conditional(problem, chi, psi, j)
        if effect == "student_t" and exact.weight[np.abs(exact.b) > 39 * tau].sum() > 1e-3:
            continue  # beyond where the law is written out
        assert stats.kstest(draws[:, j], exact.cumulative).pvalue > 1e-5, j
        wider = exact.mean + 1.3 * (draws[:, j] - exact.mean)
        assert stats.kstest(wider, exact.cumulative).pvalue < 1e-4, j  # a wrong spread is seen


@each_form
def test_a_seed_gives_its_draws(form):
    problem = awkward(form)
    chi, psi = chi_of(problem, 0.5), psi_of(problem)
    first, again, other = (drawn(problem, chi, psi, count=3, seed=s) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    assert len(np.unique(first)) == first.size


@settings(max_examples=200)
@given(tau=st.floats(-7, 5), information=st.floats(-12, 21))
def test_the_envelope_bounds_what_it_is_said_to_bound(tau, information):
    precision, information = math.exp(-2 * tau), math.exp(information)
    sd = 1 / math.sqrt(precision + information)
    d = U * sd
    fall = 0.5 * precision * d**2 + information * (np.expm1(-d) + d)
    ratio = LOG_T4 - fall
    top = _log_envelope(precision, information, sd)
    assert top >= ratio.max()
    assert top < ratio.max() + (0.06 if sd > 0.4 else 1.0)  # and wastes little


@pytest.mark.parametrize("form", ["share", "expected", "positive_measurements"])
@pytest.mark.parametrize("tau", [0.01, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("level", [-9.0, 0.0, 2.0])
def test_the_envelope_bounds_the_conditionals(form, tau, level):
    """Over +-60 conditional sds, for providers of every kind (that of 1e9 to rounding)."""
    u = np.linspace(-60, 60, 6_001)
    for j in range(8):
        problem = one_provider(form, j)
        chi, psi = chi_of(problem, tau), psi_of(problem, level=level)
        mode, curvature = mode_of(problem, chi, psi)
        sd = 1 / math.sqrt(curvature)
        height = density(problem, chi, psi, 0, mode + sd * u)
        ratio = height - height[3_000] + 2.5 * np.log1p(u**2 / 4)
        top = _log_envelope(tau**-2.0, curvature - tau**-2.0, sd)
        assert ratio.max() <= top + (1e-5 if j == 3 else 0), (j, ratio.max(), top)


def mode_of(problem, chi, psi):
    """Climb by Newton's steps on differences of the score."""
    family, cells, precision = problem.family, problem.cells, np.exp(-2 * chi[0])
    eta, sd, b = problem.eta(psi)[problem.pattern], problem.residual_sd(chi), 0.0
    for _ in range(200):
        score, up, down = (
            family.score(cells, eta + b + x, sd).sum() - precision * (b + x)
            for x in (0, 1e-5, -1e-5)
        )
        curvature = (down - up) / 2e-5
        b += np.clip(score / curvature, -1, 1)
    return b, curvature


@each_form
@pytest.mark.parametrize("tau", [0.05, 0.5, 3.0])
def test_straight_lines_between_nodes_bound_the_law_in_pieces(form, tau):
    for j in range(8):
        problem = one_provider(form, j, effect="flexible")
        chi, psi = chi_of(problem, tau), psi_of(problem)
        b, heights = loops_of(problem, chi, psi).lay()
        between = np.linspace(b[0], b[-1], 16 * (len(b) - 1) + 1)
        line = np.interp(between, b, np.exp(heights - heights.max()))
        exact = density(problem, chi, psi, 0, between)
        rise = exact - exact[::16][heights.argmax()] - np.log(np.maximum(line, 1e-300))
        assert rise[line > 1e-12].max() < _ARCH + (1e-5 if j == 3 else 0), j


def test_an_index_is_chosen_by_its_weight():
    weight = np.array([0.2, 0.0, 0.5, 0.3, 9.0])
    counts = np.bincount([_choose(weight, 4) for _ in range(4_000)], minlength=5)
    assert counts[1] == counts[4] == 0
    np.testing.assert_allclose(counts / 4_000, [0.2, 0, 0.5, 0.3, 0], atol=0.05)


def test_the_t_law_has_four_degrees_of_freedom():
    draws = np.array([_t4() for _ in range(4_000)])
    assert stats.kstest(draws, stats.t(4).cdf).pvalue > 1e-6  # its seed is not ours
