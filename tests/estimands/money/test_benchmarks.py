import numpy as np
import pytest
from scipy import special

from tests.estimands.hand_made import make_fit, make_frame, make_spec, random_fit
from varmodel.estimands import (
    adjusted_rates,
    benchmark_rates,
    observed_rates,
    provider_effects,
    rank,
    savings,
    standardised_ratios,
    unshrunken_rates,
)
from varmodel.estimands.draws.stacked import read_draws, read_likelihood
from varmodel.estimands.rates.inverse import effect_for
from varmodel.estimands.rates.standardise import own_population, reference_population
from varmodel.frame import cells_of
from varmodel.spec import Benchmark

POSITIVE = ["log_measurements", "positive_measurements"]
FORMS = ["share", "exposure", "measurements", "published", *POSITIVE]
QUARTER = Benchmark("quantile", 0.75)


@pytest.mark.parametrize("form", FORMS)
def test_effect_for_inverts_the_mean(form):
    fit = random_fit(form)
    stacked = read_draws(fit)
    for whom in (own_population(fit), reference_population(fit)):
        target = whom.mean(stacked.predictor, stacked.effect)
        found = effect_for(
            whom, stacked.predictor, target=target, link=fit.spec.family_row.link_name
        )
        np.testing.assert_allclose(found, stacked.effect, atol=1e-11)


