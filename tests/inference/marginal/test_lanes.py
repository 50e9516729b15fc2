"""Lanes say what `expansion` says of each point by itself."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import FAMILY_OF, awkward, chi_of, psi_of
from varmodel.inference.marginal import expansion, lanes
from varmodel.inference.marginal.evaluate import evaluator
from varmodel.inference.marginal.expansion import BINOMIAL, ORDER, Place
from varmodel.inference.marginal.lanes import LANES
from varmodel.inference.marginal.normals import take_provider

each_form = pytest.mark.parametrize("form", FAMILY_OF)


def around(problem, seed=3):
    """Return a block of points, and effects where the series shall stand."""
    rng = np.random.default_rng(seed)
    chi = chi_of(problem, 0.4) + 0.3 * rng.standard_normal((LANES, 1))
    psi = psi_of(problem) + 0.5 * rng.standard_normal((LANES, problem.size))
    return chi, psi, rng.normal(0, 1.5, LANES)


class Both:
    """One provider in lanes and at each point by itself."""

    def __init__(self, problem, j):
        chi, psi, self.b = around(problem)
        made = evaluator(problem, nodes=7)
        self.model = made.kernel.likelihood
        self.odds, scale, _ = made._predict(chi, psi)
        self.s, self.j = lanes.room_for_lanes(), j
        room = lanes.room_for_cells(self.model)
        self.count = take_provider(self.model, j, room)
        self.cells = room._replace(odds=np.ascontiguousarray(self.odds.T))
        self.places = [Place(j, row, one) for row, one in zip(self.odds, scale, strict=True)]
        self.row(lanes.B)[:], self.row(lanes.SCALE)[:] = self.b, scale
        self.row(lanes.PULL)[:] = scale * self.model.pull[j]

    def row(self, name):
        return self.s[name : name + LANES]

    def expand(self):
        lanes.expand(self.model, self.cells, self.count, self.s)
        series, ones = np.empty((LANES, ORDER + 1)), np.zeros((LANES, len(self.model.pattern)))
        found = [
            expansion.expand(self.model, at, b, own, one)
            for at, b, own, one in zip(self.places, self.b, series, ones, strict=True)
        ]
        base, self.reach = np.array(found).T
        self.series = series
        if self.model.kind == BINOMIAL:
            own = slice(*self.model.starts[self.j : self.j + 2])
            base = base - np.log(ones[:, own]) @ self.model.size[own]
        return base

    def each(self, ask, steps):
        rows = zip(self.places, self.b, self.series, self.reach, steps, strict=True)
        return np.array([ask(self.model, *row) for row in rows])


@each_form
@pytest.mark.parametrize("j", range(8))
def test_the_likelihood_where_the_series_stands(form, j):
    both = Both(awkward(form), j)
    exact = both.expand()
    lanes.base(both.model, both.cells, both.count, both.s)
    np.testing.assert_allclose(both.row(lanes.BASE), exact, rtol=1e-12, atol=1e-10)


@each_form
@pytest.mark.parametrize("j", range(8))
def test_slope_and_curvature(form, j):
    both = Both(awkward(form), j)
    both.expand()
    closed = both.model.kind == expansion.EXPONENTIAL  # here, and a short series there
    steps = np.linspace(-0.5, 0.5, LANES) * (0.1 if closed else np.minimum(both.reach, 2.0))
    both.row(lanes.STEP)[:] = steps
    lanes.slopes(both.model, both.s)
    slope, bend = both.each(expansion.slopes, steps).T
    close = {"rtol": 1e-7 if closed else 1e-10, "atol": 1e-9 * np.abs(bend).max()}
    np.testing.assert_allclose(both.row(lanes.BEND), bend, **close)
    np.testing.assert_allclose(both.row(lanes.SLOPE), slope, **close)


@each_form
@pytest.mark.parametrize("j", range(8))
@pytest.mark.parametrize("reaches", [0.9, 6.0])
def test_heights_near_and_beyond_the_reach(form, j, reaches):
    """A lane beyond the reach reads its cells; its neighbours do not."""
    both = Both(awkward(form), j)
    both.expand()
    steps = np.resize([0.1, -0.9, reaches, -0.3], LANES) * np.minimum(both.reach, 2.0)
    both.row(lanes.STEP)[:] = steps
    lanes.rise(both.model, both.cells, both.count, both.s)
    exact = both.each(expansion.height, steps)
    close = {"rtol": 1e-10, "atol": 1e-10}
    if both.model.kind == expansion.EXPONENTIAL:  # closed here, a series there
        close = {"rtol": 1e-10, "atol": 2e-7}
    if j == 3:  # rounding of 1e9 cases
        close["atol"] = 1e-5
    np.testing.assert_allclose(both.row(lanes.RISE), exact, **close)


def test_the_binomial_reaches_as_far():
    for j in range(8):
        both = Both(awkward("share"), j)
        both.expand()
        np.testing.assert_allclose(both.row(lanes.REACH), both.reach, rtol=1e-12)
