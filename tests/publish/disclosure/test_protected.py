"""Facts without small numbers, and what an attacker gets of the files that are made of them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.publish.disclosure.attack import Publication, read, solutions, sum_over
from tests.publish.quarter.made import excluded, indicator, provider, quarter
from varmodel.publish.disclosure.policies import HIDDEN, POLICIES, policy_of
from varmodel.publish.disclosure.protected import disclosed
from varmodel.publish.files import write_tables
from varmodel.publish.quarter.facts import Interval
from varmodel.publish.quarter.publication.rows import frames_of

POLICY = policy_of("hes")
LARGE = [provider(f"R{k:02}", 200 + k, 800, at=k) for k in range(2, 6)]


def shown(*providers, **fields):
    """Return what may be shown of these providers, by code."""
    found = disclosed(quarter(indicator(providers=providers), **fields)).indicators[0]
    return {p.code: p for p in found.providers}


def test_a_hidden_count_takes_all_that_holds_it():
    found = shown(provider("R01", 3, 400), *LARGE)["R01"]
    assert (found.events, found.cases, found.observed) == (None, 400, None)
    assert (found.story, found.parts) == ("", {})
    assert {moment.observed for moment in found.trend} == {None}
    assert set(found.hidden) == {"events", "observed"}


def test_of_few_cases_it_is_not_told_which_quarters_have_any():
    """Seven cases in seven quarters that all have some would be one each."""
    gone = ("2007Q1",)
    few, some, many = (
        replace(provider("R01", 50 if n > 50 else 20, n, at=1), absent=gone) for n in (7, 50, 400)
    )
    assert few.trend
    for own, told in ((few, ()), (some, ()), (many, gone)):
        found = shown(own, *LARGE)["R01"]
        assert found.absent == told
        assert ("absent" in found.hidden) is (told == ())
    one = disclosed(quarter(indicator(providers=[few, *LARGE])))
    assert frames_of(one)["trend"].query("provider == 'R01'")["reported"].isna().all()


def test_a_hidden_count_leaves_place_and_a_coarse_rate():
    before = provider("R01", 3, 399)
    found = shown(before, *LARGE)["R01"]
    assert found.place == before.place
    assert found.rate == Interval(0.0099, 0.0079, 0.012)
    assert found.trend[0].rate == found.rate


def test_other_counts_are_rounded_and_the_crude_rate_is_made_of_them():
    found = shown(*LARGE)["R03"]
    assert (found.events, found.cases, found.observed) == (205, 800, 205 / 800)


def test_a_rate_of_few_rounded_counts_is_not_made():
    assert shown(provider("R01", 13, 400), *LARGE)["R01"].observed is None
    assert shown(provider("R01", 0, 400), *LARGE)["R01"].observed == 0


def test_parts_and_story_are_of_the_rates_shown():
    found = shown(*LARGE)["R03"]
    together = sum(POLICY.shown(200 + k) for k in range(2, 6)) / 3_200
    parts = sum(part.mean for part in found.parts.values())
    assert together + parts == pytest.approx(found.observed)
    assert found.story.startswith(
        "Its crude rate is 25.62 %, that of all providers together 25.47 %"
    )
    assert found.parts["persistent"] == LARGE[0].parts["persistent"]  # no count: as it was


def test_measurements_go_by_how_many_there_are_and_by_their_sum():
    rate = Interval(3.2, 3.0, 3.4)
    many = provider("R01", None, 403, observed=3.21, rate=rate)
    few = provider("R02", None, 6, observed=3.21, rate=rate)
    found = shown(many, few, *LARGE[1:])
    assert found["R01"].observed == POLICY.shown(3.21 * 403) / 405
    assert (found["R02"].observed, found["R02"].cases) == (None, None)


def test_an_excluded_provider_of_unknown_counts_has_a_coarse_rate_alone():
    found = shown(*LARGE, excluded(rate=Interval(0.2345, 0.1234, 0.3456)))["X1"]
    assert (found.observed, found.rate) == (None, Interval(0.23, 0.12, 0.35))


def test_an_excluded_provider_of_hidden_counts_has_no_rate():
    found = shown(*LARGE, excluded(observed=3 / 40, events=3.0, cases=40.0))["X1"]
    assert found.rate is None


def test_savings_of_few_cases_are_hidden_and_never_one_alone():
    found = shown(provider("R01", 2, 5), *LARGE)
    hidden = {code for code, p in found.items() if p.money is None}
    assert hidden == {"R01", "R02"}
    assert all("money" in found[code].hidden for code in hidden)


def test_a_hidden_saving_is_covered_by_one_that_is_no_smaller():
    nothing = replace(LARGE[0].money, saving=Interval(0.0, 0.0, 0.0))
    others = [replace(LARGE[0], money=nothing), *LARGE[1:]]
    found = shown(provider("R01", 2, 5), *others)
    assert {code for code, p in found.items() if p.money is None} == {"R01", "R03"}


def test_a_hidden_saving_larger_than_any_other_is_covered_by_several_together():
    """The total less those shown would tell it to a part in twenty else."""
    small = replace(LARGE[0].money, saving=Interval(600.0, 300.0, 900.0))
    found = shown(provider("X1", 2, 5), *(replace(p, money=small) for p in LARGE))
    assert found["X1"].hidden
    assert sum(p.money is None for p in found.values()) == 4  # 1,234.5 of X1, three of 600


def test_a_total_of_a_provider_goes_where_a_hidden_saving_would_stand_out():
    facts = quarter(indicator(providers=[provider("R01", 2, 5), *LARGE]), indicator("other"))
    assert "R01" not in disclosed(facts).by_provider
    small = {"deaths": Interval(0.5, 0.1, 0.9), "other": Interval(1_234.0, 1_000.0, 1_500.0)}
    together = replace(facts.by_provider["R01"], shares=small)
    found = disclosed(replace(facts, by_provider={"R01": together})).by_provider
    assert list(found["R01"].shares) == ["other"]


def test_money_has_three_digits_and_what_crude_rates_claim_two():
    found = disclosed(quarter()).indicators[0]
    assert (found.total, found.plug_in) == (Interval(4_940, 1_280, 9_380), 6_500)


def test_a_refusal_shows_no_figure_of_the_table_and_no_hash_is_left_to_try():
    found = disclosed(quarter())
    assert "'4'" not in found.refused[0].message
    assert found.indicators[0].source_hash == ""


def test_facts_that_went_through_before_come_back_equal():
    once = disclosed(quarter(indicator(providers=[provider("R01", 3, 6), *LARGE, excluded()])))
    assert disclosed(once) == once


def test_none_shows_all_as_it_is():
    facts = quarter(disclosure="none")
    assert disclosed(facts) == facts


# Attacks


COUNTS = st.integers(0, 14)


@st.composite
def tables(draw):
    """Draw events and cases, (provider, period), small ones often."""
    shape = draw(st.integers(4, 6)), draw(st.integers(2, 4))
    size = shape[0] * shape[1]
    parts = [draw(st.lists(COUNTS, min_size=size, max_size=size)) for _ in range(2)]
    events, others = (np.array(part).reshape(shape) for part in parts)
    return events, events + others


def publish(folder, table, window, *, policy="hes"):
    """Write the CSV files of the sums over a window, and read them back."""
    folder.mkdir(exist_ok=True)
    sums = [part[:, window.start : window.stop].sum(1).tolist() for part in table]
    providers = [provider(f"R{k}", e, n) for k, (e, n) in enumerate(zip(*sums, strict=True)) if n]
    facts = quarter(indicator(providers=providers), disclosure=policy)
    write_tables(frames_of(disclosed(facts)), folder)
    return read(folder, window)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


def alone(publications, table, code, *, policy):
    """Name the hidden counts of a provider, and its small counts of a period, that are told."""
    last = table[0].shape[1]
    own = [part[int(code[1:])] for part in table]
    asked = [
        (p.window, kind)
        for p in publications
        for kind, marks in enumerate((p.events, p.cases))
        if marks[code] == HIDDEN
    ]
    asked += [
        (range(t, t + 1), kind)
        for kind, counts in enumerate(own)
        for t in range(1, last)
        if 1 <= counts[t] <= policy.highest
    ]
    found = []
    for window, kind in asked:
        wanted = sum_over(window, kind, last)
        least, most = solutions(publications, code, policy=policy, wanted=wanted)
        if least == most:
            found.append((window, kind, least))
    return found


PROTECTING = [name for name, policy in POLICIES.items() if policy.hides]


@pytest.mark.parametrize("rolling", [False, True])
@settings(max_examples=5, deadline=None)
@given(table=tables(), name=st.sampled_from(PROTECTING))
def test_no_hidden_count_has_one_solution(place, table, name, rolling):
    """One publication and the next: each hidden total, and each small count of a quarter."""
    last = table[0].shape[1]
    windows = range(last - 1), range(int(rolling), last)
    both = [publish(place / str(k), table, window, policy=name) for k, window in enumerate(windows)]
    for code in set(both[0].events) & set(both[1].events):
        assert alone(both, table, code, policy=POLICIES[name]) == []


@pytest.mark.long
@pytest.mark.parametrize("rolling", [False, True])
@settings(max_examples=60, deadline=None)
@given(table=tables(), name=st.sampled_from(PROTECTING))
def test_nor_has_it_after_any_number_of_publications(place, table, name, rolling):
    """Windows that grow from the first quarter, or roll by one, each published in its turn."""
    last = table[0].shape[1]
    windows = [range(k if rolling else 0, k + 2) for k in range(last - 1)]
    all_of_them = [
        publish(place / str(k), table, window, policy=name) for k, window in enumerate(windows)
    ]
    for code in set.intersection(*(set(one.events) for one in all_of_them)):
        assert alone(all_of_them, table, code, policy=POLICIES[name]) == []


def test_the_attack_finds_a_count_where_totals_are_exact():
    """What the test above would see without rounding."""
    totals = [("20.0", "40.0"), ("23.0", "49.0")]
    windows = range(1), range(2)
    both = [
        Publication(window, {"R0": events}, {"R0": cases})
        for window, (events, cases) in zip(windows, totals, strict=True)
    ]
    exact, new = SimpleNamespace(highest=7, nearest=1, least=8), sum_over(range(1, 2), 0, 2)
    assert solutions(both, "R0", policy=exact, wanted=new) == (3, 3)


@settings(max_examples=5, deadline=None)
@given(table=tables())
def test_no_figure_beside_a_hidden_count_is_its_crude_rate(place, table):
    publish(place / "one", table, range(table[0].shape[1]))
    rows = pd.read_csv(place / "one" / "ranking.csv", dtype=str, keep_default_na=False)
    for row in rows.to_dict("records"):
        events, cases = (int(part.sum(1)[int(row["provider"][1:])]) for part in table)
        if HIDDEN in (row["events"], row["cases"]):
            assert row["observed"] == HIDDEN
            told = {float(cell) for cell in row.values() if cell.replace(".", "").isdigit()}
            crude = events / cases
            assert crude == float(f"{crude:.2g}") or crude not in told


def test_who_is_nearest_in_volume_is_not_named_for_it_orders_the_exact_counts():
    by_size = indicator(peers="among the 3 providers nearest in volume")
    one = disclosed(quarter(by_size)).indicators[0].providers[0]
    assert (one.peers, one.among_peers) == ((), by_size.providers[0].among_peers)
    by_beds = indicator(peers="among the 3 providers nearest in beds")
    assert disclosed(quarter(by_beds)).indicators[0].providers[0].peers == ("R02",)
