"""Universes beside the base, from outcomes written by hand."""

import math
from dataclasses import replace

from varmodel.studies.universes.comparisons import (
    flips,
    providers_table,
    rank_correlations,
    tornado,
    within_error,
)
from varmodel.studies.universes.outcomes import Outcome
from varmodel.studies.universes.product import read_dimensions

DIMENSIONS = read_dimensions(
    {
        "effect": {"normal": {}, "t": {"effect": "student_t"}},
        "level": {".75": {}, "median": {"benchmark": {"kind": "median"}}},
    }
)
CHOSEN = ((0, 0), (0, 1), (1, 0), (1, 1))


def outcome(total, ranks=(1.0, 2.0, 3.0), *, top=0.96, named=(True, False, False), who="ABC"):
    by_provider = {
        "provider": list(who),
        "expected_rank": list(ranks),
        "prob_top_quarter": [top, 1 - top, 0.0],
        "prob_middle": [1 - top, 0.5, 0.5],
        "prob_bottom_quarter": [0.0, top - 0.5, 0.5],
        "prob_saving": [0.1, 0.2, 0.9],
        "named": list(named),
    }
    return Outcome(total=total, lower=total - 1, upper=total + 1, by_provider=by_provider)


REFUSED = Outcome(code="FIT.CONVERGENCE", message="no")


def test_the_tornado_has_each_option_alone_the_widest_first():
    table = tornado(DIMENSIONS, [outcome(10), outcome(4), outcome(11), outcome(99)], chosen=CHOSEN)
    assert table["dimension"].tolist() == ["level", "effect"]
    assert table["difference"].tolist() == [-6, 1]
    assert table["universe"].tolist() == [1, 2]


def test_a_refused_option_stands_in_the_tornado_with_its_code():
    table = tornado(DIMENSIONS, [outcome(10), REFUSED, outcome(11), REFUSED], chosen=CHOSEN)
    assert table["code"].tolist() == ["", "FIT.CONVERGENCE"]
    assert math.isnan(table["total"][1])


def test_a_difference_has_the_error_of_the_pair_or_that_of_two_fits():
    """3 and 4 make 5 where the fits are two; of one fit it is what the draws say."""
    base, own = replace(outcome(10), mcse=3.0), replace(outcome(18), mcse=4.0)
    shared = replace(outcome(18.5), mcse=4.0, paired_mcse=0.5)
    table = tornado(DIMENSIONS, [base, own, shared, outcome(99)], chosen=CHOSEN)
    assert table.set_index("dimension")["mcse"].to_dict() == {"level": 5.0, "effect": 0.5}
    assert table.set_index("dimension")["difference"].to_dict() == {"level": 8.0, "effect": 8.5}
    marked = within_error(table.set_index("dimension"))
    assert marked.to_dict() == {"level": True, "effect": False}
    assert not within_error(tornado(DIMENSIONS, [base, *[REFUSED] * 3], chosen=CHOSEN)).any()


def test_flips_say_who_is_said_something_else_of_and_how_often():
    others = [outcome(1, top=0.9), outcome(1, (2.0, 1.0, 3.0), named=(False,) * 3), REFUSED]
    rows = [tuple(row) for row in flips([outcome(1), *others]).to_numpy()]
    assert set(rows) == {
        ("A", "place", "top", "not sure", 1, 2),
        ("A", "named", "named", "not named", 1, 2),
        ("A", "end", "first", "neither", 1, 2),
        ("B", "end", "neither", "first", 1, 2),
    }
    assert flips([outcome(1), outcome(2)]).empty


def test_a_provider_that_a_universe_lacks_is_not_compared_there():
    fewer = outcome(1, top=0.9, who="AXY")
    rows = flips([outcome(1), fewer, outcome(1, top=0.9)])
    placed = rows[(rows["provider"] == "A") & (rows["verdict"] == "place")]
    assert placed[["universes", "compared"]].to_numpy().tolist() == [[2, 2]]
    assert set(rows["provider"]) <= set("ABC")
    assert flips([outcome(1), outcome(1, who="XYZ")]).empty


def test_rank_correlations_are_of_whom_both_rank():
    found = rank_correlations([outcome(1), outcome(1, (3.0, 2.0, 1.0)), REFUSED])
    assert found[:2] == [1.0, -1.0]
    assert math.isnan(found[2])


def test_providers_are_stacked_without_the_refused():
    table = providers_table([outcome(1), REFUSED, outcome(2)])
    assert table.columns[:5].tolist() == [
        "universe",
        "provider",
        "expected_rank",
        "prob_top_quarter",
        "prob_saving",
    ]
    assert table["universe"].tolist() == [0, 0, 0, 2, 2, 2]
