"""What every exported estimand keeps: labels in and out, order, float64, refusals, provenance.

A new estimand needs an entry here: how it is called, and what comes out. Draws are made by hand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varmodel as vm
from tests.fits.hand_made import TRUTH, whole_fit
from varmodel import Benchmark, estimands
from varmodel.errors import VarmodelError
from varmodel.fits import Fit
from varmodel.fits.fit import WEIGHT
from varmodel.frame import simulate

ROOT = Path(__file__).resolve().parents[2]
DRAWS = ("chain", "draw")
BY_DRAW = (*DRAWS, "provider")
MEDIAN = Benchmark("median")


@dataclass(frozen=True)
class Entry:
    """What an estimand takes, how it is called, and the dims of each array that it gives.

    It takes a "fit", its "frame", "draws" (chain, draw, provider), "chances" (provider), or a
    "panel": the fit of a table of three periods. "" names the only array.
    What gives no array gives a table of its own, which is looked at where it is tested.
    """

    takes: str
    call: Callable[..., object]
    dims: dict[str, tuple[str, ...]]


def one(*dims: str) -> dict[str, tuple[str, ...]]:
    return {"": dims}


def each(dims: tuple[str, ...], *names: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(names, dims)


def new_rows(fit: Fit) -> pd.DataFrame:
    made = simulate(fit.spec, providers=12, truth=TRUTH["share"], random_seed=2)
    old, new = made.truth["provider"].to_numpy(), fit.frame["provider"].to_numpy()
    return made.table.assign(trust=made.table["trust"].map(dict(zip(old, new, strict=True))))


def price(rates: object) -> xr.Dataset:
    labelled = rates if isinstance(rates, xr.DataArray) else hand_made().frame
    names = sorted(labelled["provider"].to_numpy())
    activity = pd.Series({name: 100.0 + place for place, name in enumerate(names)})
    options = {"unit_cost": 2.0, "better": "lower", "random_seed": 1, "benchmark": MEDIAN}
    return vm.savings(rates, activity=activity, observed=activity / 300, **options)


def rank_within(rates: object) -> xr.Dataset:
    labelled = rates if isinstance(rates, xr.DataArray) else hand_made().frame
    names = sorted(labelled["provider"].to_numpy())
    groups = pd.Series({name: "abc"[place % 3] for place, name in enumerate(names)})
    return vm.ranks.within(rates, groups, better="lower")


def near(fit: Fit) -> xr.DataArray:
    return vm.money.peers(fit, columns={"rate": vm.adjusted_rates(fit)}, count=3)


def lists(fit: Fit) -> xr.DataArray:
    names = [str(name) for name in fit.frame["provider"].to_numpy()]
    return vm.money.own_list(fit, {name: [names[k - 1]] for k, name in enumerate(names)})


def classes(fit: Fit) -> xr.DataArray:
    names = fit.frame["provider"].to_numpy()
    return vm.money.within_class(fit, pd.Series(["a", "b"] * 6, index=names))


def regions(rates: object) -> xr.Dataset:
    labelled = rates if isinstance(rates, xr.DataArray) else hand_made().frame
    names = sorted(labelled["provider"].to_numpy())
    groups = pd.Series({name: "ab"[place % 2] for place, name in enumerate(names)})
    return vm.money.by_group(rates, groups)


def known(rates: xr.DataArray) -> xr.Dataset:
    return vm.money.value_of_information(rates, cost=0.3, inputs={"one": rates[..., 0]})


SAVINGS = (
    each(BY_DRAW, "saving")
    | each(DRAWS, "benchmark", "total", "price")
    | each(("provider",), "prob_saving", "plug_in_shrunken", "plug_in_observed")
)
RANK = {
    "rank": BY_DRAW,
    "probability": ("provider", "position"),
    **each(("provider",), "expected_rank", "prob_top_quarter", "prob_middle"),
    **each(("provider",), "prob_bottom_quarter"),
}
MEMBERS = {"member": ("provider",), "checked_prob": ()}
GRADES = each(("provider",), "grade", "prob_misgraded", "prob_off_by_two") | each(
    (), "discordance", "concordance", "loss"
)
WITHIN = {"group_size": ("provider",)} | {k: v for k, v in RANK.items() if k != "probability"}
#: What is no figure: grades are whole numbers, members are or are not.
OTHER_TYPES = {"grade": "int64", "member": "bool", "act": "bool", "ranks.fdr_list": "bool"}
OTHER_TYPES |= {"ranks.utility_list": "bool"}
PEERS = ("provider", "other")
ACTING = each(("provider",), "mean_saving", "prob_worth", "evpi", "act")
NET = each(BY_DRAW, "saving") | each(DRAWS, "total")
NET |= each(("provider",), "prob_saving", "tipping_delta") | each((), "tipping_delta_total")
CASH = each(BY_DRAW, "saving", "capacity") | each(DRAWS, "total", "total_capacity", "releasable")
VARIATION = ("provider_sd", "median_odds_ratio", "vpc", "q90_q10", "extremal_quotient")
ENTRIES = {
    "adjusted_rates": Entry("fit", vm.adjusted_rates, one(*BY_DRAW)),
    "benchmark_rates": Entry("fit", lambda fit: vm.benchmark_rates(fit, MEDIAN), one(*BY_DRAW)),
    "change": Entry(
        "panel",
        lambda fit: vm.change(fit, earlier="2006Q1", later="2006Q3"),
        each(BY_DRAW, "difference", "relative")
        | each(("provider",), "prob_improved", "prob_improved_relative"),
    ),
    "decompose": Entry("panel", vm.decompose, one(*BY_DRAW, "part")),
    "exceedance": Entry("draws", lambda x: vm.exceedance(x, threshold=0.3), one("provider")),
    "money.by_group": Entry("draws", regions, {"saving": (*DRAWS, "group"), "total": DRAWS}),
    "money.combine": Entry(
        "draws",
        lambda x: vm.money.combine({"one": x}, shared={"all": (["one"], 1.0)}),
        each(DRAWS, "total", "plain_total") | {"share": (*DRAWS, "indicator")},
    ),
    "money.combine_by_provider": Entry(
        "draws",
        lambda x: vm.money.combine_by_provider({"one": x}, shared={"all": (["one"], 1.0)}),
        each(BY_DRAW, "total", "plain_total") | {"share": (*BY_DRAW, "indicator")},
    ),
    "money.displacement": Entry(
        "panel", lambda fit: vm.money.displacement(fit, recounted(fit), random_seed=1), one(*DRAWS)
    ),
    "money.net_of_displacement": Entry(
        "draws", lambda x: vm.money.net_of_displacement(x, delta=0.2), NET
    ),
    "money.own_list": Entry("fit", lists, one(*PEERS)),
    "money.peer_overlap": Entry("fit", lambda fit: vm.money.peer_overlap(near(fit)), one(*PEERS)),
    "money.peers": Entry("fit", near, one(*DRAWS, *PEERS)),
    "money.released": Entry(
        "draws", lambda x: vm.money.released(x, releasable=0.4, random_seed=1), CASH
    ),
    "money.value_of_information": Entry("draws", known, each(("input",), "evppi", "mcse")),
    "money.within_class": Entry("fit", classes, one(*PEERS)),
    "money.worth_acting": Entry("draws", lambda x: vm.money.worth_acting(x, cost=0.3), ACTING),
    "money.worth_curve": Entry(
        "draws",
        lambda x: vm.money.worth_curve(x, costs=[0.1, 0.3]),
        each(("provider", "cost"), "prob_worth", "evpi"),
    ),
    "observed_rates": Entry("frame", vm.observed_rates, one("provider")),
    "pairwise": Entry("draws", lambda x: vm.pairwise(x, better="lower"), one("provider", "other")),
    "persistence_share": Entry("panel", vm.persistence_share, one(*DRAWS)),
    "posterior_predictive": Entry(
        "fit", lambda fit: vm.posterior_predictive(fit, random_seed=1), one(*DRAWS, "cell")
    ),
    "predict": Entry("fit", lambda fit: vm.predict(fit, new_rows(fit)), one(*DRAWS, "row")),
    "predictive_check": Entry("fit", lambda fit: vm.predictive_check(fit, random_seed=1), {}),
    "provider_effects": Entry("fit", vm.provider_effects, one(*BY_DRAW)),
    "rank": Entry("draws", lambda x: vm.rank(x, better="lower"), RANK),
    "rank_probabilities": Entry(
        "draws", lambda x: vm.rank_probabilities(x, bins=4), one("provider", "bin")
    ),
    "rank_overlap": Entry("panel", vm.rank_overlap, one(*DRAWS)),
    "rankability": Entry("fit", vm.rankability, one(*DRAWS)),
    "ranks.best": Entry("draws", lambda x: vm.ranks.best(x, better="lower"), MEMBERS),
    "ranks.fdr_list": Entry("chances", vm.ranks.fdr_list, one("provider")),
    "ranks.grade": Entry("draws", lambda x: vm.ranks.grade(x, better="lower"), GRADES),
    "ranks.r_values": Entry(
        "draws", lambda x: vm.ranks.r_values(x, better="lower"), one("provider")
    ),
    "ranks.sets": Entry(
        "draws",
        lambda x: vm.ranks.sets(x, better="lower"),
        each(("provider",), "lower", "upper", "shared_rank") | each((), "checked_prob"),
    ),
    "ranks.threshold": Entry(
        "draws",
        lambda x: vm.ranks.threshold(x, better="lower"),
        each(("provider",), "member") | each((), "operating_characteristic", "expected_wrong"),
    ),
    "ranks.told_apart": Entry("draws", lambda x: vm.ranks.told_apart(x, better="lower"), one()),
    "ranks.triple_goal": Entry("draws", vm.ranks.triple_goal, one("provider")),
    "ranks.utility_list": Entry(
        "chances", lambda x: vm.ranks.utility_list(x, false_alarm=1, miss=1), one("provider")
    ),
    "ranks.within": Entry("draws", rank_within, WITHIN),
    "reliability": Entry("fit", vm.reliability, one(*BY_DRAW)),
    "savings": Entry("draws", price, SAVINGS),
    "standardised_ratios": Entry("fit", vm.standardised_ratios, one(*BY_DRAW)),
    "summarise": Entry("draws", vm.summarise, {}),
    "unshrunken_rates": Entry(
        "fit",
        lambda fit: vm.unshrunken_rates(fit, MEDIAN),
        each(("provider",), "rate", "benchmark"),
    ),
    "variance_components": Entry("fit", vm.variance_components, each(DRAWS, *VARIATION)),
    "with_log_densities": Entry("fit", vm.with_log_densities, {}),
}
ARRAYS = [name for name, entry in ENTRIES.items() if entry.dims]
OF_DRAWS = [name for name, entry in ENTRIES.items() if entry.takes == "draws"]
BY_PROVIDER = [n for n in ARRAYS if any("provider" in dims for dims in ENTRIES[n].dims.values())]


@cache
def hand_made(labels: tuple[str, ...] | None = None, *, panel: bool = False) -> Fit:
    """Give a fit of 12 providers, provisional, its draws weighted; other labels, same figures."""
    more = {"periods": 3, "transient": "ar1", "period": "quarter"} if panel else {}
    fit = whole_fit(shape=(2, 20), case_mix=("age",), provisional=True, **more)
    provider = fit.frame["provider"].to_numpy() if labels is None else list(labels)
    weight = DRAWS, np.random.default_rng(1).uniform(1e-4, 1e-3, (2, 20))
    groups = {name: node.to_dataset() for name, node in fit.draws.children.items()}
    for name in ("posterior", "constant_data"):
        if "provider" in groups[name].dims:
            groups[name] = groups[name].assign_coords(provider=provider)
    groups["posterior"] = groups["posterior"].assign_coords({WEIGHT: weight})
    draws = xr.DataTree.from_dict(groups)
    draws.attrs = fit.draws.attrs | {"provisional_reason": "by hand"}
    return Fit(fit.spec, fit.frame.assign_coords(provider=provider), draws)


def recounted(fit):
    """Take a fit as that of another count of the same providers."""
    return Fit(fit.spec, fit.frame.assign_attrs(source_hash="of another count"), fit.draws)


def argument(entry: Entry, fit: Fit) -> object:
    return {
        "fit": lambda: fit,
        "panel": lambda: fit,
        "frame": lambda: fit.frame,
        "draws": lambda: draws_for(entry, fit),
        "chances": lambda: vm.rank(vm.adjusted_rates(fit), better="lower")["prob_top_quarter"],
    }[entry.takes]()


def draws_for(entry: Entry, fit: Fit) -> xr.DataArray:
    """Give rates, or ranks to what is made of ranks."""
    rates = vm.adjusted_rates(fit)
    return vm.rank(rates, better="lower")["rank"] if "bin" in entry.dims.get("", ()) else rates


def arrays(found: xr.DataArray | xr.Dataset) -> dict[str, xr.DataArray]:
    return {"": found} if isinstance(found, xr.DataArray) else dict(found.data_vars)


@cache
def result(name: str, labels: tuple[str, ...] | None = None) -> xr.DataArray | xr.Dataset:
    entry = ENTRIES[name]
    return entry.call(argument(entry, hand_made(labels, panel=entry.takes == "panel")))


def test_every_exported_estimand_has_an_entry_and_is_public():
    grouped = [f"ranks.{name}" for name in vm.ranks.__all__]
    grouped += [f"money.{name}" for name in vm.money.__all__]
    assert sorted(ENTRIES) == sorted([*estimands.__all__, *grouped])
    assert set(estimands.__all__) <= set(vm.__all__)


@pytest.mark.parametrize("name", ARRAYS)
def test_dims_stand_in_their_order_and_figures_are_float64(name):
    found = arrays(result(name))
    assert {key: array.dims for key, array in found.items()} == ENTRIES[name].dims
    for key, array in found.items():
        assert str(array.dtype) == OTHER_TYPES.get(key or name, "float64"), key


@pytest.mark.parametrize("name", ARRAYS)
def test_labels_and_weights_of_what_came_in_go_out(name):
    fit = hand_made(panel=ENTRIES[name].takes == "panel")
    for array in arrays(result(name)).values():
        if "provider" in array.dims:
            np.testing.assert_array_equal(array["provider"], fit.frame["provider"])
        if set(DRAWS) <= set(array.dims):
            assert array[WEIGHT].equals(fit.posterior[WEIGHT])


@pytest.mark.parametrize("name", ARRAYS)
def test_the_stamp_and_the_source_are_carried_on(name):
    fit = hand_made(panel=ENTRIES[name].takes == "panel")
    wanted = {"source_hash": fit.frame.attrs["source_hash"]}
    if ENTRIES[name].takes != "frame":  # a table has no stamp
        wanted |= fit.provenance
        assert wanted["provisional"] == 1
    assert result(name).attrs.items() >= wanted.items()


@pytest.mark.parametrize("name", BY_PROVIDER)
def test_a_provider_is_a_label_and_no_more(name):
    """Other labels move no figure; draws in another order of providers do not either."""
    labels = tuple(f"Z{place:02d}" for place in range(12))
    renamed, kept = result(name, labels), result(name)
    for key, array in arrays(renamed).items():
        np.testing.assert_array_equal(array, arrays(kept)[key])
        assert "provider" not in array.dims or array["provider"].to_numpy().tolist() == [*labels]
    if name in OF_DRAWS:
        order = np.random.default_rng(1).permutation(12)
        moved = ENTRIES[name].call(draws_for(ENTRIES[name], hand_made()).isel(provider=order))
        for key, array in arrays(moved).items():
            was = arrays(kept)[key]
            where = {dim: was[dim] for dim in ("provider", "other") if dim in was.dims}
            np.testing.assert_allclose(array.sel(where), was, rtol=1e-12)


@pytest.mark.parametrize("name", OF_DRAWS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(name, value):
    draws = draws_for(ENTRIES[name], hand_made()).copy(deep=True)
    draws[1, 3, 5] = value
    with pytest.raises(VarmodelError) as caught:
        ENTRIES[name].call(draws)
    assert caught.value.code == "VALUE.NONFINITE"


@pytest.mark.parametrize("name", OF_DRAWS)
def test_draws_without_their_dims_are_refused(name):
    draws = draws_for(ENTRIES[name], hand_made())
    for wrong in (draws.isel(draw=0, drop=True), draws.to_numpy()):
        with pytest.raises(VarmodelError) as caught:
            ENTRIES[name].call(wrong)
        assert caught.value.code == "CONFIG.VALUE"


def test_tables_say_that_their_draws_are_provisional():
    assert vm.predictive_check(hand_made(), random_seed=1)["provisional"].all()


# Each is tested, explained and listed


CLASSICAL = [f"classical.{name}" for name in vm.classical.__all__]  # tables of their own


@pytest.mark.parametrize("name", [*ENTRIES, *CLASSICAL])
def test_each_has_a_test_a_glossary_entry_and_a_row_of_the_reference(name):
    tests = (ROOT / "tests" / "estimands").glob("*/test_*.py")
    verb = name.rpartition(".")[2]
    assert any(re.search(rf"\b{verb}\(", path.read_text(encoding="utf-8")) for path in tests)
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert re.search(rf"(?m)^\*\*[^*]+\*\* \([^)]*`{name}`[^)]*\): ", glossary), "docs/glossary.md"
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert f"### `{name}`" in reference or f"`vm.{name}(" in reference
