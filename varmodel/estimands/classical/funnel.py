"""The funnel: each provider's ratio against its volume, with the limits of chance (methods 6).

Symbols: O observed, E expected events, c = sum O / sum E the centre, n trials. A ratio is O/E; the
limits lie about c. Where chance alone is allowed for they come from the exact distribution of the
count; where more is, from the normal distribution on the transformed scale.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.classical.counts import Counts, read_counts
from varmodel.estimands.classical.limits import (
    binomial_limits,
    garwood_limits,
    interpolated_limits,
    poisson_limits,
    score_limits,
)
from varmodel.estimands.classical.outliers import benjamini_hochberg
from varmodel.estimands.classical.overdispersion import (
    TAILS,
    TRANSFORMATIONS,
    Spread,
    Transformation,
    excess_spread,
)
from varmodel.estimands.prediction.predictive import NEW, posterior_predictive
from varmodel.fits import Fit
from varmodel.numerics import special
from varmodel.numerics.quantiles import type_7
from varmodel.numerics.sums import first_of_each
from varmodel.values import Array, is_number

type Ends = tuple[Array, Array]

ADDITIVE, MULTIPLICATIVE, NO_MORE, PREDICTIVE = OVERDISPERSION = (
    "additive",
    "multiplicative",
    "none",
    "predictive",
)
#: Expected share of false flags.
FALSE_FLAGS = 0.05


def funnel(
    x: "xr.Dataset | Fit",
    *,
    limits: str = "tail",
    overdispersion: str = ADDITIVE,
    prob: Sequence[float] | float = (0.95, 0.998),
    transform: str = "auto",
    tails: str = "winsorised",
) -> pd.DataFrame:
    """Set each provider's ratio against the limits of chance, and of a stated spread beyond it.

    Parameters
    ----------
    x : xarray.Dataset or Fit
        A frame of counts whose model has no terms; or a fit, whose expected counts are those of
        the provider's own cases at effect 0. A model with terms, or of several periods, needs
        the fit.
    limits : {"tail", "garwood", "interpolated", "exact", "score"}
        Of chance alone: by the tails of the exact distribution, smooth in the volume; for counts
        ``"garwood"``, for proportions ``"exact"`` (the same as ``"tail"``) and ``"score"``; for
        both ``"interpolated"`` between whole counts.
    overdispersion : {"additive", "multiplicative", "none", "predictive"}
        What is allowed for beyond chance: a variance tau2 between providers; a factor sqrt(phi)
        of the standard errors; nothing; or, of a fit, what the model predicts of new providers
        with these cases. Where tau2 is 0, or phi at most 1, the limits are those of chance.
    prob : sequence of float
        What lies between the limits, one pair each; or one number.
    transform : {"auto", "log", "sqrt", "arcsine"}
        The scale of the z: proportions arcsine; counts log, or sqrt where it is asked for. On
        the log a count of 0 is taken as half an event.
    tails : {"winsorised", "trimmed"}
        What is done with a tenth of each tail before phi and tau2 are estimated.

    Returns
    -------
    pandas.DataFrame
        A row a provider: ``provider``, ``volume`` (trials, or expected events), ``observed``,
        ``ratio`` (O/E), for each level ``lower_<prob>`` and ``upper_<prob>`` on the scale of the
        ratio, ``z`` (with what is allowed for), ``outside`` (the largest level outside whose
        limits it lies, 0 inside all) and ``flag`` ("high", "low" or "") by Benjamini & Hochberg
        at .05. Neither is said of whom the 95 % limits of chance alone hold: on the scale of the
        z a count of 0 lies farther out than it is. ``attrs``: ``centre``, ``phi``,
        ``phi_untrimmed``, ``tau2``, and what was asked for. Lying outside says that chance, and
        the spread allowed for, rarely do this: look at the data first. Ratios on own cases do not
        rank providers.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another ``x``, measurements, a frame whose model has terms, a word or a
        ``prob`` that is not allowed.
    """
    return funnel_of(
        read_counts(x),
        x if isinstance(x, Fit) else None,
        limits=limits,
        overdispersion=overdispersion,
        prob=prob,
        transform=transform,
        tails=tails,
    )


def funnel_of(
    read: Counts,
    fit: Fit | None = None,
    *,
    limits: str = "tail",
    overdispersion: str = ADDITIVE,
    prob: Sequence[float] | float = (0.95, 0.998),
    transform: str = "auto",
    tails: str = "winsorised",
) -> pd.DataFrame:
    """Make the same of counts that were read; ``fit`` is what predictive limits come from."""
    scale = _check(read, limits=limits, overdispersion=overdispersion, transform=transform)
    if tails not in TAILS:
        fail("CONFIG.VALUE", f"unknown tails {show(tails)}; {one_of(tails, TAILS)}")
    y, error = transformed(read, scale)
    spread = excess_spread(y / error, error, tails=tails)
    chance = partial(_CHANCE[read.is_share][limits], read)
    if overdispersion == PREDICTIVE:
        new = _predicted(fit)
        ends, z = partial(_quantiles, new), _scores(read.observed, new)
    else:
        wider = widened(error, spread, overdispersion=overdispersion)
        normal = partial(on_scale, read, scale=scale, error=wider)
        ends, z = chance if wider is error else normal, y / wider
    table = _table(read, {level: ends(level) for level in _levels(prob)}, z)
    table = _not_within(table, chance(1 - FALSE_FLAGS))
    asked = {"limits": limits, "overdispersion": overdispersion, "tails": tails}
    table.attrs |= read.attrs | asdict(spread) | {"centre": read.centre} | asked
    return table


def _check(read: Counts, *, limits: str, overdispersion: str, transform: str) -> Transformation:
    """Refuse words that do not go with the counts; give the scale of the z."""
    scales = ("arcsine",) if read.is_share else ("log", "sqrt")
    for name, word, allowed in (
        ("limits", limits, tuple(_CHANCE[read.is_share])),
        ("overdispersion", overdispersion, OVERDISPERSION),
        ("transform", transform, ("auto", *scales)),
    ):
        if word not in allowed:
            kind = "proportions" if read.is_share else "counts"
            fail("CONFIG.VALUE", f"no {name} {show(word)} of {kind}; {one_of(word, allowed)}")
    return TRANSFORMATIONS[scales[0] if transform == "auto" else transform]


def _levels(prob: Sequence[float] | float) -> list[float]:
    levels = list(prob) if isinstance(prob, Iterable) else [prob]
    for level in levels:
        if not is_number(level) or not 0 < level < 1:
            fail("CONFIG.VALUE", f"prob must hold numbers between 0 and 1, not {show(level)}")
    return sorted(float(level) for level in levels)


def transformed(read: Counts, scale: Transformation) -> tuple[Array, Array]:
    """Give each figure less its target on the scale, and its standard error by chance."""
    if read.is_share:
        gap = scale.forward(read.observed / read.size) - scale.forward(read.rate)
        return gap, scale.error(read.size)
    none = 0.5 * ((read.observed == 0) & (scale is TRANSFORMATIONS["log"]))
    base = read.aim + none
    gap = scale.forward((read.observed + none) / base) - scale.forward(np.ones_like(base))
    return gap, scale.error(base)


def widened(error: Array, spread: Spread, *, overdispersion: str) -> Array:
    """Give the standard errors with what is allowed for; the same array where nothing is."""
    if overdispersion == ADDITIVE and spread.tau2 > 0:
        return np.sqrt(error**2 + spread.tau2)
    if overdispersion == MULTIPLICATIVE and spread.phi > 1:
        return error * np.sqrt(spread.phi)
    return error


def on_scale(read: Counts, level: float, *, scale: Transformation, error: Array) -> Ends:
    """Give the counts at the normal limits on the scale."""
    half = -special.ndtri((1 - level) / 2) * error
    middle = scale.forward(read.rate if read.is_share else np.ones_like(error))
    size = read.size if read.is_share else read.aim
    floor = 0.0 if scale is TRANSFORMATIONS["arcsine"] else -np.inf
    return size * scale.back(np.maximum(middle - half, floor)), size * scale.back(middle + half)


def _predicted(fit: Fit | None) -> Array:
    """Draw the counts of new providers with the cases of each, (J, S)."""
    if fit is None:
        message = "predictive limits are those of a fitted model"
        fail("CONFIG.VALUE", message, fix="give the fit in place of the frame")
    seed = int(fit.draws.attrs["random_seed"])
    cells = posterior_predictive(fit, providers=NEW, random_seed=seed).to_numpy()
    owner = fit.frame["provider_index"].to_numpy()
    sums = np.add.reduceat(cells.reshape(-1, len(owner)), first_of_each(owner), axis=1)
    return np.ascontiguousarray(sums.T)


def _quantiles(new: Array, level: float) -> Ends:
    return type_7(new, (1 - level) / 2), type_7(new, (1 + level) / 2)


def _scores(observed: Array, new: Array) -> Array:
    """Give the normal score of each count among its predictions, ties counted half."""
    seen = observed[:, np.newaxis]
    above = (new < seen).sum(axis=1) + (new == seen).sum(axis=1) / 2
    return np.asarray(special.ndtri((above + 0.5) / (new.shape[1] + 1)))


def _table(read: Counts, ends: dict[float, Ends], z: Array) -> pd.DataFrame:
    ratio = read.observed / read.expected
    columns = {"provider": read.labels, "volume": read.size, "observed": read.observed}
    table = pd.DataFrame({**columns, "ratio": ratio})
    outside = np.zeros(len(ratio))
    for level, (low, high) in ends.items():
        lower, upper = low / read.expected, high / read.expected
        table[f"lower_{level:g}"], table[f"upper_{level:g}"] = lower, upper
        outside[(ratio < lower) | (ratio > upper)] = level
    flagged = benjamini_hochberg(2 * special.ndtr(-np.abs(z)), rate=FALSE_FLAGS)
    side = np.where(z > 0, "high", "low")
    return table.assign(z=z, outside=outside, flag=np.where(flagged, side, ""))


def _not_within(table: pd.DataFrame, ends: Ends) -> pd.DataFrame:
    """Take back what is said of those whom chance alone leaves within these counts."""
    beyond = (table["observed"] < ends[0]) | (table["observed"] > ends[1])
    return table.assign(
        outside=table["outside"].where(beyond, 0.0), flag=table["flag"].where(beyond, "")
    )


type _Limits = Callable[[Counts, float], Ends]


def _of_trials(function: Callable[..., Ends]) -> _Limits:
    return lambda read, level: function(read.size, rate=read.rate, prob=level)


def _of_mean(function: Callable[..., Ends]) -> _Limits:
    return lambda read, level: function(read.aim, prob=level)


#: Whether the counts are proportions -> word -> counts between which chance alone leaves them.
_CHANCE: dict[bool, dict[str, _Limits]] = {
    True: {
        "tail": _of_trials(binomial_limits),
        "exact": _of_trials(binomial_limits),
        "score": _of_trials(score_limits),
        "interpolated": lambda read, level: interpolated_limits(
            read.aim, prob=level, trials=read.size
        ),
    },
    False: {
        "tail": _of_mean(poisson_limits),
        "garwood": _of_mean(garwood_limits),
        "interpolated": _of_mean(interpolated_limits),
    },
}
