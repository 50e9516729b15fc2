"""One period: what lasts and what passes, parted by the share that the model declares.

    b_j = u_j + v_j        effect of the one period, sd tau, as it was fitted
    share ~ Beta           one draw a posterior draw
    u_j | b_j ~ N((1 - share) b_j, tau^2 share (1 - share)),  v_j = b_j - u_j     (methods 2)

so that u and v are independent with variances (1 - share) tau^2 and share tau^2.
"""

import numpy as np
import xarray as xr

from varmodel.fits import Fit
from varmodel.frame import periods_of
from varmodel.numerics.streams import generator


def part_by_share(fit: Fit, *, random_seed: int) -> Fit:
    """Part the provider effects of a fit; one without a declared share stays as it is."""
    declared = fit.spec.transient_share
    if declared is None:
        return fit
    table = str(fit.frame.attrs["source_hash"])
    rng = generator(random_seed, "transient share", source_hash=table)
    posterior = fit.posterior
    tau, both = posterior["provider_sd"], posterior["provider_effect"]
    share = tau.copy(data=rng.beta(*declared.shape, tau.shape)).rename("transient_share")
    noise = both.copy(data=rng.standard_normal(both.shape))
    lasting = (1 - share) * both + tau * np.sqrt(share * (1 - share)) * noise
    passing = (both - lasting).expand_dims(period=periods_of(fit.frame), axis=-1)
    posterior = posterior.assign(
        provider_sd=tau * np.sqrt(1 - share),
        provider_effect=lasting.transpose(*both.dims),
        transient_sd=tau * np.sqrt(share),
        transient_share=share,
        transient_effect=passing.transpose("chain", "draw", "provider", "period"),
    )
    draws = fit.draws.assign({"posterior": xr.DataTree(posterior)})
    draws.attrs = {**fit.draws.attrs, "transient": "iid"}
    return Fit(fit.spec, fit.frame, draws)
