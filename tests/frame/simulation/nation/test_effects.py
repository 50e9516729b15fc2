"""How effects hang together over indicators and quarters."""

import numpy as np
import pytest

from varmodel.frame.simulation.nation import correlations, displacing, draw_register
from varmodel.frame.simulation.nation.effects import (
    DEPARTURE_RHO,
    draw_shortfalls,
    draw_transients,
    loadings_of,
)
from varmodel.spec import load_model

GROUPS = {
    "day_case_rate": "clinical",
    "readmission_30_day_rate": "clinical",
    "length_of_stay": "clinical",
    "sickness_absence_rate": "workforce",
}


@pytest.fixture(scope="module")
def many():
    return draw_register("trust", 20_000, quarters=6, random_seed=4)


def test_shortfalls_correlate_as_declared(many):
    names = list(GROUPS)
    declared = correlations(names, GROUPS)
    drawn = np.stack([draw_shortfalls(many, loadings_of(name, GROUPS)) for name in names])
    np.testing.assert_allclose(np.diag(declared), 1)
    np.testing.assert_allclose(drawn.std(axis=1), 1, atol=0.02)
    np.testing.assert_allclose(np.corrcoef(drawn), declared, atol=0.025)  # 3.5 errors


def test_indicators_of_a_group_are_more_alike_and_a_displaced_one_less():
    names = list(GROUPS)
    day, back, stay, absence = correlations(names, GROUPS)[:, 0]
    assert (day, stay, absence) == pytest.approx((1, 0.4, 0.15))
    assert back < stay
    assert displacing(names) == [("day_case_rate", "readmission_30_day_rate")]
    assert displacing(names[1:]) == []


def test_departures_pass_from_quarter_to_quarter(many):
    drawn = draw_transients(many, load_model("length_of_stay"), sd=0.2, rho=DEPARTURE_RHO)
    np.testing.assert_allclose(drawn.std(axis=0), 0.2, rtol=0.03)
    lags = [np.corrcoef(drawn[:, 0], drawn[:, k])[0, 1] for k in (1, 2, 3)]
    np.testing.assert_allclose(lags, DEPARTURE_RHO ** np.array([1, 2, 3]), atol=0.03)
