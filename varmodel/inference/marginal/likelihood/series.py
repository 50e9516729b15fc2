"""The log likelihood of one provider about an effect b: Taylor's series, or the cells anew.

======== ==================================================================
c_k      l^(k)(b) / k!, entry k of ``series``
reach    how far c_0 + c_1 d + ... + c_15 d^15 is l(b + d) - l(b) to 1e-7
======== ==================================================================
"""

import math

import numpy as np

from varmodel.inference.marginal.elementary import REORDERED
from varmodel.inference.marginal.likelihood.operations import (
    Likelihood,
    Place,
    rise_by_cells,
    slopes_by_cells,
)
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

ORDER = 15
#: Terms of the series that the search for a mode reads.
SHORT = 7
ERROR = 1e-7
#: Where the log likelihood has fallen by so much at its reach, heights are read so far beyond.
STEEP, BEYOND = 12.0, 1.7
FACTORIALS = np.array([1 / math.factorial(k) for k in range(ORDER + 1)])


@loop()
def farthest(series: Array, reach: float) -> float:
    """Give how far heights may be read off the series.

    Its error grows with the sixteenth power of the distance; an informative likelihood falls so
    much faster that the error stands where there is no mass.
    """
    return BEYOND * reach if -series[2] * reach * reach > STEEP else reach


@loop(fastmath=REORDERED)
def height(
    model: Likelihood, at: Place, b: float, series: Array, reach: float, step: float
) -> float:
    """Give the log likelihood at ``b + step`` less that at ``b``, where the series stands."""
    if abs(step) <= farthest(series, reach):
        total = series[ORDER]
        for order in range(ORDER - 1, -1, -1):
            total = total * step + series[order]
        return total
    return rise_by_cells(model, at, b, series, step)


@loop(fastmath=REORDERED)
def eight(series: Array, step: Array, first: int, value: Array) -> None:
    """Sum the series at eight steps from ``first`` on: chains that do not wait for each other."""
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = series[ORDER]
    x0, x1, x2, x3 = step[first], step[first + 1], step[first + 2], step[first + 3]
    x4, x5, x6, x7 = step[first + 4], step[first + 5], step[first + 6], step[first + 7]
    for order in range(ORDER - 1, -1, -1):
        c = series[order]
        t0, t1, t2, t3 = t0 * x0 + c, t1 * x1 + c, t2 * x2 + c, t3 * x3 + c
        t4, t5, t6, t7 = t4 * x4 + c, t5 * x5 + c, t6 * x6 + c, t7 * x7 + c
    value[first], value[first + 1], value[first + 2], value[first + 3] = t0, t1, t2, t3
    value[first + 4], value[first + 5], value[first + 6], value[first + 7] = t4, t5, t6, t7


@loop(fastmath=REORDERED)
def slopes(
    model: Likelihood, at: Place, b: float, series: Array, reach: float, step: float
) -> tuple[float, float]:
    """Give slope and information (the negative second derivative) at ``b + step``."""
    if abs(step) <= 0.5 * reach:
        slope, information = 0.0, 0.0
        for order in range(SHORT, 1, -1):
            slope = slope * step + order * series[order]
            information = information * step + order * (order - 1) * series[order]
        return slope * step + series[1], -information
    return slopes_by_cells(model, at, b, series, step)
