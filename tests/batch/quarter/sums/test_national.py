"""Sums of a quarter: what is shared once, what is displaced off, nothing of a nil indicator."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.fits.hand_made import make_spec
from tests.publish.quarter.made import indicator
from varmodel.batch.quarter.declared.config import (
    Displacement,
    QuarterConfig,
    QuarterIndicator,
    SharedSaving,
)
from varmodel.batch.quarter.sums.national import add_up
from varmodel.batch.quarter.sums.state import SavingDraws
from varmodel.estimands.money import combine

NAMES = ["R01", "R02", "R03", "R04", "R05"]
PCTS = ["5A1", "5A2", "5A3", "5A4"]
DIMS = ("chain", "draw", "provider")


def savings(seed, *, names=NAMES, base=1000.0, units="GBP", reliability=0.8):
    rng = np.random.default_rng(seed)
    draws = xr.DataArray(rng.gamma(4, 25, (2, 500, len(names))), {"provider": names}, DIMS)
    draws.attrs = {"units": units, "better": "lower"}
    rate = xr.DataArray(rng.normal(size=len(names)), {"provider": names}, ("provider",))
    attrs = {"better": "lower", "mean_reliability": reliability}
    unshrunken = xr.Dataset({"rate": rate, "benchmark": 0 * rate}, attrs=attrs)
    return SavingDraws(draws, unshrunken, xr.full_like(rate, base))


def facts(name, names=NAMES, **fields):
    own = indicator().providers[0]
    named = {
        "providers": tuple(replace(own, code=code) for code in names),
        "name": name,
        "title": f"The {name}",
        "level": "trust",
        "doubts": "",
        "provisional": "",
    }
    return replace(indicator(), **{**named, "distinguishable": True, "annual": True, **fields})


def config(*names, **links):
    made = (
        QuarterIndicator(spec=make_spec(name=x, title=f"The {x}"), table=None, shown="")
        for x in names
    )
    return QuarterConfig(title="t", indicators=tuple(made), **links)


GIVEN = {"a": savings(1), "b": savings(2)}


def test_sums_are_those_of_the_draws():
    sums = add_up([facts("a"), facts("b")], GIVEN, config=config("a", "b"))
    total = GIVEN["a"].saving + GIVEN["b"].saving
    assert sums.nation.plain_total.mean == pytest.approx(float(total.sum("provider").mean()))
    assert sums.nation.total.mean == pytest.approx(sums.nation.plain_total.mean)
    each = sums.by_provider["R03"]
    assert each.plain_total.upper == pytest.approx(float(total.sel(provider="R03").quantile(0.975)))
    assert sum(x.mean for x in each.shares.values()) == pytest.approx(each.total.mean)
    assert sum(x.mean for x in sums.nation.shares.values()) == pytest.approx(sums.nation.total.mean)
    assert sums.currency == "GBP"


def test_a_code_under_two_names_of_a_column_is_one_provider_with_one_total():
    """As where one model calls the column trust and another provider."""
    held = [facts("a"), facts("b", level="provider")]
    held += [facts("c", ["P1", "P2", "P3"], level="pct")]
    given = {**GIVEN, "c": savings(3, names=["P1", "P2", "P3"])}
    sums = add_up(held, given, config=config("a", "b", "c"))
    total = (GIVEN["a"].saving + GIVEN["b"].saving).sel(provider="R03")
    assert sums.by_provider["R03"].plain_total.mean == pytest.approx(float(total.mean()))
    assert (set(sums.by_provider["R03"].shares), set(sums.by_provider["P1"].shares)) == (
        {"a", "b"},
        {"c"},
    )


def test_alike_shortfalls_widen_the_interval_of_each_and_of_all():
    alike = {name: replace(x, unshrunken=GIVEN["a"].unshrunken) for name, x in GIVEN.items()}
    one, other = (
        add_up([facts("a"), facts("b")], x, config=config("a", "b")) for x in (GIVEN, alike)
    )
    factor = np.sqrt(1 + 1 * 1.0 * 0.2)  # k - 1 = 1, r capped at 1, reliability .8
    plain = other.by_provider["R01"].plain_total
    wide = other.by_provider["R01"].total
    assert wide.upper - wide.lower == pytest.approx(factor * (plain.upper - plain.lower))
    assert "1.10 times as wide" in other.nation.assumption
    assert "it would run from £" in other.nation.assumption
    assert one.nation.total.mean == other.nation.total.mean


def test_the_widened_sum_is_that_of_combine_and_not_below_nothing():
    """Half of the draws save nothing: spread out they would save less than that."""
    some = {
        name: replace(
            x,
            saving=x.saving * (np.arange(500) % 2)[np.newaxis, :, np.newaxis],
            unshrunken=GIVEN["a"].unshrunken,
        )
        for name, x in GIVEN.items()
    }
    found = add_up([facts("a"), facts("b")], some, config=config("a", "b")).nation.total
    ends = combine(
        {name: x.saving for name, x in some.items()},
        effects={name: x.unshrunken for name, x in some.items()},
    )
    lower, upper = ends["correlated_total"].quantile([0.025, 0.975]).to_numpy()
    assert (found.lower, lower) == (0, 0)
    assert found.upper == pytest.approx(upper)
    assert found.mean == pytest.approx(float(ends["total"].mean()))


def test_what_is_shared_is_counted_once_and_what_is_displaced_taken_off():
    links = {
        "shared": (SharedSaving("beds", ("a", "b"), "a"),),
        "displacement": (Displacement("b", "a", 0.25),),
    }
    sums = add_up([facts("a"), facts("b")], GIVEN, config=config("a", "b", **links))
    a, b = (GIVEN[name].saving / 1000 for name in "ab")  # no draw is above the base
    shares = {"a": 1000 * a * (1 - b / 2), "b": 0.75 * 1000 * b * (1 - a / 2)}
    for name, share in shares.items():
        expected = float(share.sum("provider").mean())
        assert sums.nation.shares[name].mean == pytest.approx(expected)
        own = sums.by_provider["R02"].shares[name]
        assert own.lower == pytest.approx(float(share.sel(provider="R02").quantile(0.025)))
    assert "(beds)" in sums.nation.assumption
    moved = '25 % of the saving on "The b" is taken to be spent again on "The a"'
    assert moved in sums.nation.assumption


def test_what_cannot_be_added_is_left_out_and_said():
    given = GIVEN | {"c": savings(3, units="EUR"), "d": savings(4), "e": savings(5)}
    listed = [facts("a"), facts("b"), facts("c"), facts("d", distinguishable=False)]
    listed.append(facts("e", annual=False))
    sums = add_up(listed, given, config=config(*"abcde"))
    assert set(sums.nation.shares) == {"a", "b"}
    for title in ("The c", "The d", "The e"):
        assert f'"{title}": ' in sums.nation.assumption
    assert add_up(listed[3:4], given, config=config("d")).nation is None


def test_prices_of_different_years_are_said_with_the_sum():
    dated = {name: replace(x, saving=x.saving.copy()) for name, x in GIVEN.items()}
    for year, x in zip((2018, 2006), dated.values(), strict=True):
        x.saving.attrs["price_year"] = year
    said = add_up([facts("a"), facts("b")], dated, config=config("a", "b")).nation.assumption
    assert "Prices are those of 2006 and 2018, added as they stand" in said
    assert "Prices are" not in add_up([facts("a")], dated, config=config("a")).nation.assumption


@pytest.mark.parametrize("other", [{"units": "EUR"}, {"annual": False}])
def test_a_base_of_another_currency_or_time_is_no_base(other):
    shared = (SharedSaving("beds", ("a", "b"), "d"),)
    units = other.get("units", "GBP")
    given = GIVEN | {"c": savings(3), "d": savings(4, units=units)}
    base = facts("d", distinguishable=False, annual=other.get("annual", True))
    sums = add_up([*(facts(x) for x in "abc"), base], given, config=config(*"abcd", shared=shared))
    assert set(sums.nation.shares) == {"c"}


def test_money_that_nobody_knows_is_shared_by_nobody():
    shared = (SharedSaving("beds", ("a", "b"), "gone"),)
    sums = add_up(
        [facts(x) for x in "abc"], GIVEN | {"c": savings(3)}, config=config(*"abc", shared=shared)
    )
    assert set(sums.nation.shares) == {"c"}
    assert '"The a" and "The b"' in sums.nation.assumption


def test_kinds_of_providers_are_added_apart():
    pcts = savings(6, names=PCTS)
    sums = add_up(
        [facts("a"), facts("b"), facts("p", PCTS, level="pct", doubts="shape")],
        GIVEN | {"p": pcts},
        config=config(*"abp"),
    )
    assert set(sums.by_provider) == {*NAMES, *PCTS}
    assert set(sums.by_provider["5A2"].shares) == {"p"}
    assert sums.nation.shares["p"].mean == pytest.approx(float(pcts.saving.sum("provider").mean()))
    assert 'Provisional: the savings on "The p" are in doubt.' in sums.nation.assumption


def test_a_provider_by_another_name_of_its_column_is_the_same_provider():
    pcts = savings(6, names=PCTS)
    given = GIVEN | {"p": pcts, "c": savings(3)}
    listed = [facts("p", PCTS, level="pct"), facts("a", level="hospital")]
    listed += [facts("b", level="provider"), facts("c", level="hospital")]
    sums = add_up(listed, given, config=config(*"pabc"))
    assert set(sums.by_provider["R01"].shares) == {"a", "b", "c"}
    total = sum(float(given[x].saving.sum("provider").mean()) for x in "pabc")
    assert sums.nation.total.mean == pytest.approx(total)
    assert set(sums.by_provider["5A2"].shares) == {"p"}
    assert "were not compared" not in sums.nation.assumption


def test_a_pct_of_a_trusts_code_is_another_provider_and_shares_nothing_with_it():
    given = GIVEN | {"p": savings(6)}
    listed = [facts("a"), facts("b", level="provider_code"), facts("p", level="pct")]
    shared = (SharedSaving("beds", ("a", "b", "p"), "p"),)
    sums = add_up(listed, given, config=config(*"abp", shared=shared))
    assert set(sums.by_provider["R02 (trust)"].shares) == {"a", "b"}
    assert set(sums.by_provider["R02 (PCT)"].shares) == {"p"}
    assert len(sums.by_provider) == 2 * len(NAMES)
    own = float(given["p"].saving.sel(provider="R02").mean())
    assert sums.by_provider["R02 (PCT)"].total.mean == pytest.approx(own)
    assert sums.by_provider["R02 (trust)"].total.mean < float(  # shared, by the largest saving
        (given["a"].saving + given["b"].saving).sel(provider="R02").mean()
    )
    assert "between those that are not, nothing is counted once" in sums.nation.assumption


def test_a_base_that_a_provider_lacks_is_its_largest_saving():
    short = savings(1, names=NAMES[:4])
    shared = (SharedSaving("beds", ("a", "b"), "a"),)
    given = {"a": short, "b": GIVEN["b"]}
    sums = add_up([facts("a"), facts("b")], given, config=config("a", "b", shared=shared))
    alone = sums.by_provider["R05"]
    assert set(alone.shares) == {"b"}
    assert alone.total.mean == pytest.approx(float(GIVEN["b"].saving.sel(provider="R05").mean()))


def test_of_few_providers_in_common_nothing_is_said_to_be_alike():
    few = {name: savings(k, names=NAMES[:3]) for k, name in enumerate("ab")}
    sums = add_up([facts("a"), facts("b")], few, config=config("a", "b"))
    assert "were not compared" in sums.nation.assumption
    assert isinstance(few["a"].cost_base.to_series(), pd.Series)
