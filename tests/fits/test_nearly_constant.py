"""A rank that is the same in nearly all draws: its Monte Carlo error decides, not its ESS."""

import numpy as np
import pytest
import xarray as xr

from varmodel.fits.diagnostics import gate
from varmodel.fits.fit import WEIGHT
from varmodel.fits.nearly_constant import hardly_moves

SHAPE = (4, 1000)


def rank_of(away, *, value=2.0, weight=None):
    """A rank of 1 in all draws but those named, (chain, draw) each."""
    x = np.ones((*SHAPE, 1))
    for place in away:
        x[place] = value
    weights = {} if weight is None else {WEIGHT: (("chain", "draw"), weight)}
    return xr.DataArray(x, dims=("chain", "draw", "provider"), coords=weights)


def even():
    return np.full(SHAPE, 1 / 4000)


def heavy():
    """Two draws of one ancestor that outweighs the others: an effective size of 30 or so."""
    weight = even()
    weight[0, :2] = 0.015
    return weight


def clustered():
    """Sixty draws of one ancestor."""
    weight = even()
    weight[0, :60] = 0.015
    return weight


TWO = [(0, 0), (0, 1)]


@pytest.mark.parametrize("weight", [None, even(), heavy()], ids=["nuts", "even", "heavy"])
def test_a_rank_that_is_the_same_in_3998_of_4000_draws_passes(weight):
    found = gate({}, {"rank": rank_of(TWO, weight=weight)})
    assert found.passed, found.reasons
    assert weight is None or weight[0, 0] < 0.01 or found.table["ess_bulk"][0] < 400


@pytest.mark.parametrize(
    ("away", "value", "weight"),
    [
        ([(0, k) for k in range(120)], 2.0, None),  # 3 %: an end of the interval
        (TWO, 130.0, heavy()),  # so far off that the mean is not known to a tenth of a place
        ([(0, k) for k in range(60)], 2.0, clustered()),  # 1.5 %, give or take 1.5
    ],
    ids=["share", "mean", "error of the share"],
)
def test_one_whose_figures_are_not_sure_does_not(away, value, weight):
    draws = rank_of(away, value=value, weight=weight)
    assert not hardly_moves(draws.to_numpy(), draws)[0]


def test_only_a_figure_of_one_value_is_settled():
    weight = even()
    weight[0, :2] = 0.2
    x = np.random.default_rng(1).standard_normal((*SHAPE, 1))
    x[0, :2] += 9
    draws = rank_of([], weight=weight).copy(data=x)
    found = gate({}, {"rate": draws})
    assert not found.passed
    assert "bulk ESS below 400: rate[0]" in found.reasons[0]


def test_a_national_figure_is_judged_by_its_size():
    assert not gate({"saving": rank_of(TWO, weight=heavy())[..., 0]}, {}).passed


def test_a_chain_that_stands_apart_fails():
    assert not gate({}, {"rank": rank_of([(0, slice(None))])}).passed