def test_effect_for_finds_roots_where_the_curve_is_flat():
    fit = random_fit("share")
    fit.draws["posterior"]["coefficients"] = 40 * fit.draws["posterior"]["coefficients"]
    predictor, whom = read_draws(fit).predictor, reference_population(fit)
    target = np.tile([1e-9, 0.02, 0.5, 0.9, 1 - 1e-9], (len(predictor.intercept), 1))
    found = effect_for(whom, predictor, target=target, link="logit")
    np.testing.assert_allclose(whom.mean(predictor, found), target, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("level", [-25.0, -12.0, 9.0, 14.0])
def test_effect_for_needs_few_steps_at_the_ends_of_the_scale(level):
    """Near one a logit cannot be told to the last digit: the rate it gives can."""
    fit = random_fit("share")
    stacked, population = read_draws(fit), reference_population(fit)
    stacked.predictor.intercept[:] += level
    asked = []

    class Counting:
        def mean(self, predictor, effect):
            asked.append(effect)
            return population.mean(predictor, effect)

    target = population.mean(stacked.predictor, stacked.effect[:, :3])
    found = effect_for(Counting(), stacked.predictor, target=target, link="logit")
    np.testing.assert_allclose(population.mean(stacked.predictor, found), target, rtol=1e-12)
    assert len(asked) <= 12


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("better", ["higher", "lower"])
def test_quantile_is_the_better_quartile_of_the_effects(form, better):
    fit = random_fit(form, better=better)
    effect = fit.posterior["provider_effect"]
    at = effect.quantile(0.75 if better == "higher" else 0.25, dim="provider")
    at_benchmark = fit.draws.copy()
    at_benchmark["posterior"]["provider_effect"] = at.drop_vars("quantile") + 0 * effect
    moved = make_fit(fit.spec, fit.frame, **at_benchmark["posterior"].data_vars)
    for population in ("own", "reference"):
        level = benchmark_rates(fit, QUARTER, population=population)
        expected = adjusted_rates(moved, population=population)
        np.testing.assert_allclose(level, expected, rtol=1e-10)
        assert level.attrs["benchmark"] == "quantile"
        assert level.attrs["benchmark_value"] == 0.75


@pytest.mark.parametrize("form", FORMS)
def test_mean_benchmark_is_the_mean_reference_rate(form):
    fit = random_fit(form, better="neither")
    level = benchmark_rates(fit, Benchmark("mean"), population="reference")
    expected = adjusted_rates(fit).mean("provider")
    np.testing.assert_allclose(level, expected.broadcast_like(level), rtol=1e-11)


@pytest.mark.parametrize(
    ("form", "value"),
    [("share", 0.31), ("exposure", 1.7), ("published", -4), *((form, 2.5) for form in POSITIVE)],
)
def test_external_benchmark_is_met_on_the_reference_population(form, value):
    fit = random_fit(form)
    external = Benchmark("external", value)
    level = benchmark_rates(fit, external, population="reference")
    np.testing.assert_allclose(level, value, rtol=1e-11)
    np.testing.assert_allclose(level["plug_in"], value, rtol=1e-11)
    own = benchmark_rates(fit, external)
    assert float(own.std("provider").min()) > 0


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_the_provider_at_the_quantile_saves_nothing_and_ranks_in_the_top_quarter(better):
    fit = random_fit("share", providers=13, better=better)
    rates = adjusted_rates(fit, population="own")
    found = savings(
        rates,
        activity=fit.frame["activity"],
        benchmark=benchmark_rates(fit, QUARTER),
        unit_cost=1.0,
        better=better,
        random_seed=0,
    )
    top = rank(adjusted_rates(fit), better=better)["prob_top_quarter"]
    np.testing.assert_allclose(1 - found["prob_saving"], top)
    assert (found["saving"] == 0).sum("provider").min() == 4


def price(fit, rates, benchmark, **options):
    return savings(
        rates,
        activity=fit.frame["activity"],
        benchmark=benchmark,
        unit_cost=1.0,
        better="higher",
        random_seed=0,
        **options,
    )


def test_case_mix_is_never_priced(refused):
    """Providers that differ in their patients only have nothing to save."""
    fit = random_fit("share", providers=9)
    fit.posterior["provider_effect"][:] = 0.0
    own, level = adjusted_rates(fit, population="own"), benchmark_rates(fit, QUARTER)
    assert float(price(fit, own, level)["total"].max()) == 0
    assert float(price(fit, adjusted_rates(fit), QUARTER)["total"].max()) == 0
    assert float(price(fit, own.drop_attrs(), QUARTER)["total"].min()) > 0  # nothing tells
    pairs = [
        (own, QUARTER),
        (2 * own.isel(provider=slice(None, None, -1)), Benchmark("external", 0.5)),
        (own, own.quantile(0.75, "provider").drop_vars("quantile")),
        (own, benchmark_rates(fit, QUARTER, population="reference")),
        (adjusted_rates(fit), level),
        (standardised_ratios(fit), QUARTER),
        (standardised_ratios(fit), level),
        (provider_effects(fit), QUARTER),
        (provider_effects(fit), level),
    ]
    for rates, benchmark in pairs:
        with refused("CONFIG.VALUE", "benchmark_rates"):
            price(fit, rates, benchmark)


def test_plug_ins_are_on_the_cases_of_the_rates(refused):
    fit = random_fit("share", providers=9)
    own, level = adjusted_rates(fit, population="own"), benchmark_rates(fit, QUARTER)
    unshrunken = unshrunken_rates(fit, QUARTER)
    found = price(fit, own, level, observed=unshrunken)["plug_in_observed"]
    gap = (unshrunken["benchmark"] - unshrunken["rate"]).clip(0)
    np.testing.assert_allclose(found, fit.frame["activity"] * gap)
    with refused("CONFIG.VALUE", "observed on each provider's own cases"):
        price(fit, adjusted_rates(fit), QUARTER, observed=unshrunken["rate"])


def test_ratios_of_a_log_link_share_every_population(refused):
    fit = random_fit("exposure", providers=9)
    ratios = standardised_ratios(fit)
    np.testing.assert_allclose(ratios, np.exp(provider_effects(fit)), rtol=1e-12)
    assert float(price(fit, ratios, QUARTER)["total"].mean()) > 0
    for level in (benchmark_rates(fit, QUARTER), adjusted_rates(fit)):
        with refused("CONFIG.VALUE", "ratio"):
            price(fit, ratios, level)


def test_plug_in_of_one_draw_is_that_draws_benchmark():
    fit = random_fit("share")
    one = fit.posterior.isel(chain=[0], draw=[3])
    single = make_fit(fit.spec, fit.frame, **one.data_vars)
    for kind in (QUARTER, Benchmark("mean"), Benchmark("external", 0.4)):
        for population in ("own", "reference"):
            level = benchmark_rates(single, kind, population=population)
            np.testing.assert_allclose(level["plug_in"], level[0, 0], rtol=1e-10)


def test_plug_in_fits_the_posterior_mean_rates():
    """Without covariates it is the quantile of the posterior mean rates themselves."""
    spec = make_spec()
    count = 13
    frame = make_frame(
        spec,
        provider=np.arange(count),
        pattern=np.zeros(count, int),
        design=np.zeros((1, 0)),
        events=np.ones(count),
        trials=np.full(count, 9),
    )
    rng = np.random.default_rng(0)
    fit = make_fit(
        spec,
        frame,
        intercept=rng.normal(-2, 0.3, (2, 50)),
        provider_sd=np.ones((2, 50)),
        provider_effect=rng.normal(0, 1, (2, 50, count)),
    )
    shrunken = adjusted_rates(fit, population="own").mean(("chain", "draw"))
    plug_in = benchmark_rates(fit, QUARTER)["plug_in"]
    np.testing.assert_allclose(plug_in, float(shrunken.quantile(0.75)), rtol=1e-11)


@pytest.mark.parametrize("form", FORMS[:3])
def test_unshrunken_own_rate_is_the_crude_rate(form):
    fit = random_fit(form)
    np.testing.assert_allclose(
        unshrunken_rates(fit, QUARTER)["rate"], observed_rates(fit.frame), rtol=1e-11
    )


def test_unshrunken_published_effect_weighs_by_precision():
    fit = random_fit("published")
    frame, predictor = fit.frame, read_draws(fit).predictor.mean()
    eta = predictor.eta(slice(None))[0][frame["pattern_index"]]
    weight, owner = frame["standard_error"].to_numpy() ** -2, frame["provider_index"].to_numpy()
    effect = np.bincount(owner, weight * (frame["value"] - eta)) / np.bincount(owner, weight)
    expected = np.bincount(owner, eta) / np.bincount(owner) + effect
    found = unshrunken_rates(fit, QUARTER)
    np.testing.assert_allclose(found["rate"], expected, rtol=1e-12)
    level = np.bincount(owner, eta) / np.bincount(owner) + np.quantile(effect, 0.75)
    np.testing.assert_allclose(found["benchmark"], level, rtol=1e-12)


def own_cells(fit):
    """Predictor of the likelihood at the posterior mean, owner, and the cells of a fit."""
    frame = fit.frame
    eta = read_likelihood(fit).predictor.mean().eta(slice(None))[0][frame["pattern_index"]]
    return eta, frame["provider_index"].to_numpy(), cells_of(frame)


@pytest.mark.parametrize("form", POSITIVE)
def test_unshrunken_effects_are_at_their_maximum_likelihood(form):
    """The score of every provider is 0 at the effect that its rate stands for."""
    fit = random_fit(form)
    eta, owner, cells = own_cells(fit)
    average = own_population(fit).mean(read_draws(fit).predictor.mean(), np.zeros((1, 30)))[0]
    effect = np.log(unshrunken_rates(fit, QUARTER)["rate"].to_numpy() / average)
    score = np.bincount(
        owner, fit.spec.family_row.score(cells, eta + effect[owner], {"residual_sd": 1.0})
    )
    np.testing.assert_allclose(score / np.bincount(owner, cells.size), 0, atol=1e-12)


def test_unshrunken_rate_of_the_lognormal_is_not_the_crude_mean():
    fit = random_fit("log_measurements")
    eta, owner, cells = own_cells(fit)
    own = np.bincount(owner, cells.size * (cells.response - eta)) / np.bincount(owner, cells.size)
    shift = float((fit.posterior["residual_sd"] ** 2).mean() / 2)
    rate = np.exp(eta + own[owner] + shift)
    expected = np.bincount(owner, cells.size * rate) / np.bincount(owner, cells.size)
    found = unshrunken_rates(fit, QUARTER)
    np.testing.assert_allclose(found["rate"], expected, rtol=1e-11)
    level = np.bincount(owner, cells.size * np.exp(eta + np.quantile(own, 0.75) + shift))
    np.testing.assert_allclose(found["benchmark"], level / np.bincount(owner, cells.size))


def test_unshrunken_rate_of_a_gamma_without_case_mix_is_the_crude_mean():
    statistics = {"mean": [2.0, 5, 3, 1], "measurements": [4, 2, 9, 1], "log_ratio": np.ones(4)}
    fit = four_providers("positive_measurements", **statistics)
    np.testing.assert_allclose(unshrunken_rates(fit, QUARTER)["rate"], [2, 5, 3, 1], rtol=1e-12)


def test_savings_of_the_lognormal_are_on_the_scale_of_what_was_measured():
    """Twice the residual variance raises every rate, gap and saving by one factor."""
    fit = random_fit("log_measurements", better="lower")
    variance = fit.posterior["residual_sd"] ** 2
    wider = fit.posterior.assign(residual_sd=np.sqrt(2 * variance))
    factor = np.exp(variance / 2)

    def total(fit):
        return savings(
            adjusted_rates(fit, population="own"),
            activity=fit.frame["activity"],
            benchmark=benchmark_rates(fit, QUARTER),
            unit_cost=300.0,
            better="lower",
            random_seed=0,
        )["total"]

    found = total(make_fit(fit.spec, fit.frame, **wider.data_vars))
    np.testing.assert_allclose(found, total(fit) * factor, rtol=1e-11)


def four_providers(form, **statistics):
    spec = make_spec(form)
    frame = make_frame(
        spec, provider=[0, 1, 2, 3], pattern=[0] * 4, design=np.zeros((1, 0)), **statistics
    )
    effect = np.zeros((1, 2, 4))
    posterior = {"intercept": [[-1.0, -1.0]], "provider_sd": [[1.0, 1.0]]}
    posterior |= {"residual_sd": [[1.0, 1.0]]} if spec.form.spread else {}
    return make_fit(spec, frame, provider_effect=effect, **posterior)


def test_unshrunken_rates_of_nothing_and_of_everything():
    fit = four_providers("share", events=[0, 5, 3, 0], trials=[10, 5, 10, 0])
    rates = unshrunken_rates(fit, QUARTER)["rate"]
    np.testing.assert_allclose(rates, [0.5 / 11, 5.5 / 6, 0.3, special.expit(-1)], rtol=1e-12)
    fit = four_providers("exposure", events=[0, 5, 3, 0], exposure=[10, 5, 10, 0])
    rates = unshrunken_rates(fit, QUARTER)["rate"]
    np.testing.assert_allclose(rates, [0.05, 1, 0.3, np.exp(-1)], rtol=1e-12)


def test_refusals(refused):
    neither = random_fit(better="neither")
    with refused("CONFIG.VALUE", "not all variation is inefficiency"):
        benchmark_rates(neither, QUARTER)
    with refused("CONFIG.VALUE"):
        unshrunken_rates(neither, QUARTER)
    fit = random_fit()
    for value in (0.0, 1.0, 1.2, -3.0):
        with refused("CONFIG.VALUE", "between 0.0 and 1.0"):
            benchmark_rates(fit, Benchmark("external", value))
    with refused("CONFIG.VALUE", "str"):
        benchmark_rates(fit, "median")
    with refused("CONFIG.VALUE", "allowed: reference, own"):
        benchmark_rates(fit, QUARTER, population="all")


@pytest.mark.parametrize("family", ["beta_binomial", "negative_binomial"])
def test_unshrunken_effects_of_overdispersed_counts_weigh_units_by_their_information(family):
    """A unit of many cases says little more than its own rate: 400 cases hardly outweigh 40."""
    form = "share" if family == "beta_binomial" else "exposure"
    size = {"trials" if form == "share" else "exposure": np.tile([40.0, 400.0], 4)}
    spec = make_spec(form, family=family)
    events = np.tile([4.0, 160.0], 4)
    frame = make_frame(
        spec,
        provider=np.repeat(np.arange(4), 2),
        pattern=np.zeros(8, int),
        design=np.zeros((1, 0)),
        events=events,
        **size,
    )
    posterior = {"intercept": [[-1.0, -1.0]], "provider_sd": [[1.0, 1.0]]}
    posterior |= {"provider_effect": np.zeros((1, 2, 4)), "dispersion": [[0.5, 0.5]]}
    rate = unshrunken_rates(make_fit(spec, frame, **posterior), QUARTER)["rate"].to_numpy()
    n, level = np.array([40.0, 400.0]), np.exp(-1.0)
    p0 = frame.attrs["pooled_mean"]
    if family == "beta_binomial":
        weight = n / (1 + (n - 1) / (1 / (0.25 * p0 * (1 - p0)) + 1))
    else:
        weight = n / (1 + n * level * 0.25)
    assert weight[1] < 2.5 * weight[0]
    np.testing.assert_allclose(rate, np.average([0.1, 0.4], weights=weight), rtol=1e-9)
