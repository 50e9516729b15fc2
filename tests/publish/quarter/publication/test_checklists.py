"""Two checklists: what a run did, and what it did not."""

from dataclasses import replace

from tests.publish.quarter.made import indicator, quarter
from varmodel.publish.quarter.facts import Checked
from varmodel.publish.quarter.publication.checklists import barg_text, rap_text


def rows(text):
    """Read the table back: item -> what this run did."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {f"{step}{item.split('.')[0]}": status for step, item, status, _ in lines[2:]}


def test_barg_has_every_item_of_its_six_steps():
    found = rows(barg_text(quarter()))
    steps = {"Preamble": "AB", "1": "ABCDE", "2": "ABCD", "3": "ABC"}
    steps |= {"4": "ABCDE", "5": "ABCDE", "6": "ABCDEF"}
    assert list(found) == [f"{step}{item}" for step, items in steps.items() for item in items]
    assert found["1E"] == "not done"


def test_independent_draws_have_no_chains_to_report():
    found = rows(barg_text(quarter()))
    assert (found["2B"], found["2D"]) == ("does not apply", "done")


def test_chains_are_reported_only_where_each_was_checked():
    checked = indicator(checks=(Checked("largest R-hat", "1.0", "1.01", None),))
    drawn = replace(checked.drawn, independent=False)
    both = quarter(replace(checked, drawn=drawn), replace(indicator("b"), drawn=drawn))
    found = rows(barg_text(both))
    assert (found["2B"], found["2C"], found["2D"]) == ("in part", "not done", "does not apply")


def test_decisions_want_a_cost():
    assert rows(barg_text(quarter()))["4A"] == "not done"
    found = rows(barg_text(quarter(indicator(cost=50_000.0))))
    assert (found["4A"], found["4B"]) == ("done", "in part")  # one cost is no loss function


def test_rap_says_what_a_run_cannot_know():
    text = rap_text(quarter())
    assert text.count("| Baseline |") == 5
    assert text.count("| Silver |") == 9
    assert text.count("| Gold |") == 4
    assert "| Baseline | Code has been peer reviewed | not known to the run |" in text
