"""The model without providers: its estimate, its statistic, its tables."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats

from tests.fits.hand_made import TRUTH, whole_fit
from tests.frame.hand_made import make_model, make_table
from varmodel.families import Prior
from varmodel.fits import Fit
from varmodel.frame import prepare, simulate
from varmodel.studies.null_model import (
    fit_observed,
    read_null_model,
    simulate_tables,
    spread_statistic,
)

WEAK = {
    "intercept": Prior("normal", sigma=1e6),
    "coefficients": Prior("normal", sigma=1e6),
}
TERMS = ("age", "sex")


def weak(form, case_mix=TERMS):
    fit = whole_fit(form, case_mix=case_mix)
    priors = {**WEAK, "provider_sd": Prior("half_normal", sigma=1)}
    return Fit(fit.spec.replace(priors=priors), fit.frame, fit.draws)


def design_of(frame):
    return sm.add_constant(frame["design"].to_numpy()[frame["pattern_index"].to_numpy()])


def glm(fit):
    """Fit what the null model is, by statsmodels."""
    frame, x = fit.frame, design_of(fit.frame)
    if fit.spec.family == "binomial":
        events, trials = frame["events"].to_numpy(), frame["trials"].to_numpy()
        kept = trials > 0
        share = (events / np.where(kept, trials, 1))[kept]
        return sm.GLM(share, x[kept], sm.families.Binomial(), var_weights=trials[kept]).fit()
    if fit.spec.family == "poisson":
        offset = np.log(frame["expected"].to_numpy())
        return sm.GLM(frame["events"].to_numpy(), x, sm.families.Poisson(), offset=offset).fit()
    weight, response = frame["measurements"].to_numpy(), frame[fit.spec.form.response].to_numpy()
    if fit.spec.family == "gamma":
        gamma = sm.families.Gamma(sm.families.links.Log())
        return sm.GLM(response, x, gamma, var_weights=weight).fit(tol=1e-12)
    return sm.WLS(response, x, weights=weight).fit()


MEASURED = ["measurements", "log_measurements", "positive_measurements"]


@pytest.mark.parametrize("form", ["share", "expected", *MEASURED])
def test_with_weak_priors_it_is_the_generalised_linear_model(form):
    fit = weak(form)
    null = read_null_model(fit)
    tables = fit_observed(null)
    np.testing.assert_allclose(tables.psi[0], glm(fit).params, rtol=1e-5, atol=1e-7)
    eta = design_of(fit.frame) @ tables.psi[0]
    np.testing.assert_allclose(tables.eta[0], eta)


def test_the_residual_sd_is_that_of_the_single_measurements():
    fit = weak("measurements")
    tables = fit_observed(read_null_model(fit))
    frame = fit.frame
    squares = (
        frame["sum_of_squares"].sum()
        + (frame["measurements"] * (frame["mean"] - tables.eta[0]) ** 2).sum()
    )
    freedom = frame["measurements"].sum() - tables.psi.shape[1]
    assert tables.own["residual_sd"][0, 0] == pytest.approx(float(np.sqrt(squares / freedom)))


def test_the_residual_sd_of_logs_is_that_of_the_single_logs():
    fit = weak("log_measurements")
    tables, made = fit_observed(read_null_model(fit)), simulated("log_measurements")
    frame = fit.frame
    gap = np.log(made["los"]) - tables.eta[0][cell_of(frame, made)]
    freedom = frame["measurements"].sum() - tables.psi.shape[1]
    assert tables.own["residual_sd"][0, 0] == pytest.approx(
        float(np.sqrt((gap**2).sum() / freedom))
    )


def test_the_residual_sd_of_a_gamma_is_the_likeliest_of_the_single_measurements():
    """But for the degrees of freedom, which the coefficients take."""
    fit = weak("positive_measurements")
    tables, made = fit_observed(read_null_model(fit)), simulated("positive_measurements")
    ratio = made["los"] / np.exp(tables.eta[0][cell_of(fit.frame, made)])
    kappa = stats.gamma.fit(ratio, floc=0)[0]
    half = (ratio - 1 - np.log(ratio)).sum() / (len(ratio) - tables.psi.shape[1])
    found = tables.own["residual_sd"][0, 0] ** -2
    assert np.log(found) - special.digamma(found) == pytest.approx(half, rel=1e-9)
    assert found == pytest.approx(kappa, rel=0.02)


def simulated(form):
    """The table behind :func:`weak`."""
    spec = whole_fit(form, case_mix=TERMS).spec
    truth = {"truth": TRUTH[form], "random_seed": 1}
    return simulate(spec, providers=12, mean_denominator=100, **truth).table


def cell_of(frame, table):
    """The cell of each row of a table."""
    keys = frame["provider"].to_numpy()[frame["provider_index"].to_numpy()]
    x = frame["design"].to_numpy()[frame["pattern_index"].to_numpy()]
    rounded = zip(keys, np.round(x, 6), strict=True)
    labels = {(key, *row): cell for cell, (key, row) in enumerate(rounded)}
    rows = (table[["age", "sex"]].to_numpy() - frame["term_mean"].to_numpy()) / frame[
        "term_sd"
    ].to_numpy()
    return [labels[key, *np.round(row, 6)] for key, row in zip(table["trust"], rows, strict=True)]


def test_published_values_are_weighted_by_their_errors():
    fit = weak("published", case_mix=())
    tables = fit_observed(read_null_model(fit))
    weight = fit.frame["standard_error"].to_numpy() ** -2.0
    mean = np.average(fit.frame["value"], weights=weight)
    assert tables.psi[0] == pytest.approx([mean])


def test_the_prior_is_part_of_the_estimate():
    strong = {"intercept": Prior("normal", mu=0.7, sigma=1e-4)}
    fit = whole_fit(priors=strong)
    assert fit_observed(read_null_model(fit)).psi[0] == pytest.approx([0.7], abs=1e-3)


@pytest.mark.parametrize("form", ["share", "expected", *MEASURED, "published"])
def test_the_statistic_by_hand(form):
    terms = () if form == "published" else TERMS
    fit = whole_fit(form, case_mix=terms)
    frame = fit.frame
    tables = fit_observed(read_null_model(fit))
    eta, total = tables.eta[0], 0.0
    for provider in range(12):
        own = frame["provider_index"].to_numpy() == provider
        if form == "share":
            p, n = 1 / (1 + np.exp(-eta[own])), frame["trials"].to_numpy()[own]
            gap, variance = frame["events"].to_numpy()[own] - n * p, n * p * (1 - p)
        elif form == "expected":
            variance = frame["expected"].to_numpy()[own] * np.exp(eta[own])
            gap = frame["events"].to_numpy()[own] - variance
        elif form in MEASURED:
            n, mean = (
                frame[name].to_numpy()[own] for name in ("measurements", fit.spec.form.response)
            )
            away = mean / np.exp(eta[own]) - 1 if fit.spec.family == "gamma" else mean - eta[own]
            sd = tables.own["residual_sd"][0, 0]
            gap, variance = n * away, n * sd**2
        else:
            error = frame["standard_error"].to_numpy()[own]
            gap, variance = (frame["value"].to_numpy()[own] - eta[own]) / error**2, error**-2.0
        total += gap.sum() ** 2 / variance.sum()
    assert spread_statistic(read_null_model(fit), tables)[0] == pytest.approx(total, rel=1e-9)


def draw(fit, count=200, seed=1):
    null = read_null_model(fit)
    fitted = fit_observed(null)
    drawn = simulate_tables(null, fitted, tables=count, rng=np.random.default_rng(seed))
    return null, fitted, drawn


@pytest.mark.parametrize("form", ["share", "expected", *MEASURED])
def test_every_simulated_table_is_at_its_own_mode(form):
    """Rare events in a small stratum: tables differ much in curvature."""
    fit = whole_fit(form, case_mix=TERMS)
    if form == "expected":
        events = fit.frame["events"].where(fit.frame["pattern_index"] > 0, 0)
        fit = Fit(fit.spec, fit.frame.assign(events=events), fit.draws)
    null, _, block = draw(fit)
    cells = type(null.cells)(
        block.response, null.cells.size, spread=null.cells.spread, error=null.cells.error
    )
    score = null.family.score(cells, block.eta, null.own) @ null.design[null.pattern_index]
    gradient = score - (block.psi - null.prior_mean) * null.prior_precision
    size = null.family.information(cells, block.eta, null.own).sum(axis=1, keepdims=True)
    assert np.abs(gradient / size).max() < 1e-6


def rare(events):
    """Two strata, one with few cases and fewer events."""
    count = 8
    return make_table(
        trust=[f"R{number}" for number in range(count) for _ in range(2)],
        sex=list("FM") * count,
        deaths=[value for event in events for value in (20, event)],
        cases=[100, 8] * count,
    )


def test_tables_with_many_more_rare_events_than_the_mean_converge():
    spec = make_model(case_mix=("sex",), priors=WEAK)
    frame = prepare(spec, rare([0, 0, 0, 1, 0, 0, 0, 0]))
    fit = Fit(spec, frame, whole_fit().draws)
    _, _, block = draw(fit, count=500)
    events = block.response[:, 1::2].sum(axis=1)
    assert events.max() >= 4
    some = events > 0
    eta = block.eta[some, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-eta)), events[some] / 64, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:DESIGN.SEPARATION")
def test_separation_has_a_finite_estimate():
    spec = make_model(case_mix=("sex",))
    frame = prepare(spec, rare([0] * 8))
    tables = fit_observed(read_null_model(Fit(spec, frame, whole_fit().draws)))
    assert np.isfinite(tables.psi).all()
    assert tables.eta[0, 1] < -3


@pytest.mark.parametrize("form", MEASURED)
def test_tables_scatter_as_measurements_drawn_one_by_one(form):
    """Means and spreads of cells are drawn for their measurements: the residual sd agrees."""
    fit = whole_fit(form, case_mix=TERMS)
    null, fitted, block = draw(fit, count=400)
    rng, size = np.random.default_rng(2), null.cells.size.astype(int)
    eta, sd = np.repeat(fitted.eta[0], size), fitted.own["residual_sd"][0, 0]
    single = null.family.draw(
        rng, type(null.cells)(eta, np.ones(len(eta))), np.tile(eta, (400, 1)), {"residual_sd": sd}
    )
    if form == "positive_measurements":
        half = (single / np.exp(eta) - 1 - np.log(single) + eta).mean(axis=1)
        by_one = null.family.residual.estimate(half)
    else:
        by_one = np.sqrt(((single - eta) ** 2).mean(axis=1))
    assert stats.ks_2samp(block.own["residual_sd"][:, 0], by_one).pvalue > 0.01


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_scale_of_measurements_does_not_matter(scale):
    fit = whole_fit("measurements", case_mix=TERMS)
    frame = fit.frame.assign(
        mean=fit.frame["mean"] * scale, sum_of_squares=fit.frame["sum_of_squares"] * scale**2
    ).assign_attrs(
        pooled_mean=fit.frame.attrs["pooled_mean"] * scale,
        pooled_sd=fit.frame.attrs["pooled_sd"] * scale,
    )
    null = read_null_model(Fit(fit.spec, frame, fit.draws))
    tables = fit_observed(null)
    unscaled = fit_observed(read_null_model(fit))
    np.testing.assert_allclose(tables.psi, unscaled.psi * scale, rtol=1e-7)
    found = spread_statistic(null, tables)
    np.testing.assert_allclose(found, spread_statistic(read_null_model(fit), unscaled), rtol=1e-7)


def test_tables_are_drawn_from_the_fitted_model():
    null, fitted, block = draw(whole_fit("share", case_mix=TERMS), count=2000)
    response = block.response
    expected = null.cells.size / (1 + np.exp(-fitted.eta[0]))
    error = np.sqrt(expected / 2000)
    assert np.abs((response.mean(axis=0) - expected) / error).max() < 5
