"""Lasting and passing effects integrated out of a provider's likelihood: against brute force."""

import numpy as np
import pytest
from scipy import special

from tests.estimands.prediction.test_effects import RHO, SD, TAU, fit_with_periods
from tests.fits.hand_made import fit_of
from tests.inference.marginal.blocks.panels import integrate
from tests.inference.marginal.hand_made import cells_at
from varmodel.errors import SpecError
from varmodel.estimands.draws.source import read_source
from varmodel.estimands.prediction.log_densities import with_log_densities
from varmodel.families import take
from varmodel.frame import cells_of


def by_brute_force(fit, provider):
    """Integrate a provider's two periods on a grid at the first draw."""
    source, frame = read_source(fit), fit.frame
    own = frame["provider_index"].to_numpy() == provider
    cells, unit = cells_at(cells_of(frame), own), frame["period_index"].to_numpy()[own]
    design = frame["design"].to_numpy()[frame["pattern_index"].to_numpy()][own]
    at = fit.posterior.isel(chain=0, draw=0)
    eta = float(at["intercept"]) + design @ at["coefficients"].to_numpy()
    values = take(source.own, (slice(0, 1), np.newaxis))
    lags = np.abs(np.subtract.outer(np.arange(2), np.arange(2)))
    rho = RHO if fit.transient == "ar1" else 0.0
    prior = TAU**2 + SD**2 * np.where(lags == 0, 1.0, rho**lags)

    def fits(b):
        return source.family.log_likelihood(cells, eta + b[:, unit], values).sum(axis=1)

    return integrate(fits, prior)[0]


@pytest.mark.parametrize("transient", ["ar1", "iid"])
@pytest.mark.parametrize(
    ("form", "close"), [("measurements", 1e-7), ("share", 2e-3), ("expected", 2e-3)]
)
def test_it_is_the_integral(form, close, transient):
    fit = fit_with_periods(form, shape=(2, 3), periods=2, transient=transient)
    found = with_log_densities(fit).draws["log_likelihood"]["response"]
    assert found.dims == ("chain", "draw", "provider")
    for j in range(3):
        assert float(found[0, 0, j]) == pytest.approx(by_brute_force(fit, j), abs=close), j


def test_whole_panels_and_other_shapes_of_effects():
    fit = fit_with_periods("share", shape=(2, 3))
    found = with_log_densities(fit).draws["log_likelihood"]["response"]
    assert np.isfinite(found).all()
    assert special.logsumexp(found) < 0
    posterior = fit.posterior.assign(effect_nu=fit.posterior["intercept"] * 0 + 5.0)
    other = fit_of(fit.spec.replace(effect="student_t"), fit.frame, posterior=posterior)
    other.draws.attrs["transient"] = "ar1"
    with pytest.raises(SpecError, match="not normal"):
        with_log_densities(other)
