"""Reliability with the coefficients' uncertainty in it, against the posterior worked out whole."""

import numpy as np
import pytest

from tests.estimands.hand_made import make_fit, make_frame, make_spec, passing_fit, random_fit
from varmodel.estimands import rankability, reliability
from varmodel.estimands.variation import reliabilities
from varmodel.estimands.variation.reliabilities import order_reliability
from varmodel.families import FAMILIES

DISPERSED = {"beta_binomial": "share", "negative_binomial": "exposure"}
TERMS = ["share", "exposure", "measurements", "published"]


def whole_posterior(fit, draw):
    """1 - Var(u_j) / tau^2 by inverting the precision of (intercept, coefficients, effects)."""
    frame, posterior = fit.frame, fit.posterior.stack(sample=("chain", "draw")).isel(sample=draw)
    design = frame["design"].to_numpy()[frame["pattern_index"]]
    owner = np.eye(frame.sizes["provider"])[frame["provider_index"]]
    eta = float(posterior["intercept"]) + design @ posterior["coefficients"].to_numpy()
    eta = eta + owner @ posterior["provider_effect"].to_numpy()
    cells = fit.spec.form.cells({name: frame[name].to_numpy() for name in fit.spec.form.statistics})
    weight = fisher(fit, cells, eta, posterior)
    columns = np.column_stack([np.ones(len(eta)), design, owner])
    tau, terms = float(posterior["provider_sd"]), design.shape[1]
    flat = np.zeros(columns.shape[1])
    flat[1 : 1 + terms] = dict(fit.spec.priors["coefficients"].parameters)["sigma"] ** -2.0
    flat[1 + terms :] = tau**-2
    # The intercept is projected off and then known: no order depends on it.
    level = weight @ design / weight.sum()
    columns[:, 1 : 1 + terms] -= level
    precision = (columns.T * weight) @ columns + np.diag(flat)
    variance = np.linalg.inv(precision[1:, 1:])
    return 1 - np.diag(variance)[terms:] / tau**2


def fisher(fit, cells, eta, posterior):
    """Give W, over-dispersed counts by the formulas of methods 5."""
    n = cells.size
    if fit.spec.family == "beta_binomial":
        p, p0 = 1 / (1 + np.exp(-eta)), fit.frame.attrs["pooled_mean"]
        phi = 1 / (float(posterior["dispersion"]) ** 2 * p0 * (1 - p0))
        return n * p * (1 - p) / (1 + (n - 1) / (phi + 1))
    if fit.spec.family == "negative_binomial":
        mu = n * np.exp(eta)
        return mu / (1 + mu * float(posterior["dispersion"]) ** 2)
    own = {"residual_sd": float(posterior["residual_sd"])} if fit.spec.form.spread else {}
    return FAMILIES[fit.spec.family].information(cells, eta, own)


def with_prior(form, sigma=0.7, **fields):
    priors = {"coefficients": {"dist": "normal", "sigma": sigma}}
    if form == "published":
        priors["provider_sd"] = {"dist": "half_normal", "sigma": 1.0}
    return random_fit(form, priors=priors, **fields)


def posterior_with_what_passes(fit, draw):
    """The same with the departures among the unknowns, their prior the AR(1) of calendar lags."""
    frame, posterior = fit.frame, fit.posterior.stack(sample=("chain", "draw")).isel(sample=draw)
    design = frame["design"].to_numpy()[frame["pattern_index"]]
    providers, periods = frame.sizes["provider"], frame.sizes["period"]
    owner = np.eye(providers)[frame["provider_index"]]
    unit = np.eye(providers * periods)[
        frame["provider_index"].to_numpy() * periods + frame["period_index"].to_numpy()
    ]
    v = posterior["transient_effect"].transpose("provider", "period").to_numpy()
    eta = float(posterior["intercept"]) + design @ posterior["coefficients"].to_numpy()
    eta = eta + owner @ posterior["provider_effect"].to_numpy() + unit @ v.ravel()
    cells = fit.spec.form.cells({name: frame[name].to_numpy() for name in fit.spec.form.statistics})
    weight = np.diag(fisher(fit, cells, eta, posterior))
    places = np.array([0, 1, 2, 4])  # nobody reports 2006Q4
    rho = float(posterior.get("transient_rho", 0.0))
    k = float(posterior["transient_sd"]) ** 2 * rho ** np.abs(np.subtract.outer(places, places))
    passing = np.kron(np.eye(providers), k)
    left = (
        weight
        - weight
        @ unit
        @ np.linalg.inv(np.linalg.inv(passing) + unit.T @ weight @ unit)
        @ unit.T
        @ weight
    )
    one, tau, terms = np.ones(len(eta)), float(posterior["provider_sd"]), design.shape[1]
    x = design - np.outer(one, one @ left @ design) / (one @ left @ one)
    columns = np.column_stack([x, owner])
    flat = np.full(columns.shape[1], tau**-2)
    flat[:terms] = dict(fit.spec.priors["coefficients"].parameters)["sigma"] ** -2.0
    variance = np.linalg.inv(columns.T @ left @ columns + np.diag(flat))
    return 1 - np.diag(variance)[terms:] / tau**2


