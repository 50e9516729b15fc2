from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from tests.estimands.hand_made import make_fit, make_frame, make_spec, random_fit
from varmodel.estimands import adjusted_rates, standardised_ratios
from varmodel.estimands.draws.stacked import StackedPredictor, read_draws, read_likelihood
from varmodel.estimands.rates import standardise as kernel

INVERSE = {"binomial": special.expit, "poisson": np.exp, "normal": lambda x: x, "gamma": np.exp}
MEASURED = ["measurements", "log_measurements", "positive_measurements"]
FORMS = ["share", "exposure", *MEASURED, "published"]


def mean_of_lognormal(sd):
    return lambda eta: stats.lognorm.mean(sd, scale=np.exp(eta))


def brute_force(fit, population):
    """The definition, provider by provider and draw by draw."""
    stacked, frame = read_likelihood(fit), fit.frame
    sds = fit.posterior["residual_sd"].to_numpy().ravel() if fit.spec.form.spread else None
    form = fit.spec.form
    size = form.cells({name: frame[name].to_numpy() for name in form.statistics}).size
    rates = np.empty(stacked.effect.shape)
    for s, (alpha, beta) in enumerate(
        zip(stacked.predictor.intercept, stacked.predictor.coefficients, strict=True)
    ):
        inverse = INVERSE.get(fit.spec.family) or mean_of_lognormal(sds[s])
        eta = alpha + frame["design"].to_numpy() @ beta
        for j, b in enumerate(stacked.effect[s]):
            if population == "reference":
                rates[s, j] = np.sum(frame["pattern_weight"].to_numpy() * inverse(eta + b))
            else:
                mine = frame["provider_index"].to_numpy() == j
                at = eta[frame["pattern_index"].to_numpy()[mine]]
                weight = size[mine] if size[mine].sum() else np.ones(mine.sum())
                rates[s, j] = np.average(inverse(at + b), weights=weight)
    return rates


@pytest.mark.parametrize("population", ["reference", "own"])
@pytest.mark.parametrize("form", FORMS)
def test_rates_are_the_definition(form, population):
    fit = random_fit(form)
    rates = adjusted_rates(fit, population=population)
    expected = brute_force(fit, population).reshape(rates.shape)
    np.testing.assert_allclose(rates, expected, rtol=1e-12, atol=1e-13)
    assert rates.dims == ("chain", "draw", "provider")
    assert rates.name == "adjusted_rate"
    assert rates.attrs["population"] == population
    assert rates.attrs["provisional"] == 1


@pytest.mark.parametrize("form", FORMS)
def test_small_blocks_change_nothing(form, monkeypatch):
    fit = random_fit(form, providers=60)
    whole = {name: adjusted_rates(fit, population=name) for name in kernel.POPULATIONS}
    monkeypatch.setattr("varmodel.numerics.blocks.BLOCK", 7)
    for name, rates in whole.items():
        np.testing.assert_allclose(adjusted_rates(fit, population=name), rates, rtol=1e-13)


@pytest.mark.parametrize("half", [0.0, 0.01, 0.3, 1.0, 3.0, 8.0])
@pytest.mark.parametrize("level", [-12.0, -3.0, 0.0, 4.0])
def test_interpolation_is_as_good_as_direct_evaluation(half, level):
    rng = np.random.default_rng(3)
    predictor = StackedPredictor(
        rng.normal(level, 1, 4), rng.normal(0, 1.5, (4, 3)), rng.normal(size=(50, 3))
    )
    weights = rng.dirichlet(np.ones(50))
    effect = np.concatenate([rng.uniform(-half, half, (4, 398)), np.tile([-half, half], (4, 1))], 1)
    assert kernel.nodes_needed(max(half, 1e-3)) < 400
    mean = kernel.Reference("logit", weights).mean(predictor, effect)
    direct = kernel.logit_means(predictor, weights, points=effect)
    np.testing.assert_allclose(mean, direct, atol=1e-11, rtol=1e-9)
    eta = predictor.eta(slice(None))
    exact = np.einsum("p,spk->sk", weights, special.expit(eta[:, :, None] + effect[:, None, :]))
    np.testing.assert_allclose(direct, exact, rtol=1e-12)


