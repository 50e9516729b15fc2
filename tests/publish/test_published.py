"""What is published is held once: the rest is read off it, and nothing changes in place."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from tests.publish.analysed import FOUND, NIL, analysed
from tests.publish.checked import CLUSTERED, SIZED, TOTAL, checks, own_rate
from varmodel import Analysis
from varmodel.publish import Published, headline, tables_of
from varmodel.publish.report import report_html
from varmodel.studies import Excluded

PARTS = [
    *("fit", "figures", "nil", "shape", "diagnosis", "checks", "forecast"),
    *("sensitivity", "certificate", "stacking"),
]


def test_an_analysis_holds_no_part_twice():
    x = analysed()
    assert [part.name for part in dataclasses.fields(Analysis)] == PARTS
    assert isinstance(x, Published)
    assert not hasattr(x, "__dict__")
    assert x.spec is x.fit.spec
    for name in ("rates", "ranks", "savings", "rankability"):
        assert getattr(x, name) is getattr(x.figures, name)


def test_other_figures_are_other_tables_and_another_headline():
    x = analysed()
    share = xr.full_like(x.rankability, 0.123)
    other = dataclasses.replace(x, figures=dataclasses.replace(x.figures, rankability=share))
    assert other.median_rankability == pytest.approx(0.123)
    totals = tables_of(other)["totals"].set_index("quantity")
    assert totals.loc["rankability", "mean"] == pytest.approx(0.123)
    assert "rankability 0.12: the order is mostly noise" in headline(other)
    assert "mostly noise" not in headline(x)


@pytest.mark.parametrize("name", [*PARTS, "rates", "spec", "median_rankability"])
def test_nothing_is_set(name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(analysed(), name, None)


def with_checks(**fields):
    x = analysed(excluded=(("X9", "a specialist"), ("Y9", "closed")))
    return dataclasses.replace(x, checks=checks(x, **fields))


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("nil", [FOUND, NIL])
def test_where_size_matters_totals_are_provisional_and_the_other_model_stands_beside(nil):
    x = dataclasses.replace(with_checks(volume=SIZED), nil=nil)
    totals = tables_of(x)["totals"].set_index("quantity")
    money = [name for name in totals.index if name.startswith(("saving", "plug"))]
    assert list(totals.index[totals["provisional"]]) == money
    assert totals.loc["volume", "mean"] == SIZED.prob_positive
    assert tables_of(x)["savings"].columns[-1] == "provisional"
    known = totals.loc["saving_log_volume"]
    assert known["upper" if nil is NIL else "mean"] == pytest.approx(
        SIZED.upper if nil is NIL else float(TOTAL.mean())
    )
    assert np.isnan(known["lower"]) == (nil is NIL)
    text, page = flat(headline(x)), report_html(x)
    assert "Size matters: larger providers have higher rates (probability 0.99)." in text
    assert "The savings are PROVISIONAL: read the total of a model that knows the size." in text
    assert "With a model that knows the size of the providers: " in text
    assert "Size matters: larger providers" in page.split('<section id="savings">')[1]
    assert "With a model that knows the size (PROVISIONAL)" in page


def test_a_size_that_does_not_matter_stamps_nothing():
    passed = dataclasses.replace(SIZED, prob_positive=0.6, total=None)
    x = with_checks(volume=passed)
    totals = tables_of(x)["totals"].set_index("quantity")
    assert "provisional" not in totals
    assert "saving_log_volume" not in totals.index
    assert totals.loc["volume", "mean"] == 0.6
    assert "Size matters" not in headline(x)


def test_a_model_of_size_that_failed_says_why():
    failed = dataclasses.replace(SIZED, total=None, reason="k-hat 0.9")
    text = flat(headline(with_checks(volume=failed)))
    assert "a model that knows the size has no total: k-hat 0.9." in text


def test_clusters_are_named_with_the_way_out():
    x = with_checks(clustering=CLUSTERED)
    said = "Intervals may be too narrow: within a provider cells vary 3.1 times as much as the"
    assert said in flat(headline(x))
    assert 'Way out: fit family = "beta_binomial" with dispersion_unit' in flat(headline(x))
    assert said in report_html(x)


def test_who_the_model_does_not_fit_is_listed_in_the_report():
    x = with_checks(unlike=["P003"])
    assert "The model does not fit P003: see the report." in headline(x)
    page = report_html(x)
    section = page.split("Providers that do not fit")[1].split("</section>")[0]
    assert "<bdi>P003</bdi></dt><dd><bdi>p = 0.002" in section
    assert "Of 12 providers about 0.12 would be listed by chance." in section
    assert "do not fit" not in report_html(with_checks())


def test_the_excluded_are_shown_with_their_own_figures():
    x = with_checks(excluded={"X9": own_rate(0.4), "Y9": Excluded(None, "level 'z' is unknown")})
    ranking = tables_of(x)["ranking"].set_index("provider")
    assert ranking.loc["X9", "own_rate"] == pytest.approx(0.4)
    assert ranking.loc["X9", "own_lower"] < 0.4 < ranking.loc["X9", "own_upper"]
    assert ranking["own_rate"].notna().sum() == 1
    assert not ranking.loc["X9", "ranked"]
    page = report_html(x)
    own = "by its own figures, on its own patients: 0.40 ("
    assert f"a specialist; {own}" in page.split('<section id="excluded">')[1]
    assert "closed; by its own figures not known: level" in page
