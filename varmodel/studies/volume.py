"""Whether size and performance go together (methods 2).

Every provider shrinks towards one national mean. Where the large do better, or worse, than the
small, that mean is nobody's, and a total, in which the large weigh most, is off.
"""

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.errors import VarmodelError, VarmodelWarning
from varmodel.estimands.draws.stacked import draws_of, label_draws
from varmodel.estimands.rates.parts import PERSISTENT
from varmodel.fits import Fit
from varmodel.frame import prepare
from varmodel.numerics import special
from varmodel.spec.rules import LOG_VOLUME
from varmodel.studies.checks.refits import Refit, refitted_total
from varmodel.studies.nil import UPPER_PROB
from varmodel.values import Array

#: The slope is taken for real where its probability of being above 0 lies outside these.
BOUNDS = (0.025, 0.975)
#: Fewer providers have no error of a slope.
_FEWEST = 4
#: Draws a chain where the marginal sampler's usual number gives no total: the gate asks for more of
#: NUTS, which is tried then.
_MORE_DRAWS = 1_000


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
        Probability that the slope among providers like these is above 0, by the t distribution
        of the regression of the posterior mean effects; NaN without a slope.
    total : xarray.DataArray (chain, draw) or None
        Total saving of the same model with ``log_volume`` among its effect predictors; None
        where the check passes, without savings, or where the refit failed.
    reason : str
        Why the refit has no total; empty where it has one, or where there is none to make.
    """

    slope: xr.DataArray | None
    prob_positive: float
    total: xr.DataArray | None = None
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether no slope is seen. Where False totals are provisional: read ``total``."""
        low, high = BOUNDS
        return not (self.prob_positive < low or self.prob_positive > high)

    @property
    def upper(self) -> float:
        """95 % posterior quantile of ``total``; NaN where there is none."""
        return math.nan if self.total is None else float(self.total.quantile(UPPER_PROB))


def judge_volume(fit: Fit) -> Volume:
    """Check whether performance goes with size.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Volume
        Read ``passed`` first; ``total`` is left to :func:`refit_with_volume`. Effects that are
        known well have a slope that is surely not 0 whether or not size matters: the share of
        draws above 0 would doubt .52 of tables without any relation at reliability .9, and .85 at
        .99. So the probability is that of a regression, whose error is the spread of the
        providers about it. Measured, 12 to 150 providers of reliability .5 to .95: .03 to .05 of
        tables without a relation are doubted; with a correlation of .6, which makes the total
        1.22 of the truth (methods 2), .21 to .51 of 12, .53 to .92 of 30, all of 150.
    """
    volume = fit.frame["activity"].to_numpy() if "activity" in fit.frame else np.zeros(0)
    held = volume > 0
    log = np.log(volume[held])
    away = log - log.mean() if held.any() else log
    scale = float(away @ away)
    if len(log) < _FEWEST or scale <= len(log) * np.finfo(np.float64).eps:
        return Volume(None, math.nan)
    effect = draws_of(fit, "provider_effect", "provider")[:, held]
    slope = effect @ away / scale
    labelled = label_draws(fit, slope, name="slope_on_log_volume")
    return Volume(labelled, _prob_positive(effect.mean(axis=0), away))


def _prob_positive(effect: Array, away: Array) -> float:
    """Give the probability of a slope above 0 by its t statistic."""
    freedom, scale = len(away) - 2, float(away @ away)
    slope = float(effect @ away) / scale
    rest = effect - effect.mean() - slope * away
    error = math.sqrt(float(rest @ rest) / freedom / scale)
    score = slope / error if error > 0 else math.copysign(math.inf, slope)
    return float(special.stdtr(freedom, score))


def refit_with_volume(
    found: Volume,
    fit: Fit,
    *,
    table: object,
    total: xr.DataArray,
    random_seed: int,
    progressbar: bool = True,
) -> Volume:
    """Find the total of the same model with ``log_volume``, where the check fails.

    Parameters
    ----------
    found : Volume
        From :func:`judge_volume`; returned as it is where it passed.
    fit : Fit
    table : str, path or data frame
        That of the fit.
    total : xarray.DataArray (chain, draw)
        Total saving of the fit.
    random_seed : int
        Seed of the refit and its prices.
    progressbar : bool
        Whether a terminal shows the refit.

    Returns
    -------
    Volume
        With ``total``, or the ``reason`` why there is none.
    """
    if found.passed:
        return found
    if LOG_VOLUME in fit.spec.effect_predictors:
        return replace(found, reason=f"the model has {LOG_VOLUME} already")
    spec = fit.spec.replace(effect_predictors=(*fit.spec.effect_predictors, LOG_VOLUME))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VarmodelWarning)  # they were said of the first frame
            frame = prepare(spec, table)
    except VarmodelError as error:  # as where too few providers are left to tell it
        return replace(found, reason=error.problems[0].message)
    part = str(total.attrs.get("part", PERSISTENT))
    how = Refit(part=part, random_seed=random_seed, sampler="marginal", progressbar=progressbar)
    again, reason = refitted_total(spec, frame, how=how)
    if again is None:
        how = replace(how, sampler="auto", draws=_MORE_DRAWS)
        again, reason = refitted_total(spec, frame, how=how)
    return replace(found, total=again, reason=reason)
