"""Prior predictive: the priors' own moments, on the frame's own cells."""

import numpy as np
import pytest

from tests.fits.hand_made import TRUTH, whole_fit
from tests.frame.hand_made import make_model
from varmodel.errors import SpecError
from varmodel.estimands import summarise
from varmodel.frame import prepare, simulate
from varmodel.studies import prior_predictive

NAMES = ["national_rate", "lowest_rate", "highest_rate", "provider_rate", "spread", "provider_sd"]


@pytest.mark.parametrize("form", TRUTH)
def test_every_form(form):
    fit = whole_fit(form, shape=(1, 5), case_mix=("age",))
    found = prior_predictive(fit.spec, fit.frame, random_seed=1, draws=200)
    assert list(found.data_vars) == NAMES
    table = summarise(found).set_index("variable")
    assert list(table.index) == NAMES
    assert (found["lowest_rate"] <= found["provider_rate"]).all()
    assert (found["provider_rate"] <= found["highest_rate"]).all()
    assert found.attrs["observed_lowest_rate"] <= found.attrs["observed_highest_rate"]


@pytest.mark.parametrize("effect", ["student_t", "mixture", "flexible"])
def test_every_law(effect):
    fit = whole_fit(shape=(1, 5), effect=effect)
    found = prior_predictive(fit.spec, fit.frame, random_seed=1, draws=100)
    assert np.isfinite(summarise(found)["mean"]).all()


def test_the_closed_form_of_normal_priors():
    priors = {
        "intercept": {"dist": "normal", "mu": 3.0, "sigma": 2.0},
        "provider_sd": {"dist": "half_normal", "sigma": 1.5},
    }
    fit = whole_fit("measurements", shape=(1, 5), priors=priors)
    found = prior_predictive(fit.spec, fit.frame, random_seed=1, draws=4_000)
    rate = found["provider_rate"].to_numpy()
    assert rate.mean() == pytest.approx(3.0, abs=0.15)
    assert rate.var() == pytest.approx(2.0**2 + 1.5**2, rel=0.1)
    assert float(found["provider_sd"].mean()) == pytest.approx(1.5 * np.sqrt(2 / np.pi), rel=0.05)


def test_a_wider_prior_allows_more():
    narrow, wide = (
        prior_predictive(
            fit.spec.replace(priors={"provider_sd": {"dist": "half_normal", "sigma": sigma}}),
            fit.frame,
            random_seed=1,
        )["spread"].median()
        for fit in [whole_fit(shape=(1, 5))]
        for sigma in (0.05, 2.0)
    )
    assert wide > 5 * narrow


def test_the_response_is_not_read():
    fit = whole_fit(shape=(1, 5))
    other = fit.frame.assign(events=fit.frame["events"] * 0)
    one, two = (
        prior_predictive(fit.spec, frame, random_seed=1, draws=100) for frame in (fit.frame, other)
    )
    assert one.equals(two)


@pytest.mark.parametrize(
    "arguments", [{"random_seed": 1, "draws": 99}, {"random_seed": "1"}, {"random_seed": -1}]
)
def test_arguments_out_of_range(arguments):
    fit = whole_fit(shape=(1, 5))
    with pytest.raises(SpecError) as caught:
        prior_predictive(fit.spec, fit.frame, **arguments)
    assert caught.value.code == "CONFIG.VALUE"


@pytest.mark.filterwarnings("ignore:DESIGN")
def test_what_providers_share_is_in_it():
    """The variance of effects by hand: of own effects, of classes, regions and each predictor."""
    priors = {
        "class_mean": {"dist": "normal", "mu": 0.0, "sigma": 2.0},
        "class_sd": {"dist": "half_normal", "sigma": 1e-3},
        "level_sd": {"dist": "half_normal", "sigma": 1.5},
        "effect_coefficients": {"dist": "normal", "mu": 0.0, "sigma": 0.7},
    }
    spec = make_model(
        "measurements",
        classes="type",
        levels=("region",),
        effect_predictors=("beds", "staff"),
        priors=priors,
    )
    frame = prepare(spec, simulate(spec, providers=24, random_seed=1).table)
    rates = prior_predictive(spec, frame, random_seed=1, draws=4_000)
    z = frame["effect_design"].to_numpy()
    away = z - z.mean(axis=0)
    indicators = [
        np.eye(frame.sizes["class"])[frame["class_index"].to_numpy()] * 2.0,
        np.eye(int(frame["level_index"].max()) + 1)[frame["level_index"].to_numpy()[:, 0]] * 1.5,
        away * 0.7,
    ]
    whole = sum(np.square(x - x.mean(axis=0)).sum() for x in indicators) / 23
    assert float((rates["spread"] ** 2).mean()) == pytest.approx(whole, rel=0.1)
