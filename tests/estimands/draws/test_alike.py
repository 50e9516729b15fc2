"""Identical figures get identical summaries: those of all draws of the set."""

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import make_spec
from varmodel.estimands import summarise
from varmodel.estimands.draws.alike import mean_over_alike, sets_alike, summarise_alike
from varmodel.frame import prepare

SETS = np.array([0, 1, 0, 2, 1, 0, 3])


def draws(name="rate", seed=1):
    values = np.random.default_rng(seed).normal(size=(4, 200, len(SETS)))
    labels = [f"P{number}" for number in range(len(SETS))]
    return xr.DataArray(values, {"provider": labels}, ("chain", "draw", "provider"), name=name)


def test_a_set_has_the_summary_of_all_its_draws():
    x = draws()
    found, alone = summarise_alike(x, SETS), summarise(x)
    for members in ([0, 2, 5], [1, 4]):
        whole = x.to_numpy()[:, :, members].ravel()
        rows = found.loc[members]
        assert (rows.drop(columns="provider").nunique() == 1).all()
        np.testing.assert_allclose(rows["mean"], whole.mean())
        np.testing.assert_allclose(rows["median"], np.median(whole))
        np.testing.assert_allclose(rows["upper"], np.quantile(whole, 0.975))
        assert (rows["mcse"] < alone.loc[members, "mcse"]).all()
    assert found.loc[[3, 6]].equals(alone.loc[[3, 6]])
    assert list(found.columns) == list(alone.columns)


def test_ranks_stay_in_whole_places():
    ranks = draws("rank").copy(data=np.argsort(np.argsort(draws().to_numpy())) + 1.0)
    assert summarise_alike(ranks, SETS)["lower"].dtype == np.int64


def test_means_are_shared():
    found = mean_over_alike(np.array([3.0, 1, 6, 7, 2, 9, 5]), SETS)
    assert found.tolist() == [6, 1.5, 6, 7, 1.5, 6, 5]
    assert mean_over_alike(np.ones((7, 3)), SETS).shape == (7, 3)


@pytest.mark.filterwarnings("ignore:DESIGN.IDENTICAL")
@pytest.mark.parametrize("terms", [(), ("age",)])
def test_alike_is_whose_cells_are_equal(terms):
    from pandas import DataFrame

    rows = [  # C has the rates of A, and twice its cases; D its cases, at other ages
        *(("A", "1", 5, 10), ("A", "2", 2, 10), ("B", "2", 2, 10), ("B", "1", 5, 10)),
        *(("C", "1", 10, 20), ("C", "2", 4, 20), ("D", "1", 2, 10), ("D", "2", 5, 10)),
        *(("E", "1", 1, 10), ("E", "2", 9, 10)),
    ]
    spec = make_spec(case_mix=[{"column": "age", "factor": True} for _ in terms], rows="records")
    names = [spec.provider, "age", spec.numerator, spec.denominator]
    sets = sets_alike(prepare(spec, DataFrame(rows, columns=names)))
    assert sets[0] == sets[1] != sets[2]
    assert (sets[0] == sets[3]) == (not terms)


@pytest.mark.filterwarnings("ignore:DESIGN.IDENTICAL", "ignore:DESIGN.SATURATED")
@pytest.mark.parametrize(
    "described",
    [
        {"classes": "kind"},
        {"levels": ("kind",)},
        {"effect_predictors": ("kind",)},
        {"peers": {"columns": ["beds"], "count": 3}},
        {"unit_cost": {"column": "beds"}},
    ],
)
def test_who_is_of_another_kind_is_not_alike(described):
    """Equal counts, but drawn towards, or compared with, others: their figures differ."""
    from pandas import DataFrame

    spec = make_spec(**described)
    kind, count = np.repeat(["city", "town"], 4), np.tile([5, 5, 2, 9], 2)
    table = DataFrame({spec.provider: list("ABCDEFGH"), spec.numerator: count, "kind": kind})
    table = table.assign(**{spec.denominator: 20, "beds": np.where(kind == "city", 10, 90)})
    found = sets_alike(prepare(spec, table))
    assert found[0] == found[1] != found[4]
    assert found[4] == found[5]
