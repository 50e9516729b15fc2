"""What chance alone makes of the providers' figures, and figures steadier than that.

A stratum is a pattern where the providers share them, else a combination of period, factors and
fifths of the cells by each number. O_j events of provider j stand beside E_j = sum_s n_js r_s at
the national rates r_s of the strata. Given the strata's sums, a count of n_js varies by
n_js r_s (1 - n_js / N_s), times (1 - r_s) N_s / (N_s - 1) for shares: V_j is the sum of these.

    X2 = (J - 1) / J  sum_j (O_j - E_j)^2 / V_j

has about a chi-square distribution of J - 1 degrees of freedom where providers do not differ,
and is larger where they do. Published values: X2 = sum (y - mean of the stratum)^2 / se^2.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from varmodel.errors import Problem, Where
from varmodel.frame.coded import Coded, group
from varmodel.frame.dataset import Parts
from varmodel.numerics import special
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index

#: Probability of so little spread where providers do not differ at all.
_TOO_STEADY = 1e-3
#: A provider whose count varies less by chance is no part of the sum: chi-square needs some.
_LEAST_VARIANCE = 3.0
_FEWEST = 12
#: Cells a pattern from which patterns are shared; bands that numbers are cut into otherwise.
_SHARED, _BANDS = 5, 5


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """Counts by owner, beside what national rates would give it.

    Attributes
    ----------
    events, expected, variance : ndarray
        O, E and V, shape (owner,).
    """

    events: Array
    expected: Array
    variance: Array


def strata_of(parts: Parts) -> Index:
    """Number the patterns, or the combinations of period, factors and bands, by cell."""
    index = parts.cells.pattern_index
    if len(index) >= _SHARED * len(parts.pattern_weight):
        return index
    columns = [Coded(column.levels, column.codes[index]) for column in parts.cells.stratum]
    banded = [column if column.is_text else _banded(column) for column in columns]
    return group(banded, len(index)).codes


def _banded(column: Coded) -> Coded:
    """Cut the numbers of the cells into fifths; few numbers stay as they are."""
    if len(column.levels) <= _BANDS:
        return column
    below = np.cumsum(np.bincount(column.codes, minlength=len(column.levels)))
    band = (_BANDS * (below - 1)) // below[-1]
    return Coded(np.arange(_BANDS), band[column.codes])


def chance_of(spec: ModelSpec, parts: Parts, *, owner: Index) -> Chance:
    """Set counts beside what the national rate of each stratum would give.

    Parameters
    ----------
    spec : ModelSpec
        Of a count's response form.
    parts : Parts
    owner : ndarray of int64
        To which sum each cell belongs, shape (cell,).
    """
    cells = spec.form.cells(parts.cells.statistics)
    stratum = strata_of(parts)
    size, events = (np.bincount(stratum, weights=w) for w in (cells.size, cells.response))
    rate = np.divide(events, size, out=np.zeros_like(size), where=size > 0)
    joint = np.unique(owner * len(size) + stratum, return_inverse=True)
    whose, which = joint[0] // len(size), joint[0] % len(size)
    held = np.bincount(joint[1], weights=cells.size)
    spread = held * rate[which] * (1 - held / np.maximum(size[which], 1e-300))
    if spec.family_row.bounded:
        spread *= (1 - rate[which]) * size[which] / np.maximum(size[which] - 1, 1)
    return Chance(
        events=np.bincount(owner, weights=cells.response),
        expected=np.bincount(whose, weights=held * rate[which]),
        variance=np.bincount(whose, weights=spread),
    )


def steady_problems(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find providers that differ less than chance alone allows."""
    square, degrees = _published(spec, parts) if spec.form.error else _counts(spec, parts)
    if degrees < _FEWEST - 1 or special.chdtr(degrees, square) > _TOO_STEADY:
        return
    message = (
        "providers differ less than chance alone would have them "
        f"(chi-square {square:.3g} on {degrees} degrees of freedom)"
    )
    fix = (
        "give the figures as they were counted: not shrunken, smoothed, predicted or made from "
        "rounded rates"
    )
    column = next(iter(spec.response_columns.values()))
    yield Problem("DESIGN.UNDERDISPERSED", message, Where(column=column), fix=fix)


def _counts(spec: ModelSpec, parts: Parts) -> tuple[float, int]:
    found = chance_of(spec, parts, owner=parts.cells.provider_index)
    told = found.variance >= _LEAST_VARIANCE
    count = int(told.sum())
    beyond = (found.events - found.expected)[told] ** 2 / found.variance[told]
    return float(beyond.sum()) * (count - 1) / max(count, 1), count - 1


def _published(spec: ModelSpec, parts: Parts) -> tuple[float, int]:
    cells = spec.form.cells(parts.cells.statistics)
    stratum = strata_of(parts)
    total, weight = (
        np.bincount(stratum, weights=w) for w in (cells.weight * cells.response, cells.weight)
    )
    beyond = cells.response - (total / weight)[stratum]
    return float((cells.weight * beyond**2).sum()), len(stratum) - len(weight)
