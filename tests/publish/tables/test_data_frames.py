"""The four tables: their columns, their order, their rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from varmodel.estimands import summarise, variance_components
from varmodel.estimands.variation.components import SPREAD
from varmodel.fits import Fit
from varmodel.fits.diagnostics import gate
from varmodel.publish import Published
from varmodel.publish.tables.data_frames import (
    ranking_table,
    rates_table,
    savings_table,
    tables_of,
    totals_table,
)
from varmodel.studies import NilVerdict, Shape, make_figures

SUMMARY = ["mean", "sd", "median", "lower", "upper", "ci_prob", "ci_kind", "mcse"]
FOUND = NilVerdict(distinguishable=True, p_value=0.001, prob_relevant=1.0, upper=900.0)
NIL = NilVerdict(distinguishable=False, p_value=0.3, prob_relevant=0.8, upper=900.0)
TOTAL = xr.DataArray(np.linspace(100.0, 500.0, 400).reshape(4, 100), dims=("chain", "draw"))
PASSED = Shape(p_value=0.3, passed=True, total=TOTAL)
DOUBTED = Shape(p_value=0.002, passed=False, total=TOTAL)
MONEY = ["saving", "saving_flexible", "plug_in_shrunken", "plug_in_observed"]
SHARES = ["price_share", "statistics_share"]
RANKING = [
    *("provider", "expected_rank", "lower", "upper", "ci_prob"),
    *("prob_top_quarter", "prob_bottom_quarter", "adjusted_rate", "observed", "ranked", "reason"),
    *("placed", "shared_rank", "support", "grade", "adjusted_lower", "adjusted_upper"),
]
SAVINGS = ["provider", *SUMMARY, "prob_saving", "plug_in_shrunken", "plug_in_observed"]
EXCLUDED = [
    {"provider": "Z9", "observed": 0.5, "reason": "specialist"},
    {"provider": "A0", "observed": None, "reason": "closed, in 2006"},
]


def case(form="share", *, nil=FOUND, shape=PASSED, excluded=(), **fields):
    fit = whole_fit(form, shape=(4, 100), **fields)
    frame = fit.frame.assign_attrs(excluded=json.dumps(list(excluded)))
    fit = Fit(fit.spec, frame, fit.draws)
    return Published(fit, make_figures(fit, random_seed=1), nil, shape, gate({}, {}))


def test_rates():
    x = case()
    fit, figures, table = x.fit, x.figures, rates_table(x)
    assert list(table.columns) == ["provider", "observed", *SUMMARY]
    assert list(table["provider"]) == list(fit.frame["provider"].to_numpy())
    np.testing.assert_array_equal(table["observed"], fit.frame["observed"])
    np.testing.assert_allclose(table["mean"], figures.rates.mean(("chain", "draw")))
    assert set(table["ci_kind"]) == {"eti"}
    assert set(table["ci_prob"]) == {0.95}


def test_ranking():
    x = case()
    figures, table = x.figures, ranking_table(x)
    assert list(table.columns) == RANKING
    assert table["expected_rank"].is_monotonic_increasing
    by_provider = table.set_index("provider")
    ranks = summarise(figures.ranks["rank"]).set_index("provider")
    for name in ("lower", "upper"):
        assert (by_provider[name] == ranks[name].reindex(by_provider.index)).all()
    for name in ("expected_rank", "prob_top_quarter", "prob_bottom_quarter"):
        expected = figures.ranks[name].to_series().reindex(by_provider.index)
        np.testing.assert_array_equal(by_provider[name], expected)
    rates = figures.rates.mean(("chain", "draw")).to_series().reindex(by_provider.index)
    np.testing.assert_allclose(by_provider["adjusted_rate"], rates)
    assert table["ranked"].all()
    assert (table["reason"] == "").all()
    assert list(table.index) == list(range(12))


def test_equal_ranks_are_ordered_by_name():
    x = case()
    tied = x.ranks.assign(expected_rank=x.ranks["expected_rank"] * 0 + 6.5)
    table = ranking_table(replace(x, figures=replace(x.figures, ranks=tied)))
    assert list(table["provider"]) == sorted(x.fit.frame["provider"].to_numpy())


def test_excluded_providers_stand_last_with_their_reasons():
    table = ranking_table(case(excluded=EXCLUDED))
    assert list(table.columns) == RANKING
    below = table.iloc[-2:]
    assert list(below["provider"]) == ["Z9", "A0"]
    assert list(below["reason"]) == ["specialist", "closed, in 2006"]
    assert list(table["ranked"]) == [True] * 12 + [False] * 2
    assert below["observed"].iloc[0] == 0.5
    assert list(below["placed"]) == ["", ""]
    empty = below.drop(columns=["provider", "observed", "ranked", "reason", "placed"])
    assert empty.isna().all().all()
    assert np.isnan(below["observed"].iloc[1])
    without = ranking_table(case())
    assert table.dtypes.equals(without.dtypes)


def test_a_model_without_a_direction_has_no_ranking_and_no_savings():
    for shape in (PASSED, DOUBTED):
        x = case(better="neither", shape=shape)
        assert list(tables_of(x)) == ["rates", "totals"]
        assert ranking_table(x) is None
        assert savings_table(x) is None
        table = totals_table(x)
        rest = ["rankability", "median_odds_ratio", "vpc", "shape_p_value", "nil", "annualise"]
        assert list(table["quantity"]) == rest
        assert list(table.columns) == ["quantity", *SUMMARY]


def test_savings():
    x = case()
    figures, table = x.figures, savings_table(x)
    assert list(table.columns) == [*SAVINGS, "named"]
    np.testing.assert_allclose(table["mean"], figures.savings["saving"].mean(("chain", "draw")))
    for name in ("prob_saving", "plug_in_shrunken", "plug_in_observed", "named"):
        np.testing.assert_array_equal(table[name], figures.savings[name])
    assert table["named"].dtype == bool


def test_nil_savings_are_a_header_only():
    table = savings_table(case(nil=NIL))
    assert list(table.columns) == SAVINGS
    assert table.empty


def test_totals():
    x = case()
    figures, table = x.figures, totals_table(x).set_index("quantity")
    assert list(table.columns) == SUMMARY
    assert list(table.index) == [
        *MONEY,
        *SHARES,
        "rankability",
        "median_odds_ratio",
        "vpc",
        "shape_p_value",
        "nil",
        "annualise",
    ]
    assert table.loc["annualise"].isna().all()
    total = summarise(figures.savings["total"]).iloc[0]
    assert (table.loc["saving"] == total[SUMMARY]).all()
    for name in ("plug_in_shrunken", "plug_in_observed"):
        assert table.loc[name, "mean"] == pytest.approx(float(figures.savings[name].sum()))
        assert table.loc[name].drop("mean").isna().all()
    assert (table.loc["saving_flexible"] == summarise(TOTAL).iloc[0][SUMMARY]).all()
    for name, p_value in {"nil": 0.001, "shape_p_value": 0.3}.items():
        assert table.loc[name, "mean"] == p_value
        assert table.loc[name].drop("mean").isna().all()
    assert 0 < table.loc["rankability", "mean"] < 1
    assert table.loc[SHARES, "mean"].sum() == pytest.approx(1.0)
    assert 0 < table.loc["price_share", "mean"] < 1


@pytest.mark.parametrize(
    ("form", "fields", "names"),
    [
        ("share", {}, ["median_odds_ratio", "vpc"]),
        ("expected", {}, ["median_rate_ratio", "scv"]),
        ("measurements", {}, ["vpc"]),
        ("published", {}, []),
        (
            "share",
            {"periods": 3, "period": "quarter", "transient": "ar1"},
            ["median_odds_ratio", "vpc", "persistence_share"],
        ),
    ],
)
def test_the_spread_stands_among_the_totals_with_its_interval(form, fields, names):
    x = case(form=form, **fields)
    table = totals_table(x).set_index("quantity")
    assert [name for name in table.index if name in SPREAD] == names
    wanted = summarise(variance_components(x.fit)).set_index("variable")
    for name in names:
        assert (table.loc[name] == wanted.loc[name, SUMMARY]).all()
        assert table.loc[name, "lower"] < table.loc[name, "upper"]


def test_a_nil_total_has_no_lower_end():
    table = totals_table(case(nil=NIL)).set_index("quantity")
    row, flexible = table.loc["saving"], table.loc["saving_flexible"]
    assert list(table.index[:3]) == ["saving", "saving_flexible", "rankability"]
    for found, upper in ((row, 900.0), (flexible, 480.0)):
        assert found[["mean", "sd", "median", "lower"]].isna().all()
        assert found["upper"] == pytest.approx(upper)
        assert (found["ci_kind"], found["ci_prob"]) == ("upper", 0.95)


def test_the_overlap_of_peers_stands_among_the_totals():
    table = totals_table(case(peers={"columns": ["log_volume"], "count": 11})).set_index("quantity")
    assert table.loc["peer_overlap", "mean"] == pytest.approx(10 / 11)  # all others of twelve
    assert table.loc["peer_overlap"].drop("mean").isna().all()
    assert "peer_overlap" not in totals_table(case())["quantity"].to_numpy()


def test_the_year_stands_among_the_totals():
    table = totals_table(case(annualise=4)).set_index("quantity")
    assert table.loc["annualise", "mean"] == 4
    assert table.loc["annualise"].drop("mean").isna().all()


@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_a_refit_that_failed_has_a_row_without_figures(nil):
    shape = Shape(p_value=0.3, passed=True, total=None, reason="k-hat 0.9")
    table = totals_table(case(nil=nil, shape=shape)).set_index("quantity")
    assert table.loc["saving_flexible"].drop("provisional").isna().all()
    assert not np.isnan(table.loc["saving", "upper"])
    assert list(table.index[table["provisional"]]) == list(table.index[: 4 if nil is FOUND else 2])
    assert savings_table(case(shape=shape))["provisional"].all()


@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_money_of_a_doubted_shape_is_provisional(nil):
    x = case(nil=nil, shape=DOUBTED)
    table = totals_table(x).set_index("quantity")
    assert list(table.columns) == [*SUMMARY, "provisional"]
    assert table["provisional"].dtype == bool
    assert list(table.index[table["provisional"]]) == (MONEY if nil is FOUND else MONEY[:2])
    savings = savings_table(x)
    assert savings.columns[-1] == "provisional"
    assert savings["provisional"].all()
    whole = totals_table(case(provisional=True, nil=nil, shape=DOUBTED))
    assert list(whole.columns) == ["quantity", *SUMMARY, "provisional"]
    assert whole["provisional"].all()


@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_every_table_of_a_provisional_fit_is_stamped(nil):
    tables = tables_of(case(provisional=True, excluded=EXCLUDED, nil=nil))
    assert list(tables) == ["rates", "ranking", "savings", "totals"]
    for name, table in tables.items():
        assert table.columns[-1] == "provisional", name
        assert table["provisional"].all()
