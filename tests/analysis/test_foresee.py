"""The forecast beside an analysis: where it is scored, what it is given, what it says."""

import warnings

import pandas as pd
import pytest

from tests.publish.analysed import analysed
from varmodel.analysis import foresee
from varmodel.analysis.foresee import with_forecast
from varmodel.errors import Problem, VarmodelWarning, fail, warn
from varmodel.frame import simulate
from varmodel.studies import Forecast

TRUTH = {"intercept": -1.0, "provider_sd": 0.4, "transient_sd": 0.2, "transient_rho": 0.6}
ROWS = {"method": ["full"], "providers": [12], "log_score": [-9.0], "covered": [0.9], "places": [3]}


def panel(periods=6, transient="ar1"):
    return analysed(periods=periods, period="quarter", transient=transient)


@pytest.fixture
def asked(monkeypatch):
    """Note what the score is asked for."""
    found = []

    def score(spec, table, **options):
        found.append((spec, table, options))
        warn(Problem("PERIOD.GAP", "of the whole table too"))
        return Forecast("2007Q2", 0.9, pd.DataFrame(ROWS))

    monkeypatch.setattr(foresee, "score_forecast", score)
    return found


def test_six_periods_are_scored_on_the_rows_that_the_model_reads(asked, tmp_path):
    x = panel()
    table = simulate(x.spec, providers=12, periods=6, truth=TRUTH, random_seed=1).table
    table.assign(unread=1).to_csv(tmp_path / "table.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", VarmodelWarning)
        found, told = with_forecast(x, tmp_path / "table.csv", random_seed=4)
    ((spec, rows, options),) = asked
    assert spec is x.spec
    assert "unread" not in rows
    assert len(rows) == len(table)
    assert options["random_seed"] == 4
    assert found.forecast.period == "2007Q2"
    assert found.fit is x.fit
    assert told.startswith("The forecast took two more fits, ")


@pytest.mark.parametrize("x", [panel(5), panel(transient="none")])
def test_fewer_periods_or_no_transient_are_not(asked, x):
    assert with_forecast(x, None, random_seed=1) == (x, "")
    assert asked == []


def test_a_large_table_is_not_scored(asked, monkeypatch):
    monkeypatch.setattr(foresee, "_MOST_ROWS", 10)
    x = panel()
    found, told = with_forecast(x, None, random_seed=1)
    assert (found, asked) == (x, [])
    assert told == "No forecast was scored: more than 10 rows a period."


def test_what_cannot_be_scored_is_said_and_stops_nothing(monkeypatch):
    def fails(*args, **kwargs):
        fail("DESIGN.TOO_FEW", "3 providers")

    monkeypatch.setattr(foresee, "score_forecast", fails)
    monkeypatch.setattr(foresee, "read_into_memory", lambda *_: None)
    x = panel()
    assert with_forecast(x, None, random_seed=1) == (x, "No forecast was scored: 3 providers.")
