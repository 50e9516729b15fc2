"""Whether size and performance go together (methods 2).

Every provider shrinks towards one national mean. Where the large do better, or worse, than the
small, that mean is nobody's, and a total, in which the large weigh most, is off.
"""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.estimands.draws.stacked import draws_of, label_draws
from varmodel.fits import Fit

#: The slope is taken for real where its probability of being above 0 lies outside these.
BOUNDS = (0.025, 0.975)


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """The slope of the providers' lasting effects on the log of their volume.

    Attributes
    ----------
    slope : xarray.DataArray (chain, draw) or None
        By least squares in each draw, each provider once: the change of the effect, on the link
        scale, where volume is e = 2.7 times as large. None where no volumes differ, or the data
        have none.
    prob_positive : float
        Posterior probability that it is above 0; NaN without a slope.
    """

    slope: xr.DataArray | None
    prob_positive: float

    @property
    def passed(self) -> bool:
        """Whether no slope is seen. Where False totals are provisional.

        The same model with ``log_volume`` among its effect predictors then stands beside them.
        """
        low, high = BOUNDS
        return not (self.prob_positive < low or self.prob_positive > high)


def judge_volume(fit: Fit) -> Volume:
    """Check whether performance goes with size.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Volume
        Read ``passed`` first. The effects are shrunken, so that a weak slope among noisy
        providers is not seen. Where log volume correlates .6 with performance the total is 1.22
        of the truth (methods 2).
    """
    volume = fit.frame["activity"].to_numpy() if "activity" in fit.frame else np.zeros(0)
    held = volume > 0
    log = np.log(volume[held])
    away = log - log.mean() if held.any() else log
    scale = float(away @ away)
    if scale <= len(log) * np.finfo(np.float64).eps:
        return Volume(None, math.nan)
    effect = draws_of(fit, "provider_effect", "provider")[:, held]
    slope = label_draws(fit, effect @ away / scale, name="slope_on_log_volume")
    return Volume(slope, float((slope > 0).mean()))
