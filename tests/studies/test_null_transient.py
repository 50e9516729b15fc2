"""Departures in the null model: their variance, the statistic by hand, its size and power."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.estimands.hand_made import passing_fit
from tests.fits.hand_made import fit_of, make_spec
from varmodel.families import FAMILIES
from varmodel.frame import prepare
from varmodel.studies.nil import spread_p_value
from varmodel.studies.null_model import (
    fit_observed,
    read_null_model,
    simulate_tables,
    spread_statistic,
)
from varmodel.studies.null_transient import centred_for_departures, variance_of_departures

FORMS = ["share", "exposure", "measurements", "log_measurements", "positive_measurements"]
DISPERSED = {"beta_binomial": "share", "negative_binomial": "exposure"}
NONE = {"intercept": (("chain", "draw"), np.zeros((4, 5)))}
COUNTED = {"share": ("deaths", "cases"), "exposure": ("deaths", "days"), "measurements": ("los",)}


def departing(form, *, lasting, passing, providers=15, periods=6, size=200, seed=1):
    """A table of which each provider's periods depart by one sd, its lasting level by another."""
    rng = np.random.default_rng(seed)
    repeats = 12 if form == "measurements" else 1
    effect = rng.normal(0, lasting, (providers, 1)) + rng.normal(0, passing, (providers, periods))
    owner, period = (x.ravel() for x in np.indices(effect.shape).repeat(repeats, axis=2))
    eta = -1 + np.repeat(effect, repeats, axis=1).ravel() + 0.1 * period
    sizes = rng.poisson(size, len(eta)) + 1
    response = {
        "share": lambda: rng.binomial(sizes, 1 / (1 + np.exp(-eta))),
        "exposure": lambda: rng.poisson(sizes * np.exp(eta)),
        "measurements": lambda: rng.normal(eta, 2.0),
    }[form]()
    table = pd.DataFrame(
        {
            "trust": [f"P{j:02d}" for j in owner],
            "quarter": [f"200{t // 4}Q{t % 4 + 1}" for t in period],
            **dict(zip(COUNTED[form], (response, sizes), strict=False)),
        }
    )
    spec = make_spec(form, period="quarter")
    fit = fit_of(spec, prepare(spec, table), posterior=xr.Dataset(NONE))
    fit.draws.attrs["transient"] = "ar1"  # whatever the fit has
    return fit


def test_a_known_variance_is_found():
    rng = np.random.default_rng(1)
    information = rng.lognormal(2, 1, (3, 4000))
    for sd in (0.0, 0.1, 0.7):
        scale = np.sqrt(information + information**2 * sd**2)
        found = variance_of_departures(
            scale * rng.standard_normal(information.shape), information, parameters=0
        )
        np.testing.assert_allclose(found, sd**2, atol=0.005 + 0.08 * sd**2)


def test_its_equation_is_solved():
    rng = np.random.default_rng(2)
    information = np.concatenate([rng.lognormal(2, 2, (5, 60)), np.zeros((5, 3))], axis=1)
    score = rng.normal(0, 3, information.shape) * np.sqrt(information)
    found = variance_of_departures(score, information, parameters=4)
    for one, w, variance in zip(score, information, found, strict=True):
        held = w > 0
        total = (one[held] ** 2 / (w[held] + w[held] ** 2 * variance)).sum()
        assert total == pytest.approx(56, rel=1e-6)


@pytest.mark.parametrize("family", ["binomial", "poisson", "normal"])
def test_the_mean_over_departures_is_kept(family):
    row, eta, variance = FAMILIES[family], np.linspace(-3, 3, 7), 0.09
    z = np.linspace(-8, 8, 2001)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    moved = centred_for_departures(row, eta, variance=variance)
    mean = row.scale.inverse(moved[:, np.newaxis] + 0.3 * z) @ weight
    np.testing.assert_allclose(mean, row.scale.inverse(eta), rtol=2e-3, atol=1e-9)


@pytest.mark.parametrize("form", [*FORMS, *DISPERSED])
def test_the_statistic_is_that_of_the_whole_covariance(form):
    family = {"family": form} if form in DISPERSED else {}
    fit = passing_fit(DISPERSED.get(form, form), **family)
    null = read_null_model(fit)
    tables = fit_observed(null)
    cells = type(null.cells)(
        tables.response, null.cells.size, spread=null.cells.spread, error=null.cells.error
    )
    score, information = (
        function(cells, tables.eta, tables.own)[0]
        for function in (null.family.score, null.family.information)
    )
    owner, period = (fit.frame[f"{x}_index"].to_numpy() for x in ("provider", "period"))
    same = (owner[:, None] == owner) & (period[:, None] == period)
    variance = float(tables.variance[0])
    covariance = np.diag(information) + variance * np.outer(information, information) * same
    total = 0.0
    for provider in range(fit.frame.sizes["provider"]):
        own = owner == provider
        total += score[own].sum() ** 2 / covariance[np.ix_(own, own)].sum()
    assert spread_statistic(null, tables)[0] == pytest.approx(total, rel=1e-9)


@pytest.mark.parametrize("form", COUNTED)
def test_differences_of_single_periods_are_not_taken_for_lasting_ones(form):
    """Thirty tables without lasting effects: p is no smaller than chance makes it."""
    p_values = [
        spread_p_value(departing(form, lasting=0.0, passing=0.3, seed=k), random_seed=k, tables=39)
        for k in range(30)
    ]
    assert np.mean(np.array(p_values) <= 0.1) <= 0.3  # binomial, 30 of .1: 1 in 1,000 beyond
    assert 0.3 < np.mean(p_values) < 0.7


def test_lasting_differences_are_seen_among_passing_ones():
    found = departing("share", lasting=0.5, passing=0.3)
    assert spread_p_value(found, random_seed=1, tables=199) == 1 / 200


def test_a_fit_without_a_transient_is_asked_whether_anything_lasts_too():
    """Else good and bad quarters alone would be published as differences that last."""
    found, again = (departing("share", lasting=0.0, passing=0.3) for _ in range(2))
    again.draws.attrs["transient"] = "none"
    one, two = (spread_p_value(fit, random_seed=1, tables=99) for fit in (found, again))
    assert one == two > 0.05


def test_tables_of_the_null_depart_as_they_were_fitted():
    fit = departing("measurements", lasting=0.0, passing=0.5, providers=30)
    null = read_null_model(fit)
    fitted = fit_observed(null)
    drawn = simulate_tables(null, fitted, tables=200, rng=np.random.default_rng(3))
    assert np.sqrt(fitted.variance[0]) == pytest.approx(0.5, rel=0.15)
    assert drawn.variance.mean() == pytest.approx(fitted.variance[0], rel=0.05)
    assert fitted.own["residual_sd"][0, 0] == pytest.approx(2.0, rel=0.03)
    assert drawn.own["residual_sd"].mean() == pytest.approx(2.0, rel=0.03)
    np.testing.assert_allclose(drawn.psi.mean(axis=0), fitted.psi[0], atol=0.1)
