"""The series of one provider's log likelihood: its terms, its heights, how far it reaches."""

import math

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    PSI,
    chi_of,
    density,
    loops_of,
    make_problem,
    one_provider,
)
from varmodel.families import Cells
from varmodel.inference.marginal.likelihood.series import ORDER, farthest, height, slopes

CHI_TAU = 0.5
each_form = pytest.mark.parametrize("form", FAMILY_OF)
each_provider = pytest.mark.parametrize("j", range(8))


def likelihood(problem, b):
    """Return log likelihoods of the one provider at each b, by the family's own words."""
    chi = chi_of(problem, CHI_TAU)
    b = np.asarray(b, float)
    law = -0.5 * (b / CHI_TAU) ** 2 - math.log(CHI_TAU) - 0.5 * math.log(2 * math.pi)
    return density(problem, chi, PSI, 0, b) - law


def loops(problem):
    return loops_of(problem, chi_of(problem, CHI_TAU), PSI)


@each_form
@each_provider
@pytest.mark.parametrize("b", [-3.0, 0.2, 2.5])
def test_the_first_terms_are_score_and_information(form, j, b):
    problem = one_provider(form, j)
    made, cells = loops(problem), problem.cells
    made.expand(b)
    eta = problem.eta(PSI)[problem.pattern] + b
    sd = problem.values(chi_of(problem, CHI_TAU), PSI)
    slope, h = problem.family.score(cells, eta, sd).sum(), 1e-4
    up, down = (problem.family.score(cells, eta + x, sd).sum() for x in (h, -h))
    assert made.series[1] == pytest.approx(slope, rel=1e-9, abs=1e-9)
    assert made.series[2] == pytest.approx((up - down) / (4 * h), rel=1e-6, abs=1e-7)


@each_form
@each_provider
@pytest.mark.parametrize("b", [-3.0, 0.2, 2.5])
def test_the_height_within_reach_and_beyond(form, j, b):
    problem = one_provider(form, j)
    made = loops(problem)
    _, reach = made.expand(b)
    inside = np.linspace(-1, 1, 21) * min(reach, 5.0)
    outside = np.array([-8.0, -4.0, -1.0, 1.0, 4.0, 8.0]) * max(1.0, min(reach, 1.0))
    for steps in (inside, outside):
        found = [height(made.model, made.at, b, made.series, reach, float(x)) for x in steps]
        exact = likelihood(problem, b + steps) - likelihood(problem, [b])
        # sums over 1e9 cases have a millionth of rounding
        between = (np.abs(steps) > reach) & (np.abs(steps) <= farthest(made.series, reach))
        allowed = 1e-6 + 1e-3 * between + np.abs(exact) * (1e-12 if j != 3 else 1e-9)
        assert (np.abs(found - exact) <= allowed).all(), (steps, found - exact)


@each_form
@each_provider
def test_slopes_near_and_far(form, j):
    """Good enough to find a mode by: to a hundredth of a sd."""
    problem = one_provider(form, j)
    made, sd = loops(problem), problem.values(chi_of(problem, CHI_TAU), PSI)
    _, reach = made.expand(0.3)
    for step in (*np.linspace(-1, 1, 9) * min(0.5 * reach, 3), -6.0, 6.0):
        found = slopes(made.model, made.at, 0.3, made.series, reach, float(step))
        eta = problem.eta(PSI)[problem.pattern] + 0.3 + step
        slope = problem.family.score(problem.cells, eta, sd).sum()
        up, down = (problem.family.score(problem.cells, eta + x, sd).sum() for x in (1e-4, -1e-4))
        curvature = (down - up) / 2e-4
        assert found[0] == pytest.approx(slope, rel=1e-3, abs=0.01 * math.sqrt(curvature + 4))
        assert found[1] == pytest.approx(curvature, rel=0.02, abs=1e-3)


@pytest.mark.parametrize("level", [-25.0, -6.0, 6.0, 25.0])
@pytest.mark.parametrize("step", [-900.0, -40.0, -0.2, 0.2, 40.0, 900.0])
@pytest.mark.parametrize("events", [0.0, 3.0, 20.0])
def test_rates_near_nought_and_one(level, step, events):
    """Where logs of sums of odds would overflow or round to nothing."""
    problem = make_problem("binomial", Cells(np.array([events]), np.array([20.0])), provider=[0])
    made = loops_of(problem, chi_of(problem, CHI_TAU), np.array([level]))
    _, reach = made.expand(0.0)
    found = height(made.model, made.at, 0.0, made.series, reach, step)
    here, there = np.logaddexp(0, [level, level + step])
    assert found == pytest.approx(events * step - 20 * (there - here), rel=1e-9, abs=1e-6)


def test_the_reach_shrinks_as_cases_grow():
    found = []
    for size in (1.0, 1e3, 1e6, 1e9):
        cells = Cells(np.array([0.2 * size]), np.array([size]))
        made = loops_of(
            make_problem("binomial", cells, provider=[0]), np.log([CHI_TAU]), np.array([-1.0])
        )
        found.append(made.expand(0.0)[1])
    assert np.all(np.diff(found) < 0)
    assert found[-1] > 0.1  # and stays far beyond the mass of 1e9 cases
    assert len(made.series) == ORDER + 1


def test_heights_beyond_the_reach_only_where_there_is_no_mass():
    """Read off the series where the likelihood has fallen so far that its error is lost."""
    for size in (1.0, 1e2, 1e4, 1e6):
        cells = Cells(np.array([0.2 * size]), np.array([size]))
        problem = make_problem("binomial", cells, provider=[0])
        made = loops_of(problem, np.log([CHI_TAU]), np.array([np.log(0.25)]))
        _, reach = made.expand(0.0)
        far = farthest(made.series, reach)
        assert far >= reach
        steps = np.linspace(-far, far, 41)
        found = np.array([height(made.model, made.at, 0.0, made.series, reach, x) for x in steps])
        there, here = np.logaddexp(0, np.log(0.25) + steps), np.log(1.25)
        exact = cells.response[0] * steps - size * (there - here)
        assert (np.abs(found - exact) * np.exp(exact) < 1e-6).all()
