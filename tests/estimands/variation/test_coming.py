"""What is known of the coming period, by the precision of all that is unknown together."""

import numpy as np
import pytest

from tests.estimands.hand_made import passing_fit
from tests.estimands.variation.test_reliabilities import fisher
from varmodel.estimands import rankability
from varmodel.estimands.variation.coming import rankability_of

PLACES = np.array([0, 1, 2, 4, 5])  # nobody reports 2006Q4; the last is to come


def whole_posterior(fit, draw, sigma):
    """1 - Var(u + v_T+1) / (tau^2 + tau_v^2), coefficients, u and every v being unknown."""
    frame, posterior = fit.frame, fit.posterior.stack(sample=("chain", "draw")).isel(sample=draw)
    design = frame["design"].to_numpy()[frame["pattern_index"]]
    providers, periods = frame.sizes["provider"], frame.sizes["period"]
    who, when = (frame[f"{x}_index"].to_numpy() for x in ("provider", "period"))
    v = posterior["transient_effect"].transpose("provider", "period").to_numpy()
    eta = float(posterior["intercept"]) + design @ posterior["coefficients"].to_numpy()
    eta = eta + posterior["provider_effect"].to_numpy()[who] + v[who, when]
    cells = fit.spec.form.cells({name: frame[name].to_numpy() for name in fit.spec.form.statistics})
    weight = fisher(fit, cells, eta, posterior)
    tau, sd, rho = (
        float(posterior.get(name, 0.0)) for name in ("provider_sd", "transient_sd", "transient_rho")
    )
    own = tau**2 + sd**2 * rho ** np.abs(np.subtract.outer(PLACES, PLACES)).astype(float)
    b = np.eye(providers * (periods + 1))[who * (periods + 1) + when]  # u + v_t of each cell
    columns = np.column_stack([design, b])
    prior = np.linalg.inv(np.kron(np.eye(providers), own + 1e-10 * np.eye(len(own))))
    precision = (columns.T * weight) @ columns
    terms = design.shape[1]
    precision[:terms, :terms] += np.eye(terms) / sigma**2
    precision[terms:, terms:] += prior
    variance = np.diag(np.linalg.inv(precision))[terms:].reshape(providers, -1)[:, -1]
    return 1 - variance / (tau**2 + sd**2)


@pytest.mark.parametrize("transient", ["iid", "ar1"])
@pytest.mark.parametrize(("sigma", "rtol"), [(1e-4, 1e-5), (0.7, 0.03)])
def test_it_is_that_of_the_whole_posterior(transient, sigma, rtol):
    """With known coefficients to the last digit; what they lose is worked out from that of u."""
    priors = {"coefficients": {"dist": "normal", "sigma": sigma}}
    fit = passing_fit("share", transient=transient, priors=priors, draws=4, providers=20)
    found = rankability_of(fit, "next").to_numpy().ravel()
    expected = [np.median(whole_posterior(fit, draw, sigma)) for draw in range(8)]
    np.testing.assert_allclose(found, expected, rtol=rtol)


def test_of_what_lasts_it_is_rankability():
    fit = passing_fit("share", priors={"coefficients": {"dist": "normal", "sigma": 0.7}})
    assert rankability_of(fit, "persistent").equals(rankability(fit))
