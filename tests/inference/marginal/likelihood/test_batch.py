"""The batched form says what the form by point says of each point by itself."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import FAMILY_OF, awkward, chi_of, psi_of
from varmodel.inference.marginal.likelihood import batch
from varmodel.inference.marginal.likelihood.batch import BATCH, room_for_cells, room_for_rows
from varmodel.inference.marginal.likelihood.exponential import Exponential
from varmodel.inference.marginal.likelihood.operations import (
    Place,
    base_batch,
    expand,
    expand_batch,
    linear,
    rise_batch,
    slopes_batch,
    traits_of,
)
from varmodel.inference.marginal.likelihood.series import ORDER, height, slopes
from varmodel.inference.marginal.quadrature.batches.normals import take_provider
from varmodel.inference.marginal.quadrature.evaluator import evaluator

each_form = pytest.mark.parametrize("form", FAMILY_OF)


def around(problem, seed=3):
    """Return a block of points, and effects where the series shall stand."""
    rng = np.random.default_rng(seed)
    chi = chi_of(problem, 0.4) + 0.3 * rng.standard_normal((BATCH, 1))
    psi = psi_of(problem) + 0.5 * rng.standard_normal((BATCH, problem.size))
    return chi, psi, rng.normal(0, 1.5, BATCH)


class Both:
    """One provider in a batch and at each point by itself."""

    def __init__(self, problem, j):
        chi, psi, self.b = around(problem)
        made = evaluator(problem, nodes=7)
        self.model = made.kernel.likelihood
        self.predictor, parameter, _ = made._predict(chi, psi)
        self.s, self.j = room_for_rows(), j
        room = room_for_cells(self.model.data.starts)
        self.count = take_provider(self.model, j, room)
        self.cells = room._replace(predictor=np.ascontiguousarray(self.predictor.T))
        self.places = [
            Place(j, row, one) for row, one in zip(self.predictor, parameter, strict=True)
        ]
        self.row(batch.B)[:], self.row(batch.PARAMETER)[:] = self.b, parameter
        self.row(batch.LINEAR)[:] = [linear(self.model, j, one) for one in parameter]

    def row(self, name):
        return self.s[name : name + BATCH]

    def expand(self):
        expand_batch(self.model, self.cells, self.count, self.s)
        series, ones = np.empty((BATCH, ORDER + 1)), np.zeros((BATCH, len(self.model.data.pattern)))
        found = [
            expand(self.model, at, b, own, one)
            for at, b, own, one in zip(self.places, self.b, series, ones, strict=True)
        ]
        base, self.reach = np.array(found).T
        self.series = series
        if traits_of(self.model).leaves_logs:
            own = slice(*self.model.data.starts[self.j : self.j + 2])
            base = base - np.log(ones[:, own]) @ self.model.data.size[own]
        return base

    def each(self, ask, steps):
        rows = zip(self.places, self.b, self.series, self.reach, steps, strict=True)
        return np.array([ask(self.model, *row) for row in rows])


@each_form
@pytest.mark.parametrize("j", range(8))
def test_the_likelihood_where_the_series_stands(form, j):
    both = Both(awkward(form), j)
    exact = both.expand()
    base_batch(both.model, both.cells, both.count, both.s)
    np.testing.assert_allclose(both.row(batch.BASE), exact, rtol=1e-12, atol=1e-10)


@each_form
@pytest.mark.parametrize("j", range(8))
def test_slope_and_curvature(form, j):
    both = Both(awkward(form), j)
    both.expand()
    closed = isinstance(both.model, Exponential)  # here, and a short series there
    steps = np.linspace(-0.5, 0.5, BATCH) * (0.1 if closed else np.minimum(both.reach, 2.0))
    both.row(batch.STEP)[:] = steps
    slopes_batch(both.model, both.s)
    slope, bend = both.each(slopes, steps).T
    close = {"rtol": 1e-7 if closed else 1e-10, "atol": 1e-9 * np.abs(bend).max()}
    np.testing.assert_allclose(both.row(batch.INFORMATION), bend, **close)
    np.testing.assert_allclose(both.row(batch.SLOPE), slope, **close)


@each_form
@pytest.mark.parametrize("j", range(8))
@pytest.mark.parametrize("reaches", [0.9, 6.0])
def test_heights_near_and_beyond_the_reach(form, j, reaches):
    """A member beyond the reach reads its cells; its neighbours do not."""
    both = Both(awkward(form), j)
    both.expand()
    steps = np.resize([0.1, -0.9, reaches, -0.3], BATCH) * np.minimum(both.reach, 2.0)
    both.row(batch.STEP)[:] = steps
    rise_batch(both.model, both.cells, both.count, both.s)
    exact = both.each(height, steps)
    close = {"rtol": 1e-10, "atol": 1e-10}
    if isinstance(both.model, Exponential):  # closed here, a series there
        close = {"rtol": 1e-10, "atol": 2e-7}
    if j == 3:  # rounding of 1e9 cases
        close["atol"] = 1e-5
    np.testing.assert_allclose(both.row(batch.RISE), exact, **close)


def test_the_binomial_reaches_as_far():
    for j in range(8):
        both = Both(awkward("share"), j)
        both.expand()
        np.testing.assert_allclose(both.row(batch.REACH), both.reach, rtol=1e-12)