def test_steep_draws_stay_finite():
    predictor = StackedPredictor(np.array([900.0, -900.0]), np.zeros((2, 0)), np.zeros((1, 0)))
    effect = np.array([[-1.0, 900.0], [-900.0, 1.0]])
    rates = kernel.Reference("logit", np.ones(1)).mean(predictor, effect)
    np.testing.assert_allclose(rates, [[1, 1], [0, 0]], atol=1e-100)


def test_unadjusted_rates_are_the_inverse_link():
    spec = make_spec()
    frame = make_frame(
        spec,
        provider=[0, 1, 2],
        pattern=[0, 0, 0],
        design=np.zeros((1, 0)),
        events=[1, 2, 3],
        trials=[9, 0, 9],
    )
    effect = [[[-1.0, 0.0, 1.0]]]
    fit = make_fit(spec, frame, intercept=[[0.5]], provider_sd=[[1.0]], provider_effect=effect)
    for population in kernel.POPULATIONS:
        rates = adjusted_rates(fit, population=population)
        np.testing.assert_allclose(rates[0, 0], special.expit([-0.5, 0.5, 1.5]), rtol=1e-14)


@pytest.mark.parametrize("form", ["exposure", "log_measurements", "positive_measurements"])
def test_ratios_on_the_log_link_are_exp_of_the_effect(form):
    fit = random_fit(form)
    ratios = standardised_ratios(fit)
    np.testing.assert_allclose(ratios, np.exp(fit.posterior["provider_effect"]), rtol=1e-12)
    assert ratios.name == "standardised_ratio"


def test_ratio_of_a_provider_without_effect_is_one():
    fit = random_fit("share")
    fit.draws["posterior"]["provider_effect"][:, :, 3] = 0.0
    np.testing.assert_allclose(standardised_ratios(fit)[:, :, 3], 1.0, rtol=1e-15)


def test_order_does_not_depend_on_the_reference_population():
    fit = random_fit("share", providers=80)
    order = np.argsort(fit.posterior["provider_effect"].to_numpy(), axis=-1)
    np.testing.assert_array_equal(np.argsort(adjusted_rates(fit).to_numpy(), axis=-1), order)


def test_only_the_lognormal_has_another_predictor_of_its_mean():
    for form in FORMS:
        fit = random_fit(form)
        of_mean, of_likelihood = read_draws(fit).predictor, read_likelihood(fit).predictor
        shift = of_mean.intercept - of_likelihood.intercept
        if form == "log_measurements":
            sd = fit.posterior["residual_sd"].to_numpy().ravel()
            np.testing.assert_allclose(shift, sd**2 / 2, rtol=1e-13)
        else:
            np.testing.assert_array_equal(shift, 0)
        np.testing.assert_array_equal(of_mean.coefficients, of_likelihood.coefficients)


def test_unknown_population_is_refused(refused):
    with refused("CONFIG.VALUE", "did you mean 'reference'"):
        adjusted_rates(random_fit(), population="referense")


@pytest.mark.parametrize("spread", [None, 0.8])
def test_loops_give_the_own_rates_of_arrays(monkeypatch, spread):
    fit = random_fit("share")
    stacked, own = read_likelihood(fit), kernel.own_population(fit)
    predictor = stacked.predictor
    if spread is not None:
        predictor = replace(predictor, spread=np.full(len(predictor.intercept), spread))
    found = []
    for loops in (True, False):
        monkeypatch.setattr(kernel, "worth_summing", lambda _, loops=loops: loops)
        found.append(own.mean(predictor, stacked.effect))
    np.testing.assert_allclose(*found, rtol=1e-13)
