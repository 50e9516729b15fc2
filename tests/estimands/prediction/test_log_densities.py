"""Log densities of hand-made draws: against integrals and closed forms."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import integrate, special, stats

from tests.fits.hand_made import whole_fit
from varmodel.errors import SpecError
from varmodel.estimands.prediction.log_densities import log_priors, with_log_densities
from varmodel.fits import Fit, load_fit, save_fit
from varmodel.frame import prepare, resolve_priors
from varmodel.spec import ModelSpec

PRIORS = {"provider_sd": {"dist": "half_normal", "sigma": 0.3}}
FIT = whole_fit(case_mix=("age",), shape=(2, 3), priors=PRIORS)


def predictor(fit, chain, draw):
    """Give the linear predictor of each cell without its effect."""
    at = fit.posterior.isel(chain=chain, draw=draw)
    design = fit.frame["design"].to_numpy()[fit.frame["pattern_index"].to_numpy()]
    return at, float(at["intercept"]) + design @ at["coefficients"].to_numpy()


def test_a_provider_s_effect_is_integrated_out():
    found = with_log_densities(FIT).draws["log_likelihood"]["response"]
    assert found.dims == ("chain", "draw", "provider")
    at, eta = predictor(FIT, 1, 2)
    sd, owner = float(at["provider_sd"]), FIT.frame["provider_index"].to_numpy()
    events, trials = FIT.frame["events"].to_numpy(), FIT.frame["trials"].to_numpy()
    for j, label in enumerate(FIT.frame["provider"].to_numpy()):
        own = owner == j

        def density(b, own=own):
            rate = special.expit(eta[own] + b)
            fit = stats.binom.logpmf(events[own], trials[own], rate).sum()
            return np.exp(fit + stats.norm.logpdf(b, 0, sd))

        whole, _ = integrate.quad(density, -8 * sd, 8 * sd, points=[0], limit=300, epsabs=0)
        got = float(found.sel(chain=1, draw=2, provider=label))
        assert got == pytest.approx(np.log(whole), abs=1e-7)


def test_a_cell_is_given_its_provider_s_effect():
    found = with_log_densities(FIT, by="cell").draws["log_likelihood"]["response"]
    at, eta = predictor(FIT, 0, 1)
    effect = at["provider_effect"].to_numpy()[FIT.frame["provider_index"].to_numpy()]
    events, trials = FIT.frame["events"].to_numpy(), FIT.frame["trials"].to_numpy()
    wanted = stats.binom.logpmf(events, trials, special.expit(eta + effect))
    np.testing.assert_allclose(found.sel(chain=0, draw=1), wanted, rtol=1e-9)


def test_the_log_prior_has_a_variable_a_parameter():
    prior = with_log_densities(FIT).draws["log_prior"]
    assert set(prior.data_vars) == {"intercept", "coefficients", "provider_sd"}
    sd = FIT.posterior["provider_sd"]
    np.testing.assert_allclose(prior["provider_sd"], stats.halfnorm.logpdf(sd, scale=0.3))


def test_centred_means_of_classes_have_the_density_of_what_was_centred():
    """Of A r, r normal and A = 1 - share': singular, and not the product over classes."""
    share, rng = np.array([0.8, 0.2]), np.random.default_rng(1)
    means = rng.normal(size=(2, 5, 2))
    means -= (means @ share)[..., np.newaxis]
    fields = {"value": "rate", "standard_error": "se", "family": "normal", "classes": "type"}
    prior = {"provider_sd": {"dist": "half_normal", "sigma": 0.5}}
    spec = ModelSpec(name="x", provider="trust", better="lower", priors=prior, **fields)
    kind, rate = ["a"] * 16 + ["b"] * 4, rng.normal(size=20)
    table = {"trust": [f"P{j:02d}" for j in range(20)], "rate": rate, "se": 0.1, "type": kind}
    frame = prepare(spec, pd.DataFrame(table))
    coords = {"class": frame["class"].to_numpy()}
    posterior = xr.Dataset({"class_mean": (("chain", "draw", "class"), means)}, coords)
    found = log_priors(Fit(spec, frame, xr.DataTree.from_dict({"posterior": posterior})))
    sigma = dict(resolve_priors(spec, frame)["class_mean"].parameters)["sigma"]
    centre = np.eye(2) - share
    law = stats.multivariate_normal(np.zeros(2), sigma**2 * centre @ centre.T, allow_singular=True)
    apart = found["class_mean"].sum("class").to_numpy() - law.logpdf(means)
    assert np.ptp(apart) == pytest.approx(0, abs=1e-9)


def test_the_fit_is_saved_with_them_and_no_other_unit_is_taken(tmp_path):
    save_fit(with_log_densities(FIT), tmp_path / "fit")
    assert {"log_prior", "log_likelihood"} <= set(load_fit(tmp_path / "fit").draws.children)
    with pytest.raises(SpecError, match="allowed: provider, cell"):
        with_log_densities(FIT, by="patient")
