"""What passes: its distribution over the calendar, and a share that is declared for one period."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from tests.estimands.hand_made import passing_fit, random_fit
from varmodel.errors import SpecError
from varmodel.estimands import adjusted_rates, predict, provider_effects, reliability
from varmodel.estimands.draws.stacked import draws_of
from varmodel.estimands.draws.transient import (
    StackedTransient,
    read_transient,
    require_transient,
    transient_among,
)
from varmodel.fits import Fit
from varmodel.studies.null_model import read_null_model

EVERY = slice(None)


def test_paths_are_stationary_with_the_lags_of_the_calendar():
    places, draws = np.array([3.0, 4.0, 7.0]), 40_000
    passing = StackedTransient(
        np.full(draws, 0.5), np.full(draws, 0.8), np.zeros((draws, 1, 3)), places
    )
    rng = np.random.default_rng(1)
    path = passing.paths(EVERY, count=1, rng=rng)[:, 0]
    coming = passing.following(path[:, 2:], draws=EVERY, rng=rng)
    found = np.cov(np.column_stack([path, coming]).T)
    lags = np.abs(np.subtract.outer([3, 4, 7, 8], [3, 4, 7, 8]))
    np.testing.assert_allclose(found, 0.25 * 0.8**lags, atol=0.006)


def test_an_independent_transient_passes_nothing_on():
    passing = read_transient(passing_fit(transient="iid"))
    np.testing.assert_array_equal(passing.passed_on(EVERY), 0.0)
    kept = read_transient(passing_fit()).passed_on(slice(0, 2))
    rho = draws_of(passing_fit(), "transient_rho")[:2]
    np.testing.assert_allclose(kept, np.stack([0 * rho, rho, rho, rho**2], axis=1))


def test_a_posterior_says_by_its_names_what_passes():
    assert transient_among(["intercept", "provider_sd"]) == "none"
    assert transient_among(["transient_sd"]) == "iid"
    assert transient_among(["transient_rho", "transient_sd"]) == "ar1"
    with pytest.raises(SpecError, match=r'transient = "ar1"'):
        require_transient(random_fit(), "something")


def one_period(form="exposure"):
    """A fit without a period column, its effects parted by a declared share."""
    fit = random_fit(form)
    group, rng = fit.posterior, np.random.default_rng(2)
    passing = rng.normal(0, 0.2, (2, 20, 30, 1))
    group = group.assign(
        transient_sd=group["provider_sd"] / 2,
        transient_effect=(("chain", "draw", "provider", "period"), passing),
    ).assign_coords(period=["all"])
    draws = fit.draws.copy()
    draws["posterior"] = xr.DataTree(group)
    draws.attrs["transient"] = "iid"
    return Fit(fit.spec, fit.frame, draws)


def test_one_period_may_hold_what_passes():
    fit = one_period()
    both = provider_effects(fit, part="period").isel(period=0)
    np.testing.assert_allclose(
        both, fit.posterior["transient_effect"][..., 0] + fit.posterior["provider_effect"]
    )
    period, lasting = (adjusted_rates(fit, part=part) for part in ("period", "persistent"))
    gap = fit.posterior["transient_effect"][..., 0] - fit.posterior["transient_sd"] ** 2 / 2
    np.testing.assert_allclose(np.log(period.isel(period=0) / lasting), gap, atol=1e-12)
    assert np.isfinite(adjusted_rates(fit, part="next")).all()
    assert reliability(fit).mean() < reliability(random_fit("exposure")).mean() - 0.05
    assert read_null_model(fit).units is None  # of one period there is nothing to tell


def test_predictions_of_one_period_hold_what_passes_in_it():
    import pandas as pd

    fit = one_period("share")
    fit = Fit(fit.spec, fit.frame.assign_attrs(terms="[]").isel(term=[], pattern=[0]), fit.draws)
    fit.frame["term_mean"], fit.frame["term_sd"] = ("term", []), ("term", [])
    found = predict(fit, pd.DataFrame({"trust": ["T0003"]})).to_numpy()[..., 0]
    at = (
        fit.posterior["intercept"]
        + provider_effects(fit, part="period").sel(provider="T0003")[..., 0]
    )
    np.testing.assert_allclose(found, expit(at.to_numpy()))
