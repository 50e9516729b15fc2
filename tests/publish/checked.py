"""Checks made by hand, for pages."""

import numpy as np
import xarray as xr

from varmodel.studies import Checks, Clustering, Excluded, Volume

DIMS = ("chain", "draw")
TOTAL = xr.DataArray(np.linspace(2_900.0, 3_100.0, 400).reshape(4, 100), dims=DIMS)
CLUSTERED = Clustering(0.002, 3.1, "provider", "beta_binomial", False)
SIZED = Volume(TOTAL * 0 + 0.2, 0.99, TOTAL)


def checks(x, **fields):
    """Give an analysis the checks that are named; ``unlike`` holds codes."""
    unlike = fields.pop("unlike", ())
    labels = x.fit.frame["provider"].to_numpy()
    p = np.where(np.isin(labels, unlike), 0.001, 0.4)
    even = xr.DataArray(p, {"provider": labels}, ("provider",))
    return Checks(exchangeable=even, **fields)


def own_rate(mean):
    """Give an excluded provider a rate by its own figures."""
    draws = mean + 0.01 * np.linspace(-1, 1, 400).reshape(4, 100)
    return Excluded(xr.DataArray(draws, dims=DIMS))
