"""The last period left out: scores by the definition, and what a model without time claims."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from tests.fits.hand_made import fit_of, make_spec
from varmodel.errors import InputError, SpecError
from varmodel.frame import prepare
from varmodel.frame.new.rows import read_new_rows
from varmodel.studies import forecast, score_forecast
from varmodel.studies.forecast import Forecast

PROVIDERS, TAU, SD = 30, 0.3, 0.4
FIELDS = ("numerator", "denominator")


@pytest.fixture
def known(monkeypatch):
    """Fit by what is known: draws of lasting effects given each provider's own mean."""

    def sample(spec, frame, *, random_seed, draws, chains, progressbar):
        del progressbar
        rng, shape = np.random.default_rng(random_seed), (chains, draws)
        dims = ("chain", "draw")
        noise = 1 / np.bincount(frame["provider_index"], frame["standard_error"] ** -2.0)
        transient = spec.title != "without"
        spread = SD**2 / 3 + noise if transient else noise
        share = TAU**2 / (TAU**2 + spread)
        mean = share * (frame["observed"].to_numpy() - 5.0)
        effect = mean + np.sqrt(share * spread) * rng.normal(size=(*shape, PROVIDERS))
        variables = {
            "intercept": (dims, np.full(shape, 5.0)),
            "coefficients": ((*dims, "term"), np.zeros((*shape, frame.sizes["term"]))),
            "provider_sd": (dims, np.full(shape, TAU)),
            "provider_effect": ((*dims, "provider"), effect),
        }
        if transient:
            zero = np.zeros((*shape, PROVIDERS, frame.sizes["period"]))
            variables |= {"transient_sd": (dims, np.full(shape, SD))}
            variables |= {"transient_effect": ((*dims, "provider", "period"), zero)}
        coords = {name: frame[name].to_numpy() for name in ("provider", "term", "period")}
        fit = fit_of(spec, frame, posterior=xr.Dataset(variables, coords=coords))
        fit.draws.attrs["transient"] = "iid" if transient else "none"
        return fit

    monkeypatch.setattr(forecast, "sample", sample)
    monkeypatch.setattr(forecast, "without_time", lambda spec: spec.replace(title="without"))


def table(seed=1, *, periods=4, error=0.05):
    rng = np.random.default_rng(seed)
    lasting = rng.normal(0, TAU, PROVIDERS)
    value = 5 + lasting[:, None] + rng.normal(0, SD, (PROVIDERS, periods))
    value += rng.normal(0, error, value.shape)
    owner, period = np.indices(value.shape)
    return pd.DataFrame(
        {
            "trust": [f"P{j:02d}" for j in owner.ravel()],
            "quarter": [f"2006Q{t + 1}" for t in period.ravel()],
            "rate": value.ravel(),
            "se": error,
        }
    )


SPEC = make_spec("published", period="quarter")


@pytest.mark.usefixtures("known")
def test_a_model_of_time_claims_what_it_can_and_one_without_too_much():
    found = [score_forecast(SPEC, table(seed), random_seed=seed) for seed in range(8)]
    assert all(isinstance(one, Forecast) and one.period == "2006Q4" for one in found)
    whole = pd.concat([one.table for one in found]).groupby("method").mean()
    assert whole["providers"].tolist() == [PROVIDERS] * 3
    assert whole.loc["full", "covered"] == pytest.approx(0.91, abs=0.05)
    assert whole.loc["shrunken", "covered"] < 0.5
    assert whole.loc["raw", "covered"] < 0.5
    assert whole.loc["full", "log_score"] > whole.loc["shrunken", "log_score"] + 10
    assert whole.loc["full", "places"] > whole.loc["shrunken", "places"]


