"""Observed and expected counts of the providers, as a funnel takes them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import passed_on
from varmodel.estimands.draws.stacked import read_draws
from varmodel.estimands.rates.standardise import own_population
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.values import Array

_SHARES = ("share", "trial")
#: Forms of response that a funnel of ratios is of.
COUNTED = (*_SHARES, "expected", "exposure")


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Counts of the providers.

    Attributes
    ----------
    labels : list of str
    observed, expected, size : ndarray, shape (J,)
        O; E; n for proportions, else c E.
    centre : float
        c, the sum of O over the sum of E.
    is_share : bool
        Whether the counts are a number of trials each.
    attrs : dict
        What figures carry on.
    """

    labels: list[str]
    observed: Array
    expected: Array
    size: Array
    centre: float
    is_share: bool
    attrs: dict[str, Any]

    @property
    def aim(self) -> Array:
        """The count at the centre, c E."""
        return self.centre * self.expected

    @property
    def rate(self) -> Array:
        """Of proportions: the rate at the centre."""
        return np.minimum(self.aim / self.size, 1.0)


def read_counts(x: object) -> Counts:
    """Read the counts of a frame whose model has no terms, or of a fit."""
    frame = x.frame if isinstance(x, Fit) else x
    if not isinstance(frame, xr.Dataset) or "provider_index" not in frame:
        message = f"funnel takes a frame or a Fit, not {type(x).__name__}"
        fail("CONFIG.VALUE", message, fix="give what prepare or fit returns")
    form = str(frame.attrs["form"])
    if form not in COUNTED:
        message = f"a funnel of ratios is of counts, not of {form.replace('_', ' ')}"
        fail("CONFIG.VALUE", message, fix="look at plot_volume, which draws normal limits")
    cells, owner = cells_of(frame), frame["provider_index"].to_numpy()
    count = frame.sizes["provider"]
    observed, size = (np.bincount(owner, v, count) for v in (cells.response, cells.size))
    expected = _expected(x, size) if isinstance(x, Fit) else _crude(frame, observed, size)
    centre = float(observed.sum() / expected.sum())
    volume = size if form in _SHARES else centre * expected
    labels = [str(label) for label in frame["provider"].to_numpy()]
    attrs = passed_on(frame.attrs) | (x.provenance if isinstance(x, Fit) else {})
    return Counts(labels, observed, expected, volume, centre, form in _SHARES, attrs)


def _expected(fit: Fit, size: Array) -> Array:
    """Give the events that a provider's own cases would have at effect 0, posterior mean."""
    predictor = read_draws(fit).predictor
    nothing = np.zeros((len(predictor.intercept), len(size)))
    return np.asarray(own_population(fit).mean(predictor, nothing).mean(axis=0) * size)


def _crude(frame: xr.Dataset, observed: Array, size: Array) -> Array:
    """Give the declared expected events, or those at the crude rate of all."""
    if frame.sizes["term"]:
        message = "a funnel of a model with terms, or of several periods, needs coefficients"
        fail("CONFIG.VALUE", message, fix="give the fit in place of the frame")
    return size if frame.attrs["form"] == "expected" else size * observed.sum() / size.sum()
