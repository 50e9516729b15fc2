"""The folder of a publication: all files, equal for equal facts, no estimate alone."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from tests.publish.plots.pictures import HOSTILE
from tests.publish.quarter.made import excluded, indicator, provider, quarter
from tests.publish.quarter.walked import faults
from varmodel.publish.quarter.facts import Interval
from varmodel.publish.quarter.identity import Identity
from varmodel.publish.quarter.publication import write_publication
from varmodel.publish.quarter.publication.pictures import draw_totals
from varmodel.publish.quarter.publication.rows import names_of_providers
from varmodel.publish.quarter.publication.written import FILES

NIL = indicator(
    "nothing",
    providers=[provider(f"R{k:02}", 90 + k, 900, money=None) for k in range(1, 5)],
    total=Interval(None, None, 12_345.0),
    total_flexible=None,
    distinguishable=False,
)
DOUBTED = indicator("doubted", provisional="PROVISIONAL: the draws failed the gate")


def facts():
    """Return a quarter with all that is hard to print."""
    names = [f"{name} {k}" for k, name in enumerate(HOSTILE)]
    odd = [
        provider(f"=R{k:02}", 3 * k, 40 + k, name=name, at=k + 1) for k, name in enumerate(names)
    ]
    odd.append(excluded("@X", reason="=special | odd"))
    hostile = indicator("odd", odd, title="<b>$x_1$</b>")
    return quarter(indicator(), hostile, NIL, DOUBTED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("publication") / "made"
    write_publication(place, facts())
    return place


def test_every_file_is_there_and_told_in_the_readme(folder):
    named = {name for names in FILES for name in names.split(", ")}
    assert {path.name for path in folder.iterdir()} == {*named, "README.md"}
    text = (folder / "README.md").read_text().replace("\\", "")
    assert [name for name in named if name not in text] == []


def test_no_file_holds_an_estimate_without_its_uncertainty(folder):
    assert faults(folder) == []


_HEAD = "<tr><th>Provider</th><th>Rate (95 %)</th></tr>"


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.csv", "provider,mean\nA,1.5\n", "column mean has no ends"),
        ("a.csv", "provider,rate,rate_lower,rate_upper\nA,1.5,,\n", "1 figures of rate have no"),
        (
            "a.html",
            "<tr><th>P</th><th>Rate (95 %)</th></tr><tr><th>A</th><td>1.5</td></tr>",
            "no interval",
        ),
        ("a.tex", "P & Rate (95~\\%) \\\\\nA & 1.5 \\\\\n", "Rate (95 %): 1.5 stands alone"),
    ],
)
def test_the_walk_finds_an_estimate_that_stands_alone(tmp_path, name, content, fault):
    (tmp_path / name).write_text(content)
    assert any(fault in found for found in faults(tmp_path))


def test_equal_facts_give_equal_bytes(folder, tmp_path):
    write_publication(tmp_path, facts())
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        p.name: p.read_bytes() for p in folder.iterdir()
    }


def test_small_numbers_go_before_anything_is_written(folder):
    rows = pd.read_csv(folder / "ranking.csv", dtype=str, keep_default_na=False)
    odd = rows[rows["indicator"] == "odd"].set_index("provider")
    assert odd.loc["'=R01", "events"] == "*"  # 3
    assert odd.loc["'=R00", "events"] == "0.0"
    assert odd.loc["'=R03", "events"] == "10.0"  # 9
    assert {float(cell) % 5 for cell in odd["cases"] if cell not in ("", "*")} == {0}


def test_names_are_texts_in_every_form(folder):
    page, tex = ((folder / f"tables.{end}").read_text() for end in ("html", "tex"))
    assert "<script>alert" not in page
    assert "<b>$x" not in page
    assert "$x" not in re.sub(r"\\\$", "", tex)
    for path in folder.glob("*.csv"):
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not rows.map(lambda cell: bool(re.match(r"[=@\t\r]", cell))).to_numpy().any()


def test_nil_has_an_upper_end_alone_and_a_stamp_stays(folder):
    page = (folder / "tables.html").read_text()
    assert "nil to 12," in page
    assert "PROVISIONAL" in page
    totals = pd.read_csv(folder / "indicators.csv").set_index("indicator")
    assert totals.loc["nothing", ["saving", "saving_lower"]].isna().all()


def test_pictures_have_no_date(folder):
    for name in ("totals", "rankability"):
        assert b"CreationDate" not in (folder / f"{name}.pdf").read_bytes()
        assert "<dc:date>" not in (folder / f"{name}.svg").read_text()


def test_a_quarter_of_refusals_alone_is_written(tmp_path):
    empty = replace(quarter(), indicators=(), nation=None, by_provider={})
    write_publication(tmp_path, empty)
    assert "COUNT.EXCEEDS" in (tmp_path / "refused.csv").read_text()
    assert not (tmp_path / "totals.svg").exists()


def test_savings_of_another_currency_or_in_doubt_say_so(tmp_path):
    foreign = indicator("foreign", currency="EUR", doubts="the shape is doubted")
    write_publication(tmp_path, quarter(indicator(), foreign))
    assert set(pd.read_csv(tmp_path / "savings.csv").groupby("indicator")["currency"].first()) == {
        "EUR",
        "GBP",
    }
    printed = (tmp_path / "tables.html").read_text()
    assert "EUR " in printed
    assert "PROVISIONAL" in printed
    assert draw_totals(quarter(indicator(), foreign)).get_yticks().size == 1


def test_a_name_that_one_indicator_knows_is_the_provider_s():
    known, unknown = indicator("known"), indicator("unknown", [excluded("R01")])
    named = replace(known.providers[0], code="R01", name="St Elsewhere")
    both = quarter(replace(known, providers=(named,)), unknown)
    assert names_of_providers(both) == {Identity("R01", "R01"): "St Elsewhere"}
