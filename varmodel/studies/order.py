"""What is known of the order as a whole: grades, sets for all, neighbours told apart, who is first.

Simultaneous sets need more draws than an analysis takes: 20,000 of 150 providers, fewer of fewer.
Where the marginal sampler made the fit, as many are drawn for them, of very many cells fewer, if
that is still twice as many as are at hand; else these are used. The probability that was checked
says what they are worth.
"""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.errors import FitError, SpecError
from varmodel.estimands import provider_effects
from varmodel.estimands.draws.alike import Sets, sets_alike
from varmodel.estimands.ranks import grade, told_apart
from varmodel.estimands.ranks.sets import sets_and_first
from varmodel.fits import Fit
from varmodel.inference import draw_more
from varmodel.values import Array

#: Grades of a page: a place two grades off has at most this probability on average.
MOST_OFF_BY_TWO = 0.05
#: Beyond this many providers every pair would take too long: there are no grades.
MOST_GRADED = 1_000
#: Draws that simultaneous sets need, a provider, and at most in all.
_DRAWS_EACH, _DRAWS = 134, 20_000
#: Draws times cells of a panel beyond which no more are drawn: each draw of a provider's block
#: reads all its cells several times.
_MOST_WORK = 200_000_000
#: How many times the draws at hand a second sample must be, where it cannot be as large as needed.
_WORTH = 2


@dataclass(frozen=True, slots=True, eq=False)
class KnownOrder:
    """What is known of the order as a whole.

    Attributes
    ----------
    graded : xarray.Dataset or None
        Grades for a page, as ``vm.ranks.grade`` gives them; None beyond 1,000 providers.
    sets : xarray.Dataset
        Places for all providers at once, as ``vm.ranks.sets`` gives them.
    told_apart : float
        The share of neighbours whose order is known with probability .95.
    first : xarray.Dataset
        Who may truly hold the first place, as ``vm.ranks.best`` gives them.
    """

    graded: xr.Dataset | None
    sets: xr.Dataset
    told_apart: float
    first: xr.Dataset


def make_order(fit: Fit, rates: xr.DataArray) -> KnownOrder | None:
    """Read the order off the draws at hand; None where no direction is better.

    Providers of identical cells share grade and set.
    """
    better = fit.spec.better
    if better == "neither":
        return None
    alike = sets_alike(fit.frame)
    graded = None
    if rates.sizes["provider"] <= MOST_GRADED:
        graded = grade(rates, better=better, most_off_by_two=MOST_OFF_BY_TWO)
        graded["grade"] = graded["grade"].copy(
            data=_least(graded["grade"].to_numpy().astype(np.float64), alike).astype(np.int64)
        )
    share = float(told_apart(rates, better=better))
    found, first = sets_and_first(rates, better=better)
    return KnownOrder(graded, _pooled(found, alike), share, _pooled_first(first, alike))


def judge_order(
    fit: Fit, known: KnownOrder | None, *, part: str, progressbar: bool
) -> KnownOrder | None:
    """Make the sets of as many draws as they need.

    Parameters
    ----------
    fit : Fit
    known : KnownOrder or None
        What the fit's own draws say.
    part : str
        Which part of the effects is ranked.
    progressbar : bool

    Returns
    -------
    KnownOrder or None
        With sets of a second sample of the same posterior, where the fit has too few draws and
        the marginal sampler can give more; else what was known.
    """
    have = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    need = _draws_needed(fit, have)
    many = fit.frame.sizes["provider"] > MOST_GRADED  # 20,000 draws of each take gigabytes
    if known is None or many or have >= need or fit.draws.attrs.get("sampler") != "marginal":
        return known
    try:
        draws = math.ceil(need / fit.posterior.sizes["chain"])
        more = draw_more(fit, draws=draws, progressbar=progressbar)
    except (FitError, SpecError):  # the draws at hand, and the probability that was checked of them
        return known
    effects = provider_effects(more, part=part)  # rates, of one population, have their order
    found, first = sets_and_first(effects, better=fit.spec.better)
    for one, before in ((found, known.sets), (first, known.first)):
        one.attrs |= before.attrs | {"draws": one.attrs["draws"]}  # the stamp is the fit's
    alike = sets_alike(fit.frame)
    pooled = _pooled(found, alike), known.told_apart, _pooled_first(first, alike)
    return KnownOrder(known.graded, *pooled)


def _draws_needed(fit: Fit, have: int) -> int:
    """Give how many draws the sets are made of: a few more than at hand are not worth it."""
    need = min(_DRAWS, _DRAWS_EACH * fit.frame.sizes["provider"])
    most = need if fit.transient == "none" else _MOST_WORK // fit.frame.sizes["cell"]
    return need if need <= most else (most if most >= _WORTH * have else have)


def _pooled(found: xr.Dataset, alike: Sets) -> xr.Dataset:
    """Give providers of identical cells the set that holds all of theirs."""
    ends = {
        "lower": _least(found["lower"].to_numpy(), alike),
        "upper": -_least(-found["upper"].to_numpy(), alike),
        "shared_rank": _least(found["shared_rank"].to_numpy(), alike),
    }
    return found.assign({name: found[name].copy(data=x) for name, x in ends.items()})


def _pooled_first(first: xr.Dataset, alike: Sets) -> xr.Dataset:
    """Let whoever has the figures of a member be one."""
    member = _least(-first["member"].to_numpy().astype(np.float64), alike) < 0
    return first.assign(member=first["member"].copy(data=member))


def _least(values: Array, alike: Sets) -> Array:
    """Give each provider the least value of those that are like it."""
    least = np.full(int(alike.max()) + 1, np.inf)
    np.minimum.at(least, alike, values)
    return least[alike]