@pytest.mark.usefixtures("known")
def test_the_log_scores_are_those_of_the_predictive_distribution():
    made = table(error=0.2)
    found = score_forecast(SPEC, made, random_seed=1, draws=6_000).table.set_index("method")
    before = prepare(SPEC, made[made["quarter"] < "2006Q4"])
    held = made[made["quarter"] == "2006Q4"].set_index("trust")["rate"]
    last = held.loc[before["provider"].to_numpy()].to_numpy()
    observed = before["observed"].to_numpy()
    raw = stats.norm(observed, 0.2).logpdf(last).sum()
    assert found.loc["raw", "log_score"] == pytest.approx(raw, abs=1e-6)
    share = TAU**2 / (TAU**2 + SD**2 / 3 + 0.2**2 / 3)
    sd = np.sqrt(share * (SD**2 + 0.2**2) / 3 + SD**2 + 0.2**2)
    full = stats.norm(5 + share * (observed - 5), sd).logpdf(last).sum()
    assert found.loc["full", "log_score"] == pytest.approx(full, abs=0.2)


@pytest.mark.usefixtures("known")
def test_what_cannot_be_left_out_is_refused(tmp_path):
    with pytest.raises(SpecError, match="period column"):
        score_forecast(make_spec("published"), table(), random_seed=1)
    with pytest.raises(SpecError, match="in memory"):
        score_forecast(SPEC, tmp_path / "x.csv", random_seed=1)
    with pytest.raises(SpecError, match="prob"):
        score_forecast(SPEC, table(), random_seed=1, prob=1)
    with pytest.raises(InputError, match=r"SCHEMA\.MISSING"):
        score_forecast(SPEC, table().rename(columns={"quarter": "when"}), random_seed=1)


@pytest.mark.usefixtures("known")
def test_the_last_period_is_that_of_the_rows_that_the_model_reads():
    """Another measure goes on for a quarter; its rows are no part of the model's table."""
    both = pd.concat(
        [
            table().assign(measure="ours"),
            table(2, periods=1).assign(measure="other", quarter="2007Q1"),
        ]
    )
    spec = SPEC.replace(where={"measure": "ours"})
    found = score_forecast(spec, both, random_seed=1)
    assert found.period == "2006Q4"
    assert found.table.equals(score_forecast(SPEC, table(), random_seed=1).table)


@pytest.mark.usefixtures("known")
def test_figures_of_a_code_that_is_no_more_are_those_of_its_successor():
    """A merger after the table's end: the last quarter still has the old code."""
    found = score_forecast(
        SPEC.replace(successors={"X00": "P00"}),
        table().replace({"trust": {"P00": "X00"}}),
        random_seed=1,
    )
    assert found.table["providers"].tolist() == [PROVIDERS] * 3


@pytest.mark.usefixtures("known")
def test_years_before_the_last_that_may_be_months_are_years():
    names = {"2006Q1": "2009-10", "2006Q2": "2010-11", "2006Q3": "2011-12", "2006Q4": "2012-13"}
    found = score_forecast(SPEC, table().replace({"quarter": names}), random_seed=1)
    assert found.period == "2012-13"
    years = {"2006Q1": "2006-07", "2006Q2": "2007-08", "2006Q3": "2008-09", "2006Q4": "2009-10"}
    with pytest.raises(InputError, match="AMBIGUOUS"):
        score_forecast(SPEC, table().replace({"quarter": years}), random_seed=1)


def test_who_has_no_case_in_the_period_is_not_scored():
    """Its place among others would be held by every interval."""
    spec = make_spec()
    rows = pd.DataFrame({"trust": list("ABCD"), "deaths": [3, 0, 5, 9], "cases": [10, 0, 30, 40]})
    frame = prepare(spec, rows.assign(cases=[10, 20, 30, 40]))
    held = forecast._Held.read(spec, read_new_rows(spec, frame, table=rows, fields=FIELDS))
    assert held.ranked.tolist() == [True, False, True, True]
    assert held.ranks(held.cells.response[np.newaxis]).tolist() == [[1, 3, 2]]
