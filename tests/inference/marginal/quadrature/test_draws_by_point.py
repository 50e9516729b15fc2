"""Draws of the effects are exact: their law, and the envelopes that reject."""

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    SHAPES,
    awkward,
    chi_of,
    conditional,
    density,
    loops_of,
    make_problem,
    one_provider,
    psi_of,
)
from varmodel.families import Cells
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.quadrature.distributions import coordinate, effect_at, rises
from varmodel.inference.marginal.quadrature.draws_by_point import ARCH, _choose
from varmodel.inference.marginal.quadrature.evaluator import evaluator

COUNT = 3_000
each_form = pytest.mark.parametrize("form", FAMILY_OF)


def drawn(problem, chi, psi, *, count=COUNT, seed=5):
    """Draw all effects at one point many times over."""
    starts = Starts(np.zeros((1, problem.providers)), np.zeros(count, np.int64))
    seeds = np.random.default_rng(seed).integers(2**31, size=count)
    chi, psi = np.tile(chi, (count, 1)), np.tile(psi, (count, 1))
    made = evaluator(problem, nodes=7)
    return made.draw(chi, psi, starts=starts, seeds=seeds)["provider_effect"]


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


@each_form
@pytest.mark.parametrize("effect", ["student_t", "flexible"])
@pytest.mark.parametrize("tau", [0.05, 0.5, 3.0])
def test_straight_lines_between_nodes_bound_the_density(form, effect, tau):
    for j in range(8):
        problem = one_provider(form, j, effect=effect)
        chi, psi = chi_of(problem, tau), psi_of(problem)
        assert rise_above_lines(problem, chi, psi) < ARCH + (1e-5 if j == 3 else 0), j


def rise_above_lines(problem, chi, psi):
    """Largest rise of the log density of the coordinate above the lines between its nodes."""
    loops = loops_of(problem, chi, psi)
    b, heights = loops.lay()
    x = np.array([coordinate(loops.law, 0, one) for one in b])
    between = np.linspace(x[0], x[-1], 16 * (len(x) - 1) + 1)
    line = np.interp(between, x, np.exp(heights - heights.max()))
    effects = np.array([effect_at(loops.law, 0, one) for one in between])
    growth = np.array([rises(loops.law, 0, one)[1] for one in between])
    exact = density(problem, chi, psi, 0, effects) + np.log(growth)
    rise = exact - exact[::16][heights.argmax()] - np.log(np.maximum(line, 1e-300))
    return rise[line > 1e-12].max()


#: (value, error, tau, nu): a Student-t beside a likelihood that says all, nothing, the contrary.
CONFLICTS = [
    (0.3, 0.1, 0.5, 4.0),
    (8.0, 1.3, 1.0, 3.0),
    (4.4, 0.8, 0.5, 5.0),
    (10.0, 1.29, 1.0, 60.0),
    (5.0, 0.1, 1e-3, 2.05),
    (0.02, 0.003, 1e-3, 2.5),
    (1.0, 20.0, 1.0, 2.05),
    (1.0, 20.0, 1.0, 60.0),
]


@pytest.mark.parametrize("case", CONFLICTS, ids=str)
def test_draws_under_a_student_t_in_conflict(case):
    value, error, tau, nu = case
    cells = Cells(np.array([value]), np.ones(1), error=np.array([error]))
    problem = make_problem("normal", cells, provider=[0], effect="student_t")
    chi, psi = np.array([np.log(tau), np.log(nu - 2)]), np.zeros(1)
    assert rise_above_lines(problem, chi, psi) < ARCH
    exact = conditional(problem, chi, psi, 0)
    found = drawn(problem, chi, psi, count=20_000)[:, 0]
    assert stats.kstest(found, exact.cumulative).pvalue > 1e-5
    wider = exact.mean + 1.3 * (found - exact.mean)
    assert stats.kstest(wider, exact.cumulative).pvalue < 1e-4


def test_two_modes_are_both_drawn():
    """A likelihood and a Student-t that share the mass between them."""
    cells = Cells(np.array([7.0]), np.ones(1), error=np.array([1.8]))
    problem = make_problem("normal", cells, provider=[0], effect="student_t")
    chi, psi = np.log([1.0, 0.2]), np.zeros(1)
    found = drawn(problem, chi, psi, count=20_000)[:, 0]
    exact = conditional(problem, chi, psi, 0)
    height = density(problem, chi, psi, 0, np.array([0.15, 1.95, 4.9]))
    assert height[1] < min(height[0], height[2]) - 0.3
    share = exact.weight[exact.b < 1.95].sum()
    assert 0.3 < share < 0.7
    assert (found < 1.95).mean() == pytest.approx(share, abs=0.015)


@pytest.mark.parametrize("events", [0, 1])
@pytest.mark.parametrize("nu", [2.05, 60.0])
@pytest.mark.parametrize("tau", [1e-4, 0.5, 2.0])
def test_draws_under_a_student_t_with_one_case(events, nu, tau):
    cells = Cells(np.array([float(events)]), np.ones(1))
    problem = make_problem("binomial", cells, provider=[0], effect="student_t")
    chi, psi = np.array([np.log(tau), np.log(nu - 2)]), np.array([-2.0])
    assert rise_above_lines(problem, chi, psi) < ARCH
    found = drawn(problem, chi, psi, count=20_000)[:, 0]
    assert stats.kstest(found, conditional(problem, chi, psi, 0).cumulative).pvalue > 1e-5


def test_an_index_is_chosen_by_its_weight():
    weight = np.array([0.2, 0.0, 0.5, 0.3, 9.0])
    counts = np.bincount([_choose(weight, 4) for _ in range(4_000)], minlength=5)
    assert counts[1] == counts[4] == 0
    np.testing.assert_allclose(counts / 4_000, [0.2, 0, 0.5, 0.3, 0], atol=0.05)
