"""One provider's log likelihood as a function of its effect: Taylor's series, or the cells anew.

With ``o`` the predictor of a cell (exp(eta), exp(-eta) or eta) a likelihood is of one of three
kinds, each times ``scale``:

- binomial: ``pull b - sum size log(1 + o e^b)``;
- exponential (Poisson: sign 1; gamma: sign -1): ``pull b - sum size o e^(sign b)``;
- quadratic: ``-1/2 sum size (response - o - b)^2``.

One pass over the cells gives fifteen derivatives; within ``reach`` the series is exact to
1e-7, beyond it the cells are read again.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from varmodel.families.links import Array
from varmodel.inference.marginal.loops import loop

type Index = npt.NDArray[np.integer]

BINOMIAL, EXPONENTIAL, QUADRATIC = 0, 1, 2
ORDER = 15
#: Terms of the series that the search for a mode reads.
SHORT = 7
ERROR = 1e-7
_FARTHEST = 700.0
#: Where the log likelihood has fallen by so much at its reach, heights are read so far beyond.
STEEP, BEYOND = 12.0, 1.7
MATHS = {"reassoc", "contract", "arcp", "nsz"}
#: Sums keep their order, so that all copies of a function that Numba makes round alike.
FUSED = {"contract"}


class Likelihood(NamedTuple):
    """What the loops read of a problem; cells sorted by provider.

    ``pattern``, ``size``, ``response`` (cell,); ``starts`` (provider + 1,); ``pull`` (provider,);
    ``order`` (provider,): providers by their number of cells.
    """

    kind: int
    sign: float
    pattern: Index
    size: Array
    response: Array
    starts: Index
    pull: Array
    order: Index


class Place(NamedTuple):
    """One provider at one point: its number, the predictors by pattern, the scale."""

    j: int
    odds: Array
    scale: float


def _bernoulli_cumulants() -> Array:
    """Give cumulant k of a Bernoulli, over k!, as a polynomial in v = p(1 - p).

    Those of odd order carry a factor 1 - 2p: kappa_(k+1) = v d kappa_k / dp. Shape
    (order + 1, power of v).
    """
    powers = ORDER // 2 + 2
    table, row = np.zeros((ORDER + 1, powers)), np.zeros(powers)
    row[1] = 1.0  # kappa_2 = v
    rise = np.arange(powers)
    for order in range(2, ORDER + 1):
        table[order] = row / math.factorial(order)
        slope = row * rise  # v times the derivative by v
        even = order % 2 == 0
        row = slope if even else slope - np.roll(4 * slope + 2 * row, 1)
    return table


CUMULANTS = _bernoulli_cumulants()
_FACTORIALS = np.array([1 / math.factorial(k) for k in range(ORDER + 1)])


@loop(fastmath=MATHS)
def expand(
    model: Likelihood, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    """Fill the derivatives at ``b`` over k!; return the height there and the reach.

    The binomial's sum of logs is left out of the height: 1 + o e^b of each cell is written to
    ``ones``, whose logs NumPy takes all at once.
    """
    if model.kind == BINOMIAL:
        return _expand_binomial(model, at, b, series, ones)
    if model.kind == EXPONENTIAL:
        return _expand_exponential(model, at, b, series)
    total, slope, height = 0.0, 0.0, 0.0
    for i in range(model.starts[at.j], model.starts[at.j + 1]):
        gap = model.response[i] - at.odds[model.pattern[i]] - b
        total += model.size[i]
        slope += model.size[i] * gap
        height -= 0.5 * model.size[i] * gap * gap
    series[:] = 0.0
    series[1], series[2] = at.scale * slope, -0.5 * at.scale * total
    return at.scale * height, np.inf


@loop(fastmath=MATHS)
def _expand_binomial(
    model: Likelihood, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    scale, mean = math.exp(b), 0.0
    a1 = a2 = a3 = a4 = a5 = a6 = a7 = 0.0
    u1 = u2 = u3 = u4 = u5 = u6 = u7 = 0.0
    for i in range(model.starts[at.j], model.starts[at.j + 1]):
        o = at.odds[model.pattern[i]] * scale
        whole = 1.0 + o
        ones[i] = whole
        q = 1.0 / whole
        p = o * q
        v, u, w = p * q, q - p, model.size[i]
        mean += w * p
        w *= v
        a1 += w
        u1 += w * u
        w *= v
        a2 += w
        u2 += w * u
        w *= v
        a3 += w
        u3 += w * u
        w *= v
        a4 += w
        u4 += w * u
        w *= v
        a5 += w
        u5 += w * u
        w *= v
        a6 += w
        u6 += w * u
        w *= v
        a7 += w
        u7 += w * u
    even, odd = (a1, a2, a3, a4, a5, a6, a7), (u1, u2, u3, u4, u5, u6, u7)
    series[0], series[1] = 0.0, model.pull[at.j] - mean
    for order in range(2, ORDER + 1):
        total = 0.0
        for power in range(order // 2):
            total += CUMULANTS[order, power + 1] * (odd if order % 2 else even)[power]
        series[order] = -total
    return model.pull[at.j] * b, math.pi * (2 * ERROR / max(a1, 1e-3)) ** 0.0625


@loop(fastmath=MATHS)
def _expand_exponential(
    model: Likelihood, at: Place, b: float, series: Array
) -> tuple[float, float]:
    total = 0.0
    for i in range(model.starts[at.j], model.starts[at.j + 1]):
        total += model.size[i] * at.odds[model.pattern[i]]
    expected = at.scale * total * math.exp(model.sign * b)
    pull = at.scale * model.pull[at.j]
    term = -expected
    for order in range(ORDER + 1):
        series[order] = term * _FACTORIALS[order]
        term *= model.sign
    series[0] = 0.0
    series[1] += pull
    reach = (ERROR / _FACTORIALS[ORDER] * (ORDER + 1) / max(expected, 1e-3)) ** 0.0625
    return pull * b - expected, reach


@loop()
def farthest(series: Array, reach: float) -> float:
    """Give how far heights may be read off the series.

    Its error grows with the sixteenth power of the distance; an informative likelihood falls so
    much faster that the error stands where there is no mass.
    """
    return BEYOND * reach if -series[2] * reach * reach > STEEP else reach


@loop(fastmath=MATHS)
def height(
    model: Likelihood, at: Place, b: float, series: Array, reach: float, step: float
) -> float:
    """Give the log likelihood at ``b + step`` less that at ``b``, where the series stands."""
    if abs(step) <= farthest(series, reach):
        total = series[ORDER]
        for order in range(ORDER - 1, -1, -1):
            total = total * step + series[order]
        return total
    return _rise(model, at, b, series, step)


@loop(fastmath=MATHS)
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


@loop()
def _rise(model: Likelihood, at: Place, b: float, series: Array, step: float) -> float:
    """Read the cells for a height far from where the series stands."""
    pull = at.scale * model.pull[at.j] * step
    if model.kind == EXPONENTIAL:
        far = max(-_FARTHEST, min(_FARTHEST, step))
        return pull - (series[1] - at.scale * model.pull[at.j]) * -model.sign * math.expm1(
            model.sign * far
        )
    fall, scale, total = math.exp(-abs(step)), math.exp(b), 0.0
    for i in range(model.starts[at.j], model.starts[at.j + 1]):
        o = at.odds[model.pattern[i]] * scale
        q = 1.0 / (1.0 + o)
        rise = step + math.log(o * q + q * fall) if step > 0 else math.log(q + o * q * fall)
        total += model.size[i] * rise
    return pull - total


@loop(fastmath=MATHS)
def slopes(
    model: Likelihood, at: Place, b: float, series: Array, reach: float, step: float
) -> tuple[float, float]:
    """Give slope and curvature (its negative second derivative) at ``b + step``."""
    if model.kind == QUADRATIC or abs(step) <= 0.5 * reach:
        slope, bend = 0.0, 0.0
        for order in range(SHORT, 1, -1):
            slope = slope * step + order * series[order]
            bend = bend * step + order * (order - 1) * series[order]
        return slope * step + series[1], -bend
    if model.kind == EXPONENTIAL:
        pull = at.scale * model.pull[at.j]
        growth = math.exp(model.sign * max(-_FARTHEST, min(_FARTHEST, step)))
        slope = (series[1] - pull) * growth
        return pull + slope, -model.sign * slope
    scale, mean, spread = math.exp(b + step), 0.0, 0.0
    for i in range(model.starts[at.j], model.starts[at.j + 1]):
        o = at.odds[model.pattern[i]] * scale
        q = 1.0 / (1.0 + o)
        mean += model.size[i] * o * q
        spread += model.size[i] * o * q * q
    return model.pull[at.j] - mean, spread
