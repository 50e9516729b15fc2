"""What lasts, what passes and what comes: rates of each part against their definition."""

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

from tests.estimands.hand_made import passing_fit, random_fit
from varmodel.estimands import (
    adjusted_rates,
    benchmark_rates,
    persistence_share,
    provider_effects,
    savings,
    standardised_ratios,
    unshrunken_rates,
)
from varmodel.estimands.draws.stacked import StackedPredictor, draws_of
from varmodel.estimands.draws.transient import read_transient
from varmodel.estimands.rates.inverse import effect_for
from varmodel.estimands.rates.standardise import Reference
from varmodel.fits import Fit
from varmodel.spec import Benchmark

FORMS = ["share", "exposure", "measurements", "log_measurements", "positive_measurements"]


def inverse_of(fit, draw):
    """The mean of a unit's response given eta, in one draw."""
    if fit.spec.family == "lognormal":
        sd = draws_of(fit, "residual_sd")[draw]
        return lambda eta: np.exp(eta + sd**2 / 2)
    return {"logit": special.expit, "log": np.exp, "identity": np.asarray}[
        fit.spec.family_row.link_name
    ]


def averaged(function, eta, sd):
    """E function(eta + v), v ~ N(0, sd), by a fine trapezium."""
    z = np.linspace(-12, 12, 4001)
    weight = stats.norm.pdf(z)
    return (function(np.asarray(eta)[..., np.newaxis] + sd * z) @ weight) / weight.sum()


def expected(fit, *, part, population="reference"):
    """The definition, draw by draw, with all terms worked out for each cell."""
    frame = fit.frame
    design, period = frame["design"].to_numpy(), frame["period_index"].to_numpy()
    pattern, owner = frame["pattern_index"].to_numpy(), frame["provider_index"].to_numpy()
    form = fit.spec.form
    size = form.cells({name: frame[name].to_numpy() for name in form.statistics}).size
    effect, v = draws_of(fit, "provider_effect", "provider"), read_transient(fit)
    rates = np.empty((*v.effect.shape[:2], 1 if part == "persistent" else v.effect.shape[2]))
    for s, j, t in np.ndindex(rates.shape):
        alpha = draws_of(fit, "intercept")[s]
        beta = draws_of(fit, "coefficients", "term")[s]
        x = design[pattern].copy()
        if part == "period":
            x[:, 1:] = design[pattern[period == t][0], 1:]
        eta, inverse = alpha + x @ beta + effect[s, j], inverse_of(fit, s)
        mine = owner == j if population == "own" else np.ones(len(owner), bool)
        means = (
            averaged(inverse, eta[mine], v.sd[s])
            if part == "persistent"
            else inverse(eta[mine] + v.effect[s, j, t])
        )
        rates[s, j, t] = np.average(means, weights=size[mine])
    return rates


@pytest.mark.parametrize("population", ["reference", "own"])
@pytest.mark.parametrize("part", ["persistent", "period"])
@pytest.mark.parametrize("form", FORMS)
def test_rates_of_a_part_are_the_definition(form, part, population):
    fit = passing_fit(form, draws=3)
    rates = adjusted_rates(fit, part=part, population=population)
    whole = expected(fit, part=part, population=population)
    found = rates.to_numpy().reshape(whole.shape)
    np.testing.assert_allclose(found, whole, rtol=3e-6)  # the 15 nodes are that exact at sd .8
    dims = ("chain", "draw", "provider", *(("period",) if part == "period" else ()))
    assert rates.dims == dims
    assert rates.attrs["part"] == part
    assert rates.attrs["population"] == population
    assert rates.attrs["better"] == "higher"


@pytest.mark.parametrize("sd", [0.0, 0.05, 0.3, 1.0])
@pytest.mark.parametrize("level", [-12.0, -3.0, 0.0, 4.0])
def test_a_logit_mean_over_what_passes_is_the_quadratures(sd, level):
    rng = np.random.default_rng(3)
    weights, spread = rng.dirichlet(np.ones(20)), np.full(2, sd)
    predictor = StackedPredictor(
        np.full(2, level), rng.normal(size=(2, 3)), rng.normal(size=(20, 3))
    )
    effect = rng.uniform(-1, 1, (2, 200))
    found = Reference("logit", weights).mean(predictor.averaged(spread, link="logit"), effect)
    eta = predictor.eta(slice(None))
    for s, j in np.ndindex(2, 5):
        exact = weights @ averaged(special.expit, eta[s] + effect[s, j], sd)
        assert found[s, j] == pytest.approx(exact, rel=3e-8)


def test_the_effect_of_a_mean_rate_is_found_again():
    rng = np.random.default_rng(4)
    predictor = StackedPredictor(rng.normal(-3, 1, 6), np.zeros((6, 0)), np.zeros((1, 0)))
    wide = predictor.averaged(np.array([0.0, 0.2, 0.5, 1.0, 2.0, 3.0]), link="logit")
    population, effect = Reference("logit", np.ones(1)), rng.normal(0, 1.5, (6, 40))
    target = population.mean(wide, effect)
    found = effect_for(population, wide, target=target, link="logit")
    np.testing.assert_allclose(population.mean(wide, found), target, rtol=1e-10)
    np.testing.assert_allclose(found, effect, atol=1e-6)


def test_steep_draws_stay_finite_with_a_spread():
    predictor = StackedPredictor(
        np.array([900.0, -900.0]), np.zeros((2, 0)), np.zeros((1, 0)), np.ones(2)
    )
    effect = np.array([[-1.0, 900.0], [-900.0, 1.0]])
    rates = Reference("logit", np.ones(1)).mean(predictor, effect)
    np.testing.assert_allclose(rates, [[1, 1], [0, 0]], atol=1e-100)


