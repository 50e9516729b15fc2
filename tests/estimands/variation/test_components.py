import numpy as np
import pytest
import xarray as xr
from scipy import stats

from tests.estimands.hand_made import make_fit, make_frame, make_spec, random_fit
from varmodel.estimands import adjusted_rates, rankability, reliability, variance_components
from varmodel.families import EFFECTS
from varmodel.fits import Fit

SHAPE = (1, 3)
FORM_SIZE = {"share": "trials", "expected": "expected"}
TAU = np.array([[0.0, 0.2, 0.5]])


def unadjusted(form, effect, statistics, **posterior):
    spec = make_spec(form)
    count = len(effect)
    design = np.zeros((1, 0))
    provider, pattern = np.arange(count), np.zeros(count, int)
    frame = make_frame(spec, provider=provider, pattern=pattern, design=design, **statistics)
    effects = np.tile(np.asarray(effect, float), (*SHAPE, 1))
    drawn = {"intercept": np.zeros(SHAPE), "provider_sd": TAU, "provider_effect": effects}
    return make_fit(spec, frame, **drawn | posterior)


def test_components_on_the_logit_link():
    fit = unadjusted("share", [0, 0, 0], {"events": [1, 1, 1], "trials": [4, 4, 4]})
    found = variance_components(fit)
    np.testing.assert_array_equal(found["provider_sd"], TAU)
    ratio = np.exp(np.sqrt(2) * TAU * stats.norm.ppf(0.75))
    np.testing.assert_allclose(found["median_odds_ratio"], ratio)
    np.testing.assert_allclose(found["vpc"], TAU**2 / (TAU**2 + np.pi**2 / 3))
    np.testing.assert_allclose(found["q90_q10"], 1)
    assert set(found) == {
        "provider_sd",
        "median_odds_ratio",
        "vpc",
        "q90_q10",
        "extremal_quotient",
    }
    assert found["vpc"].dims == ("chain", "draw")
    assert found.attrs["provisional"] == 1


def test_components_on_the_log_link():
    effect = np.log(np.arange(1, 12))
    fit = unadjusted("expected", effect, {"events": np.ones(11), "expected": np.ones(11)})
    found = variance_components(fit)
    assert "median_odds_ratio" not in found
    np.testing.assert_allclose(found["scv"], 100 * (np.exp(TAU**2) - 1))
    np.testing.assert_allclose(found["q90_q10"], 10 / 2)
    np.testing.assert_allclose(found["extremal_quotient"], 11)
    assert float(found["median_rate_ratio"][0, 0]) == 1


LAWS = {
    "student_t": {"effect_nu": np.array([[3.0, 5.0, 100.0]])},
    "mixture": {
        "effect_weight": np.array([[0.1, 0.5, 0.3]]),
        "effect_distance": np.array([[4.0, 2.0, 1e-6]]),
    },
    "flexible": {"effect_shape": np.array([[[0.5, 0, 0], [0, -0.4, 0.3], [0] * 3]])},
}


@pytest.mark.parametrize("form", ["share", "expected"])
@pytest.mark.parametrize("effect", LAWS)
def test_the_median_ratio_follows_the_law_of_the_effects(effect, form):
    made = unadjusted(form, [0, 0], {"events": [1, 1], FORM_SIZE[form]: [4, 4]})
    fit = with_law(made, effect)
    found = variance_components(fit)
    ratio = found["median_odds_ratio" if form == "share" else "median_rate_ratio"]
    rng, distribution = np.random.default_rng(1), EFFECTS[effect]
    for number in range(3):
        values = [np.atleast_1d(LAWS[effect][name][0, number]) for name in distribution.parameters]
        b = distribution.draw(rng, TAU[0, number], np.concatenate(values), 200_000).reshape(2, -1)
        near = (np.abs(b[0] - b[1]) <= np.log(float(ratio[0, number]))).mean()
        assert near == pytest.approx(0.5 if TAU[0, number] else 1.0, abs=0.007)
    for name, values in LAWS[effect].items():
        np.testing.assert_array_equal(found[name], values)
    assert "scv" not in found
    normal = np.exp(np.sqrt(2) * TAU[0, 2] * stats.norm.ppf(0.75))
    assert float(ratio[0, 2]) == pytest.approx(normal, rel=0.005)


def test_the_median_ratio_does_not_depend_on_the_other_draws(monkeypatch):
    made = unadjusted("share", [0, 0], {"events": [1, 1], "trials": [4, 4]})
    fit = with_law(made, "flexible")
    whole = variance_components(fit)["median_odds_ratio"]
    monkeypatch.setattr("varmodel.numerics.blocks.BLOCK", 5)
    np.testing.assert_allclose(variance_components(fit)["median_odds_ratio"], whole, rtol=1e-12)


