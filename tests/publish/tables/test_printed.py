"""Printed tables: supported digits, groups, who is named, who stands apart."""

import math
import re
from dataclasses import replace

import pytest

from tests.publish.analysed import DOUBTED, EXCLUDED, HOSTILE, NIL, analysed, supported
from varmodel.estimands import variance_components
from varmodel.publish.tables.printed import (
    all_diagnostics,
    interval,
    names_of,
    print_tables,
)
from varmodel.publish.wording.places import GROUPS


def printed(name, **options):
    x = analysed(**options)
    return print_tables(x, x.tables())[name]


def texts(rows, column=0):
    return [cells[column].text for cells in rows]


def test_all_tables_are_printed_and_every_row_is_whole():
    x = analysed(excluded=EXCLUDED)
    found = print_tables(x, x.tables())
    assert list(found) == ["ranking", "rates", "savings", "totals", "diagnostics"]
    for table in found.values():
        assert {len(row) for row in (*table.rows, *table.apart)} <= {len(table.heads)}
        assert table.notes


def test_a_ranking_keeps_its_order():
    x = analysed(share=0.8)
    ranking = printed("ranking", share=0.8)
    assert texts(ranking.rows) == list(x.tables()["ranking"]["provider"])
    ranks = [row[3].number for row in ranking.rows]
    assert ranks == sorted(ranks)


def test_an_order_of_noise_is_listed_by_grade_and_code():
    x = analysed(share=0.3, providers=40)
    ranking = print_tables(x, x.tables())["ranking"]
    assert ranking.heads[2] == "Grade"
    grades = [row[2].number for row in ranking.rows]
    assert grades == sorted(grades)
    assert set(grades) == set(range(1, 1 + int(x.figures.order.graded["grade"].max())))
    assert len(set(grades)) > 1
    for grade in set(grades):
        codes = [row[0].text for row, own in zip(ranking.rows, grades, strict=True) if own == grade]
        assert codes == sorted(codes)
    assert "Grade" not in printed("ranking", share=0.8, providers=40).heads


def test_an_order_of_noise_without_grades_is_listed_by_place_and_code():
    x = analysed(share=0.3, providers=40)
    x = replace(x, figures=replace(x.figures, order=replace(x.figures.order, graded=None)))
    ranking = print_tables(x, x.tables())["ranking"]
    groups = [GROUPS.index(text) for text in texts(ranking.rows, 2)]
    assert groups == sorted(groups)
    assert set(groups) == {0, 1, 2, 3}


def test_the_excluded_stand_apart_with_their_reasons():
    apart = printed("ranking", excluded=EXCLUDED).apart
    assert texts(apart) == ["X<b>9", "=Y1"]
    assert texts(apart, 1) == ["not ranked: special & odd", "not ranked: closed\ufffd"]


@pytest.mark.parametrize(
    ("form", "heading", "variable"),
    [
        ("share", "Cases", "trials"),
        ("expected", "Expected", "expected"),
        ("exposure", "Exposure", "exposure"),
        ("measurements", "Cases", "measurements"),
    ],
)
def test_the_volume_stands_beside_the_observed_rate(form, heading, variable):
    frame = analysed(form).fit.frame
    sizes = frame[variable].groupby(frame["provider_index"]).sum().to_numpy()
    for name in ("ranking", "rates"):
        table = printed(name, form=form)
        assert table.heads[-2:] == (heading, "Observed")
        found = {row[0].text: row[-2].number for row in table.rows}
        labels = frame["provider"].to_numpy()
        assert found == pytest.approx(dict(zip(labels, sizes, strict=True)))
    assert printed("rates", form="published").heads == (
        "Provider",
        "Adjusted rate (95 %)",
        "Observed",
    )


def test_a_ratio_is_headed_as_one():
    assert printed("rates", form="expected").heads[1] == "Adjusted ratio (95 %)"


def test_names_are_literal_and_whole():
    found = names_of(analysed(providers=13, names=HOSTILE))
    assert found["\u202eevil"] == "\ufffdevil"
    assert found["two\nlines"] == "two\ufffdlines"
    assert found[HOSTILE[-1]] == HOSTILE[-1]
    assert found["<script>alert(1)</script>"] == "<script>alert(1)</script>"


def test_only_those_that_can_be_named_are_named():
    x = analysed(providers=40)
    table = x.tables()["savings"]
    savings = printed("savings", providers=40)
    assert 0 < len(savings.rows) < len(table)
    assert set(texts(savings.rows)) == set(table.loc[table["named"], "provider"])
    means = [row[1].number for row in savings.rows]
    assert means == sorted(means, reverse=True)
    assert str(len(means)) in savings.caption


def test_nil_names_nobody_and_has_no_lower_end():
    assert printed("savings", nil=NIL).rows == ()
    rows = printed("totals", nil=NIL, annualise=4).rows
    totals = dict(zip(*(texts(rows, n) for n in (0, 1)), strict=True))
    assert totals["annual saving, joint draws"].startswith("nil to 12,")
    assert totals["annual saving, flexible shape of the effects"].startswith("nil to 4,")
    assert not any("shrunken" in name for name in totals)
    assert totals["no variation between providers, p-value"] == "0.312"


def test_rankability_is_the_median_that_the_words_go_by():
    rows = {row[0].text: row[1] for row in printed("totals").rows}
    median = float(analysed().rankability.median())
    assert rows["rankability, posterior median"].number == pytest.approx(median)


