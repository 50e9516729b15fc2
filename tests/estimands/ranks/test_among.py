import numpy as np
import pytest
import xarray as xr

from varmodel.errors import SpecError
from varmodel.estimands import rank
from varmodel.estimands.ranks.among import rank_among

CODES = list("ABCD")
RATES = xr.DataArray(
    [[[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 3.0, 1.0]]],
    {"provider": CODES},
    ("chain", "draw", "provider"),
)


def peers(*rows):
    return xr.DataArray(
        np.array(rows, float), {"provider": CODES, "other": CODES}, ("provider", "other")
    )


def test_a_place_counts_the_better_peers_and_half_of_the_tied():
    whom = peers([0, 1, 1, 0], [0, 0, 1, 0], [1, 1, 0, 1], [0, 0, 0.5, 0])
    found = rank_among(RATES, peers=whom, better="higher")
    assert found.name == "rank"
    assert found.to_numpy().tolist() == [[[3, 2, 2, 1], [1, 1.5, 2.5, 2]]]
    lower = rank_among(RATES, peers=whom, better="lower").to_numpy().tolist()
    assert lower == [[[1, 1, 3, 2], [3, 1.5, 2.5, 1]]]


def test_among_all_others_it_is_the_rank():
    everyone = peers(*(1 - np.eye(4)))
    found = rank_among(RATES, peers=everyone, better="lower")
    assert (found.to_numpy() == rank(RATES, better="lower")["rank"].to_numpy()).all()


def test_an_unknown_direction_is_refused():
    with pytest.raises(SpecError):
        rank_among(RATES, peers=peers(*np.eye(4)), better="up")