def with_law(fit, effect):
    """Give a fit the draws of another distribution of the effects."""
    dims = ("chain", "draw", "effect_term")
    new = {name: (dims[: values.ndim], values) for name, values in LAWS[effect].items()}
    draws = xr.DataTree.from_dict({"posterior": fit.posterior.assign(new)})
    draws.attrs = fit.draws.attrs
    return Fit(fit.spec.replace(effect=effect), fit.frame, draws)


def test_components_on_the_identity_link():
    statistics = {"mean": [1, 2], "measurements": [3, 3], "sum_of_squares": [1, 1]}
    fit = unadjusted("measurements", [0, 1], statistics, residual_sd=np.full(SHAPE, 0.5))
    found = variance_components(fit)
    assert set(found) == {"provider_sd", "residual_sd", "vpc"}
    np.testing.assert_allclose(found["vpc"], TAU**2 / (TAU**2 + 0.25))
    fit = unadjusted("published", [0, 1], {"value": [1, 2], "standard_error": [0.1, 0.2]})
    assert set(variance_components(fit)) == {"provider_sd"}


def test_reliability_of_proportions():
    """At a half the information of n trials is n / 4; a provider without any has none."""
    fit = unadjusted("share", [0, 0, 0], {"events": [1, 2, 0], "trials": [16, 100, 0]})
    found = reliability(fit)
    variance = np.array([1 / 4, 1 / 25])
    expected = TAU[..., None] ** 2 / (TAU[..., None] ** 2 + variance)
    np.testing.assert_allclose(found[:, :, :2], expected)
    np.testing.assert_array_equal(found[:, :, 2], 0)
    np.testing.assert_allclose(rankability(fit), TAU**2 / (TAU**2 + 1 / 4))
    assert found.dims == ("chain", "draw", "provider")
    assert rankability(fit).dims == ("chain", "draw")


def test_rankability_where_most_providers_have_no_information():
    fit = unadjusted("share", [0, 0, 0], {"events": [1, 0, 0], "trials": [16, 0, 0]})
    np.testing.assert_array_equal(rankability(fit), 0)


def test_reliability_of_measurements_and_published_values():
    statistics = {"mean": [1, 2], "measurements": [4, 25], "sum_of_squares": [1, 1]}
    fit = unadjusted("measurements", [0, 1], statistics, residual_sd=[[0.5, 1.0, 2.0]])
    noise = np.array([[0.25], [1.0], [4.0]]) / [4, 25]
    expected = TAU[0][:, None] ** 2 / (TAU[0][:, None] ** 2 + noise)
    np.testing.assert_allclose(reliability(fit)[0], expected)
    fit = unadjusted("published", [0, 1], {"value": [1, 2], "standard_error": [0.1, 0.2]})
    expected = TAU[0][:, None] ** 2 / (TAU[0][:, None] ** 2 + np.array([0.01, 0.04]))
    np.testing.assert_allclose(reliability(fit)[0], expected)


POSITIVE = {
    "log_measurements": {"log_mean": [1, 2], "log_sum_of_squares": [1, 1]},
    "positive_measurements": {"mean": [1, 2], "log_ratio": [1, 1]},
}


@pytest.mark.parametrize("form", POSITIVE)
def test_positive_measurements_have_noise_in_proportion(form):
    """On the log scale a mean of n has variance residual_sd^2 / n, whatever its level."""
    statistics = {**POSITIVE[form], "measurements": [4, 25]}
    fit = unadjusted(form, [0, 1], statistics, residual_sd=[[0.5, 1.0, 2.0]])
    noise = np.array([[0.25], [1.0], [4.0]]) / [4, 25]
    expected = TAU[0][:, None] ** 2 / (TAU[0][:, None] ** 2 + noise)
    np.testing.assert_allclose(reliability(fit)[0], expected)
    np.testing.assert_allclose(rankability(fit)[0], np.median(expected, axis=1))
    found = variance_components(fit)
    names = {"provider_sd", "residual_sd", "median_rate_ratio", "scv"}
    assert set(found) == names | {"q90_q10", "extremal_quotient"}
    np.testing.assert_allclose(found["extremal_quotient"], np.e)


@pytest.mark.parametrize("form", ["share", "exposure", "measurements", "published", *POSITIVE])
def test_blocks_change_nothing(form, monkeypatch):
    fit = random_fit(form)
    whole, ranked = reliability(fit), rankability(fit)
    assert ((whole > 0) & (whole < 1)).all()
    monkeypatch.setattr("varmodel.numerics.blocks.BLOCK", 5)
    np.testing.assert_allclose(reliability(fit), whole, rtol=1e-12)
    np.testing.assert_allclose(rankability(fit), ranked, rtol=1e-12)


def test_quotients_are_of_reference_rates():
    fit = random_fit("share")
    rates = adjusted_rates(fit)
    found = variance_components(fit)
    expected = rates.max("provider") / rates.min("provider")
    np.testing.assert_allclose(found["extremal_quotient"], expected)
    ends = rates.quantile([0.1, 0.9], dim="provider")
    np.testing.assert_allclose(found["q90_q10"], ends[1] / ends[0])
