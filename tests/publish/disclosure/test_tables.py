"""Tables of a run without small numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.publish.analysed import analysed
from varmodel.publish.disclosure import policy_of, protect
from varmodel.publish.quarter.from_analysis import facts_of

HES = policy_of("hes")


@pytest.fixture(scope="module")
def made():
    x = analysed(excluded=(("X1", "special"),))
    return x.tables(), facts_of(x)


def few(facts, *, events, cases):
    """Give the first provider these counts."""
    first, *others = facts.providers
    rate = events / cases
    counted = replace(first, observed=rate, events=float(events), cases=float(cases))
    return replace(facts, providers=(counted, *others)), first.code


def test_columns_and_rows_stay(made):
    tables, facts = made
    found = protect(tables, facts, policy=HES)
    for name, table in tables.items():
        assert list(found[name].columns) == list(table.columns)
        assert len(found[name]) == len(table)


def test_crude_rates_are_those_of_the_counts_shown(made):
    tables, facts = made
    own = {p.code: p for p in facts.providers}
    for name in ("rates", "ranking"):
        found = protect(tables, facts, policy=HES)[name].set_index("provider")["observed"]
        for code, observed in found.dropna().items():
            p = own[code]
            assert observed == HES.shown(p.events) / HES.shown(p.cases)
        assert np.isnan(found.get("X1", np.nan))


def test_a_hidden_count_leaves_no_crude_rate_and_a_coarse_one(made):
    tables, (facts, code) = made[0], few(made[1], events=3, cases=37)
    found = protect(tables, facts, policy=HES)
    row = found["rates"].set_index("provider").loc[code]
    before = tables["rates"].set_index("provider").loc[code]
    assert np.isnan(row["observed"])
    assert row["mean"] == float(f"{before['mean']:.2g}")


def test_plug_ins_of_a_provider_go_and_savings_of_few_cases_with_another(made):
    tables, (facts, code) = made[0], few(made[1], events=2, cases=5)
    found = protect(tables, facts, policy=HES)["savings"]
    assert found[["plug_in_shrunken", "plug_in_observed"]].isna().all(axis=None)
    assert code not in set(found["provider"])
    assert len(found) == len(tables["savings"]) - 2


def test_totals_have_three_digits_and_claims_two(made):
    tables, facts = made
    found, before = (
        table["totals"].set_index("quantity")["mean"]
        for table in (protect(tables, facts, policy=HES), tables)
    )
    assert found["saving"] == float(f"{before['saving']:.3g}")
    assert found["plug_in_observed"] == float(f"{before['plug_in_observed']:.2g}")
    assert found["rankability"] == before["rankability"]


def test_none_changes_nothing(made):
    tables, facts = made
    for name, table in protect(tables, facts, policy=policy_of("none")).items():
        pd.testing.assert_frame_equal(table, tables[name])
