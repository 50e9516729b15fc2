"""Predictions with periods: those of the table, the one to come, providers that are new."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.fits.hand_made import TRUTH, fit_of, make_spec, whole_fit
from varmodel.errors import InputError
from varmodel.estimands import posterior_predictive, predict, provider_effects
from varmodel.fits import Fit
from varmodel.frame import prepare, simulate

PERIODS, SD, RHO, TAU, NOISE = 4, 0.6, 0.5, 0.8, 2.0
QUARTERS = ["2006Q1", "2006Q2", "2006Q3", "2006Q4", "2007Q1"]


def fit_with_periods(
    form="measurements", *, shape=(4, 500), transient="ar1", periods=PERIODS, **fields
):
    """Draws of a model whose scales are known, levels of the periods all nought."""
    kind = {} if form == "published" else {"rows": "records"}
    spec = make_spec(form, period="quarter", **kind, **fields)
    table = simulate(
        spec, providers=6, periods=periods, mean_denominator=30, truth=TRUTH[form], random_seed=1
    ).table
    frame, rng = prepare(spec, table), np.random.default_rng(2)
    one = whole_fit(form, shape=shape, providers=6).posterior
    known = one[["intercept", *(["residual_sd"] if "residual_sd" in one else [])]] * 0
    effects = rng.normal(0, 0.2, (*shape, 6)), rng.normal(0, 0.2, (*shape, 6, periods))
    dims = ("chain", "draw")
    posterior = known.assign(
        coefficients=((*dims, "term"), np.zeros((*shape, frame.sizes["term"]))),
        provider_sd=known["intercept"] + TAU,
        provider_effect=((*dims, "provider"), effects[0]),
        transient_sd=known["intercept"] + SD,
        transient_effect=((*dims, "provider", "period"), effects[1]),
    ).assign_coords({name: frame[name].to_numpy() for name in ("provider", "term", "period")})
    if transient == "ar1":
        posterior["transient_rho"] = known["intercept"] + RHO
    if "residual_sd" in known:
        posterior["residual_sd"] = known["residual_sd"] + NOISE
    fit = fit_of(spec, frame, posterior=posterior)
    fit.draws.attrs["transient"] = transient
    return fit


def rows(provider, quarters, **columns):
    return pd.DataFrame({"trust": provider, "quarter": quarters, **columns})


def flat(x):
    return x.to_numpy().reshape(-1, x.shape[-1])


def test_rows_hold_what_passes_in_their_period_and_in_the_one_to_come():
    fit = fit_with_periods()
    own = fit.frame["provider"].to_numpy()[2]
    found = flat(predict(fit, rows([own] * 5, QUARTERS[::-1])))[:, ::-1]
    by_period = provider_effects(fit, part="period").sel(provider=own)
    np.testing.assert_allclose(found[:, :4], flat(by_period), atol=1e-12)
    coming = provider_effects(fit, part="next").sel(provider=own)
    np.testing.assert_allclose(found[:, 4], coming.to_numpy().ravel(), atol=1e-12)


def test_a_response_to_come_has_its_noise_about_its_rate():
    fit = fit_with_periods()
    table = rows(fit.frame["provider"].to_numpy(), QUARTERS[4])
    rate, response = predict(fit, table), predict(fit, table, kind="response", random_seed=4)
    scores = flat(response - rate) / NOISE
    assert stats.kstest(scores.ravel(), stats.norm.cdf).pvalue > 0.01


def test_two_periods_ahead_are_refused_with_or_without_a_transient():
    fit = fit_with_periods(shape=(2, 20))
    own = fit.frame["provider"].to_numpy()[:1]
    for transient in ("ar1", "none"):
        fit.draws.attrs["transient"] = transient
        assert np.isfinite(predict(fit, rows(own, "2007Q1"))).all()
        with pytest.raises(InputError, match=r"PERIOD\.FORMAT"):
            predict(fit, rows(own, "2007Q2"))


@pytest.mark.parametrize("transient", ["iid", "ar1"])
def test_a_new_provider_passes_by_the_same_distribution(transient):
    fit = fit_with_periods(transient=transient)
    table = rows(["New"] * 3 + ["Other"], [QUARTERS[k] for k in (0, 1, 4, 0)])
    found = flat(predict(fit, table, new_providers="population", random_seed=3))
    rho = RHO if transient == "ar1" else 0.0
    lags = np.abs(np.subtract.outer([0, 1, 4], [0, 1, 4]))
    whole = np.zeros((4, 4))
    whole[:3, :3] = TAU**2 + SD**2 * rho**lags
    whole[3, 3] = TAU**2 + SD**2
    np.testing.assert_allclose(np.cov(found.T), whole, atol=0.12)


def test_a_new_provider_given_its_responses_is_the_closed_form():
    fit = fit_with_periods()
    quarters = [QUARTERS[0]] * 5 + [QUARTERS[2]] * 9 + [QUARTERS[4]]
    values = [*np.linspace(0, 2, 5), *np.linspace(2, 4, 9), -1.0]
    found = predict(
        fit, rows("New", quarters, los=values), new_providers="given_response", random_seed=3
    )
    places, counts = np.array([0, 2, 4]), np.array([5, 9, 1])
    prior = TAU**2 + SD**2 * RHO ** np.abs(np.subtract.outer(places, places))
    covariance = np.linalg.inv(np.linalg.inv(prior) + np.diag(counts) / NOISE**2)
    mean = covariance @ (counts / NOISE**2 * np.array([1.0, 3.0, -1.0]))
    drawn = flat(found)[:, [0, 5, 14]]
    for k in range(3):
        expected = stats.norm(mean[k], covariance[k, k] ** 0.5)
        assert stats.kstest(drawn[:, k], expected.cdf).pvalue > 0.01
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.05)


def test_a_new_providers_counts_are_the_quadratures():
    fit = fit_with_periods("share")
    table = rows("New", [QUARTERS[0], QUARTERS[1]], deaths=[3, 0], cases=[8, 5])
    found = flat(predict(fit, table, new_providers="given_response", random_seed=3))
    b = np.linspace(-6, 6, 401)
    one, two = np.meshgrid(b, b, indexing="ij")
    covariance = TAU**2 + SD**2 * np.array([[1, RHO], [RHO, 1]])
    prior = stats.multivariate_normal(np.zeros(2), covariance).pdf(np.stack([one, two], axis=-1))
    p, q = 1 / (1 + np.exp(-one)), 1 / (1 + np.exp(-two))
    density = prior * stats.binom.pmf(3, 8, p) * stats.binom.pmf(0, 5, q)
    density /= density.sum()
    for k, rate in enumerate((p, q)):
        mean = (density * rate).sum()
        sd = np.sqrt((density * rate**2).sum() - mean**2)
        assert found[:, k].mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(2000))
        assert found[:, k].std() == pytest.approx(sd, rel=0.1)


def test_a_student_t_of_many_degrees_of_freedom_is_as_normal_where_responses_are_given():
    fit = fit_with_periods(shape=(2, 400))
    spec = fit.spec.replace(effect="student_t")
    draws = fit.draws.copy()
    group = draws["posterior"].to_dataset()
    draws["posterior"] = group.assign(effect_nu=0 * group["intercept"] + 1e6)
    table = rows("New", QUARTERS[:2], los=[1.0, 2.0])
    how = {"new_providers": "given_response", "random_seed": 1}
    other, normal = (predict(x, table, **how) for x in (Fit(spec, fit.frame, draws), fit))
    np.testing.assert_allclose(other, normal, atol=1e-3)


@pytest.mark.parametrize(("providers", "variance"), [("same", 0.08), ("new", TAU**2 + SD**2)])
def test_replicated_tables_hold_what_passes(providers, variance):
    fit = fit_with_periods()
    found = posterior_predictive(fit, providers=providers, random_seed=1)
    noise = NOISE**2 / fit.frame["measurements"]
    scores = found.var(("chain", "draw")) / (variance + noise)
    assert float(scores.mean()) == pytest.approx(1.0, abs=0.04)
    one, two = (int(np.flatnonzero(fit.frame["provider_index"] == 0)[k]) for k in (0, 1))
    together = np.cov(found.to_numpy()[..., one].ravel(), found.to_numpy()[..., two].ravel())[0, 1]
    expected = 0.04 if providers == "same" else TAU**2 + SD**2 * RHO
    assert together == pytest.approx(expected, abs=0.08)
