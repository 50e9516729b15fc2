"""How likely it is that a provider has another's figures by chance, from above.

A provider has n_s cases and e_s events in strata s; N and E are their sums. Given the sums, two
providers of equal rates agree in the split with probability prod m(v_s) / m(sum v_s), where

    m(v) = exp(-2 v) I0(2 v)

is the probability that two Poisson counts of mean v are equal; v is n_s for sizes and
n_s p (1 - p) for events of shares. That the sums agree is judged from the other providers: the
share of them within the nearest window of N, and of N times their rates within that of E, by the
numbers in the window. Whom the judged ones are equal to is no other provider: a copy does not
make copies likely. A size that a provider has again, as a list at each quarter's end, says
nothing more.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from varmodel.frame.cells import totals
from varmodel.frame.checks.responses import INTEGERS, size_field
from varmodel.frame.coded import group
from varmodel.frame.rows import Rows
from varmodel.numerics import special
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index, Mask

_DIGITS = 1e-2  # how likely two unlike figures with decimals are to be written alike, at least
#: Sizes that so many share are a design: what is left to agree by chance is little, and a table
#: of ten such providers has an equal pair in one of twenty. More is asked of it by this much.
_COMMON, _BY_DESIGN = 0.2, float(np.log(2.5))
_SHARPEST = 20.0  # times less likely than under one rate that different rates can make a count
_NEAREST, _SHARE = 5, 0.125  # providers in a window, of the others at least


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The sums of each provider's strata, from which copies are judged.

    Attributes
    ----------
    spec : ModelSpec
    rows : Rows
    owner, events, size : ndarray
        By stratum of a provider; the strata of one stand together.
    ordered : ndarray
        All sizes from the least to the largest.
    """

    spec: ModelSpec
    rows: Rows
    owner: Index
    events: Array
    size: Array
    ordered: Array

    def of(self, alike: Collection[int]) -> float:
        """Give minus the log of how likely another provider is to agree with some that do.

        Parameters
        ----------
        alike : collection of int
            Codes of providers of equal rows.
        """
        if self.spec.form.spread or self.spec.form.error:
            return _of_values(self.rows, alike)
        me = next(iter(alike))
        own, spread = self._strata(me), self._spread(me)
        others = ~np.isin(np.arange(len(self.rows.provider.levels)), list(alike))
        n, e = (np.bincount(self.owner, weights=each) for each in (self.size, self.events))
        told = _split(spread) - float(np.log(_rates(n, e, me=me, spread=spread, others=others)))
        if self._has_decimals:
            return told + self._of_sizes(alike)
        same_size = _window(n[others], n[me])
        by_design = _BY_DESIGN if same_size > _COMMON else 0.0
        return told + _split(np.unique(self.size[own])) - float(np.log(same_size)) - by_design

    def at_most(self, alike: Collection[int]) -> float:
        """Bound what :meth:`of` gives from above, without a look at each other provider.

        Rates make a count at most ``_SHARPEST`` times less likely than one rate does, and one of
        the providers lies in the widest window.
        """
        if self.spec.form.spread or self.spec.form.error:
            return np.inf
        me = next(iter(alike))
        spread = self._spread(me)
        told = _split(spread) - float(np.log(_match(spread.sum()) / _SHARPEST))
        if self._has_decimals:
            return told + self._of_sizes(alike)
        widest = len(self.rows.provider.levels) * (2 * len(self.size) * self.ordered[-1] + 1)
        return told + _split(np.unique(self.size[self._strata(me)])) + float(np.log(widest))

    @property
    def _has_decimals(self) -> bool:
        """Whether sizes are no counts."""
        field = size_field(self.spec.form)
        return field is not None and field not in INTEGERS

    def _strata(self, provider: int) -> slice:
        return slice(*np.searchsorted(self.owner, (provider, provider + 1)).tolist())

    def _spread(self, provider: int) -> Array:
        """Give the variance of the events of each stratum by chance."""
        own = self._strata(provider)
        events = self.events[own]
        if not self.spec.family_row.bounded:
            return events
        return np.asarray(events * (1 - events / np.maximum(self.size[own], 1e-300)))

    def _of_sizes(self, alike: Collection[int]) -> float:
        """Say how much it proves that the sizes of some agree, by those of all the others."""
        theirs = np.sort(np.concatenate([self.size[self._strata(j)] for j in alike]))
        figures = np.unique(self.size[self._strata(next(iter(alike)))])
        left = len(self.size) - len(theirs)
        times = _times(self.ordered, figures) - _times(theirs, figures)
        return _unlike(times / left if left else np.ones(len(figures)))


def evidence_of(spec: ModelSpec, rows: Rows) -> Evidence:
    """Add each provider's rows up to strata."""
    quarter = [rows.quarter] if rows.quarter is not None else []
    strata = group((rows.provider, *quarter, *rows.terms, *rows.units), len(rows.count))
    events, size = totals(spec.form, rows, owner=strata.codes, size=len(strata))
    return Evidence(spec, rows, rows.provider.codes[strata.first], events, size, np.sort(size))


def _match(v: Array | float) -> Array:
    return np.asarray(special.i0e(2 * np.maximum(v, 0)))


def _split(v: Array) -> float:
    """Say how much it proves that sums split alike."""
    return max(float(-np.log(_match(v)).sum() + np.log(_match(v.sum()))), 0.0)


def _rates(n: Array, e: Array, *, me: int, spread: Array, others: Mask) -> float:
    """Give the probability of so many events: by the others' rates, or where all have one."""
    alone, held = float(_match(spread.sum())), others & (n > 0)
    if not held.any():
        return alone
    nearby = _window(n[me] * e[held] / n[held], e[me])
    return min(alone, max(nearby, alone / _SHARPEST))


def _window(values: Array, at: float) -> float:
    """Give the probability of a number by the values nearest to it, at least a few."""
    if not len(values):
        return 1.0
    gaps = np.sort(np.abs(values - at))
    wanted = max(_NEAREST, round(_SHARE * len(gaps)))
    reach = gaps[min(wanted, len(gaps)) - 1]
    return float(np.mean(gaps <= reach) / (2 * reach + 1))


def _times(ordered: Array, figures: Array) -> Array:
    """Count how often figures stand among ordered ones."""
    ends = (np.searchsorted(ordered, figures, side=side) for side in ("right", "left"))
    return np.subtract(*ends)


def _decimals(own: Array, others: Array) -> float:
    """Say how much it proves that figures with decimals agree, each unlike one once."""
    share = [np.mean(others == figure) if len(others) else 1.0 for figure in np.unique(own)]
    return _unlike(np.array(share))


def _unlike(share: Array) -> float:
    """Say how much it proves that figures agree of which a share of the others has each."""
    return float(-np.log(np.maximum(share, _DIGITS)).sum())


def _of_values(rows: Rows, alike: Collection[int]) -> float:
    """Judge measurements and published values row by row, each unlike figure once."""
    own = rows.provider.codes == next(iter(alike))
    others = ~np.isin(rows.provider.codes, list(alike))
    told = float(-np.log(_match(rows.count[own] - 1.0)).sum())
    for values in rows.response.values():
        told += _decimals(values[own], values[others])
    return told
