"""The prior of provider_sd against a moment estimate of it."""

import numpy as np
import pandas as pd
import pytest

from tests.estimands.hand_made import passing_fit
from tests.fits.hand_made import fit_of, whole_fit
from varmodel import ModelSpec, fit, prepare
from varmodel.families import Prior
from varmodel.studies import conflict, prior_conflict


def values(sd, *, error=0.1, providers=12, prior=1.0, seed=2):
    """Fit published values of which everything is known."""
    rng = np.random.default_rng(seed)
    effect = rng.standard_normal(providers)
    effect = sd * (effect - effect.mean()) / effect.std(ddof=1)
    labels = [f"T{number:02d}" for number in range(providers)]
    table = pd.DataFrame({"trust": labels, "value": 50 + effect, "se": error})
    spec = ModelSpec(
        name="values",
        provider="trust",
        better="higher",
        value="value",
        standard_error="se",
        family="normal",
        priors={"provider_sd": Prior("half_normal", sigma=prior)},
    )
    return fit(spec, prepare(spec, table), random_seed=1, draws=500, progressbar=False)


def test_a_prior_that_erases_the_effects_is_named_with_both_figures():
    reason = prior_conflict(values(1.0, prior=0.005))
    assert reason.startswith("the prior of provider_sd and the data disagree: by the data alone")
    assert "about 0.995" in reason  # root of 1 - .1^2: the sampling variance taken off
    assert "priors.provider_sd" in reason


@pytest.mark.filterwarnings("ignore:DESIGN.UNDERDISPERSED")  # .02 beside a sampling sd of .1
@pytest.mark.parametrize("sd", [0.02, 0.05, 1.0, 2.5])
def test_a_prior_that_holds_the_spread_is_not_named(sd):
    """Far below and at half of the sampling sd; at one and two and a half prior sds."""
    assert prior_conflict(values(sd)) == ""


def test_noise_that_could_be_anything_is_no_conflict():
    """The estimate lies far beyond the posterior; but the data would have it at 0 as well."""
    noisy = values(3.5, error=3.0, providers=6, prior=0.2)
    effect, precision = conflict._unshrunken(noisy)
    mean = (precision @ effect) / precision.sum()
    estimate = conflict.moment_variance(precision, precision * (effect - mean)) ** 0.5
    assert estimate > float(noisy.posterior["provider_sd"].max())
    assert prior_conflict(noisy) == ""


def test_the_unshrunken_effect_of_a_normal_value_is_its_deviation():
    found = values(1.0, error=0.5)
    effect, precision = conflict._unshrunken(found)
    level = float(found.posterior["intercept"].mean())
    np.testing.assert_allclose(effect, found.frame["value"] - level)
    np.testing.assert_allclose(precision, 4.0)


@pytest.mark.parametrize("form", ["share", "expected", "measurements"])
def test_effects_held_near_nought_are_seen_in_counts_and_measurements(form):
    """Draws by hand of a spread that the data contradict, and of theirs."""
    priors = {"provider_sd": {"dist": "half_normal", "sigma": 0.001}}
    made = whole_fit(form, providers=20, priors=priors)
    assert prior_conflict(made) == ""  # of these draws the spread is the data's own
    held = made.posterior.assign(
        provider_sd=made.posterior["provider_sd"] * 0.001,
        provider_effect=made.posterior["provider_effect"] * 0.0,
    )
    assert prior_conflict(fit_of(made.spec, made.frame, posterior=held))
    wide = made.spec.replace(priors={"provider_sd": Prior("half_normal", sigma=1)})
    assert prior_conflict(fit_of(wide, made.frame, posterior=held)) == ""  # it was not the prior


def test_the_lower_limit_is_that_at_which_so_much_spread_has_a_chance_of_a_twentieth():
    rng = np.random.default_rng(1)
    precision = rng.uniform(1, 30, 15)
    beyond = 0
    for _ in range(400):
        effect = rng.normal(0, np.sqrt(0.6**2 + 1 / precision))
        beyond += conflict._lower_limit(effect, precision) > 0.6
    assert 8 <= beyond <= 34  # binomial, 400 of .05: 1 in 1,000 beyond
    assert conflict._lower_limit(np.zeros(5), np.ones(5)) == pytest.approx(0, abs=1e-12)


def test_what_passes_is_no_evidence_of_what_lasts():
    """The unshrunken effect and its precision are those of the whole covariance."""
    fit = passing_fit("measurements")
    effect, precision = conflict._unshrunken(fit)
    means = fit.posterior.mean(("chain", "draw"))
    frame, own = fit.frame, fit.frame["provider_index"].to_numpy()
    design = frame["design"].to_numpy()[frame["pattern_index"].to_numpy()]
    away = (
        frame["mean"].to_numpy()
        - float(means["intercept"])
        - design @ means["coefficients"].to_numpy()
    )
    noise = float(means["residual_sd"]) ** 2 / frame["measurements"].to_numpy()
    places = np.array([0, 1, 2, 4])[frame["period_index"].to_numpy()]
    passing = float(means["transient_sd"]) ** 2 * float(means["transient_rho"]) ** np.abs(
        np.subtract.outer(places, places)
    )
    for provider in range(9):
        mine = own == provider
        weight = np.linalg.inv(np.diag(noise[mine]) + passing[np.ix_(mine, mine)]).sum(axis=0)
        assert precision[provider] == pytest.approx(weight.sum())
        assert effect[provider] == pytest.approx(weight @ away[mine] / weight.sum())
