"""Which transient a frame can tell from lasting effects and from noise."""

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import DesignError
from varmodel.families import FORMS
from varmodel.frame import calendar, pin_transient, prepare, simulate, transient_of
from varmodel.inference import fit
from varmodel.spec import load_model

QUARTERS = ["2006Q1", "2006Q2", "2006Q3", "2006Q4", "2007Q1", "2007Q2"]


def panel(periods=3, *, rows=2, providers=6, each=None, **columns):
    """Give every provider so many rows in each of its periods; a row is a ward."""
    rng = np.random.default_rng(1)
    keys = [
        (f"RA{j}", QUARTERS[t], str(row))
        for j in range(providers)
        for t in (range(periods) if each is None else each[j])
        for row in range(rows)
    ]
    table = pd.DataFrame(keys, columns=["trust", "quarter", "ward"])
    cases = rng.integers(30, 90, len(table))
    figures = {
        "deaths": rng.binomial(cases, 0.2),
        "cases": cases,
        "los": rng.normal(5, 1, len(cases)),
    }
    return table.assign(**figures, **columns)


def spec(form="share", **fields):
    return make_model(form, **{"period": "quarter", "rows": "records", **fields})


def taken(model, table):
    return transient_of(model, prepare(model, table))


def problem(model, table):
    with pytest.raises(DesignError) as caught:
        prepare(model, table)
    assert caught.value.code == "DESIGN.IDENTIFICATION"
    assert caught.value.where.column == "transient"
    return str(caught.value)


def test_auto_takes_an_ar1_from_two_periods():
    assert taken(spec(), panel(1)) == "none"
    assert taken(spec(), panel(2)) == "ar1"
    assert taken(spec(period=None), panel(2)) == "none"
    assert taken(spec(transient="none"), panel(2)) == "none"


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        ({"form": "measurements"}, 1),
        ({"family": "beta_binomial"}, 3),  # its unit is the provider and the period
        ({"family": "beta_binomial", "dispersion_unit": ("trust", "quarter", "ward")}, 1),
    ],
)
def test_one_measurement_or_unit_a_period_needs_six_periods(fields, rows):
    assert taken(spec(**fields), panel(5, rows=rows)) == "none"
    assert taken(spec(**fields), panel(6, rows=rows)) == "ar1"
    one = problem(spec(transient="iid", **fields), panel(6, rows=rows))
    assert ("one dispersion unit" if "family" in fields else "one measurement") in one
    assert taken(spec(transient="ar1", **fields), panel(2, rows=rows)) == "ar1"


def test_several_in_a_period_are_told_apart():
    units = {"family": "beta_binomial", "dispersion_unit": ("trust", "quarter", "ward")}
    for fields in ({"form": "measurements"}, units):
        assert taken(spec(**fields), panel(2)) == "ar1"
        assert taken(spec(transient="iid", **fields), panel(2)) == "iid"
    assert taken(spec(transient="iid"), panel(2, rows=1)) == "iid"  # chance is known of counts


@pytest.mark.filterwarnings("ignore::varmodel.VarmodelWarning")
@pytest.mark.parametrize("declared", ["iid", "ar1"])
def test_one_period_tells_nothing_of_what_passes(declared):
    model = spec(transient=declared)
    assert "one period a provider" in problem(model, panel(1))
    assert "one period a provider" in problem(spec(period=None, transient=declared), panel(3))
    moved = panel(each=[[j % 3] for j in range(6)])  # each reports once, not all at the same time
    assert "one period a provider" in problem(model, moved)
    assert taken(spec(), moved) == "none"
    with pytest.raises(DesignError, match="one period a provider"):
        fit(model, prepare(spec(), panel(1)), random_seed=1)


@pytest.mark.filterwarnings("ignore::varmodel.VarmodelWarning")
def test_lags_are_those_of_the_calendar():
    frame = prepare(spec(), panel(each=[[0, 1, 5]] * 5 + [[1, 4]]))
    assert calendar(frame).tolist() == [0, 1, 4, 5]


@pytest.mark.parametrize("form", FORMS)
def test_simulated_departures_have_the_moments_of_their_law(form):
    model = make_model(form, period="quarter", transient="ar1")
    truth = {"transient_sd": 0.2, "transient_rho": -0.7, "provider_sd": 0.0, "intercept": 0.2}
    made = simulate(model, providers=900, periods=5, truth=truth, random_seed=3)
    v = made.truth["transient_effect"]
    assert v.dims == ("provider", "period")
    assert list(v["period"].to_numpy()) == QUARTERS[:5]
    np.testing.assert_allclose(v.to_numpy().std(axis=0), 0.2, rtol=0.08)
    lagged = [np.corrcoef(v[:, 0], v[:, lag])[0, 1] for lag in (1, 2, 3)]
    np.testing.assert_allclose(lagged, [-0.7, 0.49, -0.343], atol=0.08)
    assert transient_of(model, prepare(model, made.table)) == "ar1"


def test_the_true_rate_is_the_mean_over_what_passes():
    rates = {}
    for form in ("share", "exposure", "measurements"):
        model = make_model(form, period="quarter", transient="iid")
        given = {"intercept": -1.0, "provider_sd": 0.0, "coefficients": [0.0]}
        truth = {**given, "transient_sd": 0.8}
        made = simulate(model, providers=5, periods=2, truth=truth, random_seed=1)
        rates[form] = float(made.truth["rate"][0])
    departures = np.random.default_rng(1).normal(0, 0.8, 1_000_000)
    assert rates["measurements"] == -1.0
    assert rates["exposure"] == pytest.approx(np.exp(-1 + 0.8**2 / 2))
    assert rates["share"] == pytest.approx(np.mean(1 / (1 + np.exp(1 - departures))), abs=1e-3)


def test_priors_go_with_the_transient_that_they_are_of():
    half, beta = {"dist": "half_normal", "sigma": 0.3}, {"dist": "beta", "alpha": 4, "beta": 2}
    names = ("provider_sd", "transient_sd", "transient_rho")
    spec = load_model("sickness_absence_rate")
    spec = spec.replace(priors=dict(zip(names, (half, half, beta), strict=True)))
    for transient, held in (("none", 1), ("iid", 2), ("ar1", 3), ("auto", 3)):
        found = pin_transient(spec, transient)
        assert (found.transient, set(found.priors)) == (transient, set(names[:held]))
