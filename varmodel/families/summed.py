"""Tables of counts that are drawn and added up at once, so that no cell of them is written down."""

from dataclasses import dataclass

import numpy as np

from varmodel.families.family import Family
from varmodel.families.forms import Cells
from varmodel.families.grouped import GroupedCounts
from varmodel.families.parameters import Values
from varmodel.families.recursion import Recursion, terms_aside
from varmodel.numerics.blocks import blocks
from varmodel.numerics.threads import share_out
from varmodel.values import Array, Index

#: Terms that are laid out on each side of a mean at most, 32 KB of them.
_ASIDE = 2048
#: Terms that are laid out for a number drawn, at most: NumPy takes as long for the number.
_TERMS = 16
#: Groups are shared out over threads in so many parts, whatever the number of threads.
_PARTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class TableSums:
    """Sums of drawn tables.

    Attributes
    ----------
    by_group : ndarray, shape (table, group)
    by_pattern : ndarray, shape (table, pattern)
        Of what groups' counts are after they have been weighted.
    size : ndarray, shape (pattern,)
        The same of the sizes.
    """

    by_group: Array
    by_pattern: Array
    size: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Cells in the order of their groups, and what each table multiplies r by."""

    size: Array
    pattern: Index
    group: Index
    patterns: int
    recursion: Recursion
    growth: Array
    order: Index


def can_sum(family: Family, cells: Cells) -> bool:
    """Say whether tables can be drawn as sums: half a trial has no place in a distribution."""
    halves = family.bounded and bool((cells.size % 1).any())
    return family.recursion is not None and family.adds_up and not halves


def draw_sums(
    grouped: GroupedCounts,
    eta: Array,
    *,
    own: Values,
    departures: Array,
    weight: Array,
    rng: np.random.Generator,
) -> TableSums:
    """Draw tables of counts and add each up by group and by pattern.

    Exact to the rounding of a distribution function, some 1e-15: see
    :mod:`varmodel.numerics.loops.counts`. The caches of the loops must be ready.

    Parameters
    ----------
    grouped : GroupedCounts
        Of cells that :func:`can_sum` allows.
    eta : ndarray, shape (pattern,)
    own : mapping
        What the family's functions read of its own parameters.
    departures : ndarray, shape (group, table)
        What is added to ``eta``.
    weight : ndarray, shape (group,)
        What counts and sizes of a group count for in the sums by pattern.
    rng : numpy.random.Generator
    """
    layout = _lay_out(grouped, eta, own=own, departures=departures)
    quick = _quick_cells(layout)
    by_group, by_pattern = _draw_quick(layout, quick, weight=weight, rng=rng)
    slow = np.setdiff1d(np.arange(len(layout.size)), quick)
    for block in blocks(len(slow), departures.shape[1]):
        at = slow[block]
        group, pattern = layout.group[at], layout.pattern[at]
        some = Cells(np.zeros((len(at), 1)), layout.size[at, np.newaxis])
        predictor = eta[pattern, np.newaxis] + departures[group]
        events = grouped.family.draw(rng, some, predictor, own)
        np.add.at(by_group, group, events)
        np.add.at(by_pattern, pattern, weight[group, np.newaxis] * events)
    by_group, by_pattern = (np.ascontiguousarray(x.T) for x in (by_group, by_pattern))
    return TableSums(by_group, by_pattern, grouped.size @ weight)


def _lay_out(grouped: GroupedCounts, eta: Array, *, own: Values, departures: Array) -> _Layout:
    if grouped.family.recursion is None:
        raise TypeError(grouped.family.name)
    listed = grouped.size.tocoo()
    place = np.argsort(listed.col, kind="stable")
    size, pattern, group = (np.asarray(x)[place] for x in (listed.data, listed.row, listed.col))
    pattern, group = pattern.astype(np.int64), group.astype(np.int64)
    recursion = grouped.family.recursion(Cells(np.zeros_like(size), size), eta[pattern], own)
    order = np.argsort(departures, axis=1, kind="stable")
    growth = np.exp(np.take_along_axis(departures, order, axis=1))
    return _Layout(size, pattern, group, len(eta), recursion, growth, order)


def _quick_cells(layout: _Layout) -> Index:
    """Find the cells whose distributions are laid out sooner than NumPy draws."""
    from varmodel.numerics.loops.counts import SHIFT

    lowest, highest = layout.growth[layout.group, 0], layout.growth[layout.group, -1]
    sd, tables = layout.recursion.largest_sd(lowest, highest), layout.growth.shape[1]
    times = np.minimum(1 + np.log(highest / lowest) * sd / SHIFT, tables)
    terms = 20 + 18 * sd
    return np.flatnonzero((terms_aside(sd) <= _ASIDE) & (terms * times <= _TERMS * tables))


def _draw_quick(
    layout: _Layout, quick: Index, *, weight: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw those cells, and add them up: (group, table) and (pattern, table)."""
    by_group = np.zeros(layout.growth.shape)

    def by_loops(part: tuple[Index, np.random.Generator]) -> Array:
        by_pattern = np.zeros((layout.patterns, by_group.shape[1]))
        _draw_by_loops(layout, part[0], weight=weight, sums=(by_group, by_pattern), rng=part[1])
        return by_pattern

    # no two parts share a group, so that no two threads add to one number
    ends = np.linspace(0, len(by_group), _PARTS + 1)[1:-1]
    parts = np.split(quick, np.searchsorted(layout.group[quick], ends))
    drawn = share_out(by_loops, zip(parts, rng.spawn(_PARTS), strict=True))
    return by_group, np.sum(drawn, axis=0)


def _draw_by_loops(
    layout: _Layout,
    some: Index,
    *,
    weight: Array,
    sums: tuple[Array, Array],
    rng: np.random.Generator,
) -> None:
    from varmodel.numerics.loops.counts import draw_counts

    recursion, tables = layout.recursion, layout.growth.shape[1]
    cells = recursion.r[some], recursion.end[some], layout.group[some], layout.pattern[some]
    terms, count = 2 * _ASIDE + 1, len(cells[0])
    room = np.empty(terms), np.empty(terms + 1), np.empty(2 * _ASIDE, dtype=np.int64)
    parts = list(blocks(count, tables))
    uniform = np.empty((max((x.stop - x.start for x in parts), default=0), tables))
    for part in parts:
        drawn = rng.random(out=uniform[: part.stop - part.start])
        args = layout.growth, layout.order, weight, *sums, room
        draw_counts(drawn, cells, recursion.slope, part.start, *args)
