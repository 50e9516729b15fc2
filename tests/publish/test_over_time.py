"""The report's section on time."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from tests.publish.analysed import analysed
from varmodel.publish.over_time import time_section
from varmodel.publish.report import report_html
from varmodel.publish.wording.periods.foreseen import forecast_sentence
from varmodel.publish.wording.periods.moves import moves_of
from varmodel.studies import Forecast

PANEL = {"periods": 4, "period": "quarter", "transient": "ar1"}


@pytest.fixture(scope="module")
def panel():
    return analysed(**PANEL)


def test_the_page_has_the_section_with_its_pictures(panel):
    page = report_html(panel)
    section = page.split('<section id="over-time">')[1].split("</section>")[0]
    moves = moves_of(panel)
    assert moves.improved
    assert moves.worsened
    assert section.count("<svg") == 3  # who moved; the surest mover each way
    for code in [*moves.improved, *moves.worsened]:
        assert f"<bdi>{code}</bdi>" in section
    assert 'href="#over-time"' in page
    assert "Ranked: lasting performance over 2006Q1 to 2006Q4" in page


def test_without_several_periods_there_is_none():
    assert time_section(analysed()) is None
    assert "over-time" not in report_html(analysed())


def test_a_long_list_of_movers_is_counted(panel, monkeypatch):
    monkeypatch.setattr("varmodel.publish.over_time._LISTED", 1)
    movers, moves = time_section(panel)["movers"], moves_of(panel)
    assert len(moves.improved) > 1
    assert (f"{len(moves.improved) - 1} more", "improved") in movers


def test_a_forecast_stands_in_headline_and_page(panel):
    rows = {"method": ["full", "shrunken", "raw"], "log_score": [-9.0, -12, -15]}
    table = pd.DataFrame({**rows, "covered": [0.9, 0.5, 0.3], "places": [3, 2, 1]})
    x = replace(panel, forecast=Forecast("2006Q4", 0.9, table))
    said = forecast_sentence(x.forecast)
    assert said in re.sub(r"\s+", " ", str(x))
    assert said.replace(" %", "\u00a0%") in report_html(x)
    assert "Forecast of" not in str(panel)