def test_plug_ins_have_no_more_digits_than_the_saving():
    rows = {row[0].text: row[1] for row in printed("totals").rows}
    plug_in = rows["saving over the time of the table, shrunken means (tends to understate)"]
    mcse = analysed().tables()["totals"].set_index("quantity").loc["saving", "mcse"]
    digits = plug_in.text.replace(",", "")
    unit = 10 ** (len(digits) - len(digits.rstrip("0"))) if "." not in digits else 0
    assert unit >= 2 * mcse
    assert "(" not in plug_in.text


def test_money_is_annual_only_where_the_model_has_a_year():
    annual, other = (printed("totals", annualise=factor) for factor in (4, None))
    assert "periods a year" in texts(annual.rows)
    assert "annual saving, joint draws" in texts(annual.rows)
    assert "Annual savings: 4 times those of a mean period" in " ".join(annual.notes)
    assert not any("annual" in text or "year" in text for text in texts(other.rows))
    assert "the model does not say what a year is" in " ".join(other.notes)
    assert printed("savings", annualise=4).caption.startswith("Annual saving of those")
    assert printed("savings").caption.startswith("Saving over the time of the table of those")


def test_the_three_places_have_a_heading_and_a_probability_each():
    ranking = printed("ranking", providers=40)
    assert ranking.heads[4:7] == ("Pr top quarter", "Pr middle half", "Pr bottom quarter")
    for row in ranking.rows:
        assert sum(cell.number for cell in row[4:7]) == pytest.approx(1)
    five = printed("ranking", providers=5)
    assert five.heads[4:7] == ("Pr top 2 of 5", "Pr middle 1 of 5", "Pr bottom 2 of 5")
    assert any("top 2 of 5 for the top quarter" in note for note in five.notes)
    assert set(texts(five.rows, 2)) <= {*(head[3:] for head in five.heads[4:7]), "not sure"}


def test_who_is_compared_on_patients_it_does_not_have_is_marked():
    x = supported(analysed(), P003=0.2, P005=0.5)
    for name, table in print_tables(x, x.tables()).items():
        marked = [text for text in texts(table.rows) if text.endswith(" *")]
        told = any("* compared on patients it does not have" in note for note in table.notes)
        assert (marked == ["P003 *"]) == told == (name in ("ranking", "rates"))
    assert x.tables()["ranking"].set_index("provider").loc["P003", "support"] == 0.2


def test_totals_of_a_doubted_shape_are_stamped():
    rows = texts(printed("totals", p_value=DOUBTED).rows)
    assert [text.endswith(" (PROVISIONAL)") for text in rows] == [True] * 4 + [False] * 7
    unseen = texts(printed("totals", reason="k-hat 0.9").rows)  # no flexible total to hold it to
    assert [text.endswith(" (PROVISIONAL)") for text in unseen] == [True] * 4 + [False] * 7
    assert not any("PROVISIONAL" in text for text in texts(printed("totals").rows))
    assert printed("savings", p_value=DOUBTED).caption.startswith("PROVISIONAL. ")
    assert not printed("savings").caption.startswith("PROVISIONAL")
    assert not printed("ranking", p_value=DOUBTED).caption.startswith("PROVISIONAL")


def test_the_spread_is_printed_as_median_and_interval():
    rows = {row[0].text: row[1].text for row in printed("totals").rows}
    draws = variance_components(analysed().fit)["median_odds_ratio"]
    value, low, high = map(float, re.findall(r"[\d.]+", rows[_ODDS]))
    ends = (float(draws.quantile(q)) for q in (0.5, 0.025, 0.975))
    assert (value, low, high) == pytest.approx(tuple(ends), abs=0.05)


_ODDS = "odds of one provider over another's, median of pairs"


def test_a_refit_that_failed_has_no_figure():
    rows = {row[0].text: row[1].text for row in printed("totals", reason="k-hat 0.9").rows}
    (figure,) = [text for name, text in rows.items() if "flexible shape" in name]
    assert figure == "no figure"


def test_an_interval_without_a_lower_end_is_its_mean():
    row = {"mean": 2.0, "lower": math.nan, "upper": 3.0, "mcse": 0.0}
    assert interval(row).text == "2.000"
    assert interval({**row, "lower": 1.0}).text == "2.000 (1.000 to 3.000)"


def test_a_column_is_numeric_where_any_of_its_figures_is():
    table = printed("diagnostics", marginal=True)
    assert table.rows[0][2].number is None
    assert [table.is_numeric(column) for column in range(5)] == [False, True, True, True, True]
    assert not printed("savings", nil=NIL).is_numeric(1)


def test_diagnostics_hold_parameters_and_figures():
    rows = {row[0].text: row for row in printed("diagnostics").rows}
    assert {"intercept", "provider sd", "provider effect", "rankability", "adjusted rate"} <= set(
        rows
    )
    assert rows["provider effect"][1].text == "12"
    table = all_diagnostics(analysed())
    effects = table[table["quantity"].str.startswith("provider_effect[")]
    assert rows["provider effect"][2].number == effects["rhat"].max()
    assert rows["provider effect"][3].number == effects["ess_bulk"].min()


def test_neither_direction_has_rates_only():
    x = analysed(better="neither")
    assert list(print_tables(x, x.tables())) == ["rates", "totals", "diagnostics"]


def test_provisional_captions():
    x = analysed(provisional=True)
    tables = print_tables(x, x.tables()).values()
    assert all(table.caption.startswith("PROVISIONAL. ") for table in tables)