@pytest.mark.parametrize("transient", ["iid", "ar1"])
def test_the_coming_period_follows_the_last(transient):
    fit = passing_fit("exposure", transient=transient, draws=3000, providers=5)
    effects = provider_effects(fit, part="next").to_numpy().reshape(-1, 5)
    again = provider_effects(fit, part="next")  # a function of the fit
    np.testing.assert_array_equal(again.to_numpy().ravel(), effects.ravel())
    v, lasting = read_transient(fit), draws_of(fit, "provider_effect", "provider")
    rho, sd = v.rho[:, np.newaxis], v.sd[:, np.newaxis]
    scores = (effects - lasting - rho * v.effect[:, :, -1]) / (sd * np.sqrt(1 - rho**2))
    assert stats.kstest(scores.ravel(), stats.norm.cdf).pvalue > 0.001
    rates = adjusted_rates(fit, part="next")
    last = adjusted_rates(fit, part="period").isel(period=-1)
    ratio = np.log(rates / last).to_numpy().reshape(-1, 5)
    np.testing.assert_allclose(ratio, effects - lasting - v.effect[:, :, -1], rtol=1e-9, atol=1e-12)


def test_effects_of_a_period_hold_what_passes():
    fit = passing_fit()
    found = provider_effects(fit, part="period")
    v = fit.posterior["transient_effect"]
    np.testing.assert_allclose(found, fit.posterior["provider_effect"] + v)
    assert found["period"].to_numpy().tolist() == list(fit.frame["period"].to_numpy())


def test_ratios_and_unshrunken_rates_are_means_over_what_passes():
    for form in FORMS[:1]:
        fit = passing_fit(form, draws=2)
        at_zero = passing_fit(form, draws=2)
        at_zero.draws["posterior"]["provider_effect"][:] = 0.0
        ratio = adjusted_rates(fit, population="own") / adjusted_rates(at_zero, population="own")
        np.testing.assert_allclose(standardised_ratios(fit), ratio, rtol=1e-12)
    for form in ("share", "exposure", "measurements"):
        fit = passing_fit(form)
        crude = fit.frame["observed"]
        found = unshrunken_rates(fit, Benchmark("median"))
        np.testing.assert_allclose(found["rate"], crude, rtol=1e-9)


@pytest.mark.parametrize("part", ["persistent", "next"])
@pytest.mark.parametrize("kind", [("quantile", 0.75), ("mean", None), ("external", 0.3)])
def test_a_saving_is_nothing_exactly_where_the_provider_is_at_the_benchmark_or_better(part, kind):
    fit = passing_fit("share", draws=50)
    rates = adjusted_rates(fit, population="own", part=part)
    level = benchmark_rates(fit, Benchmark(*kind), part=part)
    found = savings(
        rates,
        activity=fit.frame["activity"],
        benchmark=level,
        unit_cost=1.0,
        better="higher",
        random_seed=1,
    )
    assert found.attrs["part"] == part
    effects = provider_effects(fit, part=part)
    if kind[0] == "quantile":
        edge = np.quantile(effects, 0.75, axis=-1)[..., np.newaxis]
        np.testing.assert_array_equal(found["saving"] == 0, effects >= edge)
    if kind[0] == "external":
        common = benchmark_rates(fit, Benchmark(*kind), population="reference", part=part)
        np.testing.assert_allclose(common, 0.3, rtol=1e-9)


def test_what_does_not_go_together_is_refused(refused):
    fit = passing_fit()
    money = {"activity": fit.frame["activity"], "unit_cost": 1.0, "better": "higher"}
    money |= {"random_seed": 1}
    with refused("CONFIG.VALUE", "single periods"):
        savings(adjusted_rates(fit, part="period"), benchmark=Benchmark("median"), **money)
    own = adjusted_rates(fit, population="own", part="next")
    with refused("CONFIG.VALUE", "'next'", "'persistent'"):
        savings(own, benchmark=benchmark_rates(fit, Benchmark("median")), **money)
    with refused("CONFIG.VALUE", "each period has rates of its own"):
        benchmark_rates(fit, Benchmark("median"), part="period")
    with refused("CONFIG.VALUE", "did you mean 'persistent'"):
        adjusted_rates(fit, part="persistant")
    for part in ("period", "next"):
        with refused("CONFIG.VALUE", "no transient"):
            adjusted_rates(random_fit(), part=part)


def test_the_share_that_lasts():
    fit = passing_fit()
    lasting, passing = (fit.posterior[name] ** 2 for name in ("provider_sd", "transient_sd"))
    np.testing.assert_allclose(persistence_share(fit), lasting / (lasting + passing))
    assert np.isnan(persistence_share(random_fit())).all()


def test_what_providers_share_lasts_too():
    fit = passing_fit()
    of_one_class = fit.posterior["provider_sd"].expand_dims({"class": ["a"]}, -1)
    fit.draws["posterior"] = xr.DataTree(fit.posterior.assign(class_mean=of_one_class))
    index = np.zeros(fit.frame.sizes["provider"], dtype=np.int64)
    fit = Fit(fit.spec, fit.frame.assign(class_index=("provider", index)), fit.draws)
    lasting = fit.posterior["provider_effect"].var("provider", ddof=1)
    share = lasting / (lasting + fit.posterior["transient_sd"] ** 2)
    np.testing.assert_allclose(persistence_share(fit), share)
