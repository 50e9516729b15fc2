"""Log densities of hand-made draws: against integrals and closed forms."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from tests.fits.hand_made import whole_fit
from varmodel.errors import SpecError
from varmodel.estimands.prediction.log_densities import with_log_densities
from varmodel.fits import load_fit, save_fit

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


def test_the_fit_is_saved_with_them_and_no_other_unit_is_taken(tmp_path):
    save_fit(with_log_densities(FIT), tmp_path / "fit")
    assert {"log_prior", "log_likelihood"} <= set(load_fit(tmp_path / "fit").draws.children)
    with pytest.raises(SpecError, match="allowed: provider, cell"):
        with_log_densities(FIT, by="patient")
