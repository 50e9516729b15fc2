"""Excluded providers are shown by their own figures, through predict."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.fits.hand_made import make_spec, sample_by_hand
from varmodel.estimands import predict
from varmodel.frame import prepare, simulate
from varmodel.inference.request import Request
from varmodel.spec import Exclusion
from varmodel.studies.checks import excluded
from varmodel.studies.checks.excluded import rates_of_excluded

EXCLUSIONS = (Exclusion("type", ("special",), "a specialist"),)
SPECIAL = {"trust": ["X", "X", "Y"], "age": ["a", "b", "z"], "events": [3, 30, 4], "n": [40, 60, 9]}


def made(**fields):
    spec = make_spec(
        case_mix=("age",), numerator="events", denominator="n", exclusions=EXCLUSIONS, **fields
    )
    plain = make_spec(numerator="events", denominator="n")
    rows = simulate(plain, providers=12, random_seed=1).table
    rows = rows.assign(age=["a", "b"] * 6, type="acute")
    table = pd.concat([rows, pd.DataFrame(SPECIAL).assign(type="special")], ignore_index=True)
    frame = prepare(spec, table)
    fit = sample_by_hand(Request(spec, frame, 1, 100, tune=0, chains=2, progressbar=False))[0]
    return fit, table


def test_the_rate_is_the_mean_of_what_predict_gives_on_its_own_cases():
    fit, table = made()
    found = rates_of_excluded(fit, table, random_seed=5)
    assert set(found) == {"X", "Y"}
    rows = table[table["trust"] == "X"]
    rates = predict(fit, rows, new_providers="given_response", random_seed=5)
    expected = 0.4 * rates.isel(row=0) + 0.6 * rates.isel(row=1)
    np.testing.assert_allclose(found["X"].rate, expected)
    assert (found["X"].reason, found["X"].cases) == ("", 100)


def test_of_many_rows_every_so_many_th_draw_is_taken(monkeypatch):
    fit, table = made()
    monkeypatch.setattr(excluded, "_ENOUGH", 100)
    monkeypatch.setattr(excluded, "_FEWEST_DRAWS", 50)
    found = rates_of_excluded(fit, table, random_seed=5)["X"].rate
    assert found.sizes == {"chain": 2, "draw": 25}  # 200 draws, of which 50 are to be left
    whole = predict(
        fit, table[table["trust"] == "X"], new_providers="given_response", random_seed=5
    )
    np.testing.assert_allclose(found.mean(), whole.mean(), atol=4 * whole.std() / 50**0.5)


def test_one_that_has_what_no_other_has_says_so():
    fit, table = made()
    found = rates_of_excluded(fit, table, random_seed=5)["Y"]
    assert found.rate is None
    assert "'z'" in found.reason or "level" in found.reason


def test_what_cannot_be_drawn_leaves_its_reason(monkeypatch):
    fit, table = made()
    monkeypatch.setattr(excluded, "_MOST_ROWS", 1)
    assert "2 rows are too many" in rates_of_excluded(fit, table, random_seed=5)["X"].reason
    known = fit.spec.replace(effect_predictors=("log_volume",))
    described = type(fit)(known, fit.frame, fit.draws)
    assert "effect_predictors" in rates_of_excluded(described, table, random_seed=5)["X"].reason


@pytest.mark.parametrize(
    "rows", [[], [{"provider": "Q", "observed": None, "reason": "no activity"}]]
)
def test_without_figures_of_their_own_nothing_is_read(rows):
    fit, _ = made()
    frame = fit.frame.assign_attrs(excluded=json.dumps(rows))
    assert rates_of_excluded(type(fit)(fit.spec, frame, fit.draws), None, random_seed=1) == {}