@pytest.mark.parametrize("transient", ["iid", "ar1"])
@pytest.mark.parametrize("form", [*TERMS, *DISPERSED])
def test_what_passes_is_taken_out_of_the_information(form, transient, monkeypatch):
    family = {"family": form} if form in DISPERSED else {}
    priors = {"coefficients": {"dist": "normal", "sigma": 0.7}}
    if form == "published":
        wide = {"dist": "half_normal", "sigma": 1.0}
        priors |= {"provider_sd": wide, "transient_sd": wide}
    form = DISPERSED.get(form, form)
    fit = passing_fit(form, transient=transient, priors=priors, draws=3, **family)
    monkeypatch.setattr("varmodel.estimands.variation.reliabilities.ELEMENTS", 2000)
    found = reliability(fit).to_numpy().reshape(6, -1)
    expected = np.array([posterior_with_what_passes(fit, draw) for draw in range(6)])
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("form", "passing"),
    [("share", False), ("share", True), ("exposure", True), ("measurements", True)],
)
def test_loops_give_the_reliability_of_arrays(monkeypatch, form, passing):
    priors = {"coefficients": {"dist": "normal", "sigma": 0.7}}
    fit = passing_fit(form, priors=priors, draws=3) if passing else random_fit(form)
    found = []
    for loops in (True, False):
        monkeypatch.setattr(reliabilities, "worth_summing", lambda _, loops=loops: loops)
        found.append(reliability(fit).to_numpy())
    np.testing.assert_allclose(*found, rtol=1e-11)


def test_little_that_passes_changes_little():
    fit = passing_fit("share", priors={"coefficients": {"dist": "normal", "sigma": 0.7}})
    for name, value in (("transient_sd", 1e-6), ("transient_effect", 0.0)):
        fit.draws["posterior"][name][:] = value
    with_it = reliability(fit)
    fit.draws.attrs["transient"] = "none"
    np.testing.assert_allclose(with_it, reliability(fit), rtol=1e-6)


@pytest.mark.parametrize("form", [*TERMS, *DISPERSED])
def test_it_is_that_of_the_whole_posterior(form, monkeypatch):
    family = {"family": form} if form in DISPERSED else {}
    form = DISPERSED.get(form, form)
    fit = with_prior(form, providers=9, patterns=5, draws=3, **family)
    # several blocks
    monkeypatch.setattr("varmodel.estimands.variation.reliabilities.ELEMENTS", 200)
    found = reliability(fit).to_numpy().reshape(-1, 9)
    expected = np.array([whole_posterior(fit, draw) for draw in range(6)])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(rankability(fit).to_numpy().ravel(), np.median(expected, axis=1))


def saturated(levels, *, effect_sd=0.5, cases=400):
    """Twelve providers of one cell each; columns 0 or 1 for those who share a level."""
    spec = make_spec("share", priors={"coefficients": {"dist": "normal", "sigma": 1.0}})
    design = np.array(levels, float)
    count = len(design)
    frame = make_frame(
        spec,
        provider=np.arange(count),
        pattern=np.arange(count),
        design=design - design.mean(axis=0),
        events=np.full(count, cases // 4),
        trials=np.full(count, cases),
    )
    shape = (4, 50)
    return make_fit(
        spec,
        frame,
        intercept=np.full(shape, -1.1),
        coefficients=np.zeros((*shape, design.shape[1])),
        provider_sd=np.full(shape, effect_sd),
        provider_effect=np.zeros((*shape, count)),
    )


def test_a_level_of_one_provider_leaves_it_to_the_prior():
    """tau .5 against N(0, 1): of the level's deviation the effect is 1 part in 5."""
    fit = saturated(np.eye(12)[:, :1])
    found = reliability(fit).mean(("chain", "draw"))
    assert float(found[0]) < 0.3
    assert (found[1:] > 0.9).all()
    _, lacking = order_reliability(fit)
    np.testing.assert_allclose(sum(lacking.values()), 1 - found)
    assert lacking["chance"].dims == ("provider",)
    assert (lacking["chance"] < 0.1).all()
    assert (lacking["coefficients"][1:] < 0.1).all()


def test_as_many_covariates_as_providers_leave_no_order():
    rng = np.random.default_rng(1)
    fit = saturated(rng.normal(size=(12, 11)))
    assert float(rankability(fit).median()) < 0.3
    none = saturated(np.zeros((12, 0)))
    information = 400 * np.exp(-1.1) / (1 + np.exp(-1.1)) ** 2
    alone = 0.25 / (0.25 + 1 / information)
    assert float(rankability(none).median()) == pytest.approx(alone)


def test_case_mix_within_providers_costs_next_to_nothing():
    fit = with_prior("share", providers=40, patterns=12)
    _, lacking = order_reliability(fit)
    assert float((lacking["coefficients"] / lacking["chance"]).max()) < 0.1


def test_no_variation_is_no_signal():
    fit = saturated(np.eye(12)[:, :2], effect_sd=0.0)
    np.testing.assert_array_equal(reliability(fit), 0.0)
    np.testing.assert_array_equal(rankability(fit), 0.0)
