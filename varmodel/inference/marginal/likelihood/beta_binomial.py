"""Beta-binomial counts, y of n cases, x = eta, theta = phi; each cell is one unit of dispersion.

``l(b) = sum y log p + (n - y) log q + E(phi p, y) + E(phi q, n - y)`` with p = 1 - q =
logistic(eta_i + b) and E of `rising`; what is left of the density holds no predictor.

It is not log-concave in b: far below y/n it has the slope 1, not n p. What holds instead:

- a cell's l is concave in p (each log(phi p + k) is), so it has one mode in b, and once it falls
  it never rises again: ``falls`` asks that of every cell before the nodes end;
- with r_k = phi p / (phi p + k) a term's -d^2 log(phi p + k) / db^2 is q r_k (p - q (1 - r_k)) and
  so at most p q r_k; likewise for phi q. Thus -l'' <= U = p q (T(phi p, y) + T(phi q, n - y)), at
  most n/4, and U changes by a factor e^(2 |d|) at most over a distance d: the density cannot rise
  far above straight lines between close nodes, which is what exact draws rest on and check.

There are few units a provider: heights and slopes are read from the cells, without a series.
"""

import math
from typing import NamedTuple

import numpy as np

from varmodel.inference.marginal.elementary import FUSED
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    EXCESS,
    FOURTH,
    INFORMATION,
    PARAMETER,
    SLOPE,
    THIRD,
    B,
)
from varmodel.inference.marginal.likelihood.operations import (
    Data,
    Place,
    add_score,
    add_scores,
    curvatures,
    derivatives,
    expand,
    falls,
    implements,
    kind,
    linear,
    log_likelihoods,
    rise_by_cells,
    slopes_by_cells,
)
from varmodel.inference.marginal.likelihood.rising import log_rising, rising, shares
from varmodel.inference.marginal.likelihood.series import ORDER
from varmodel.inference.marginal.loops import loop
from varmodel.values import Array

#: |eta + b| beyond this is held, so that phi p stays inside float64.
_FARTHEST = 600.0
#: Least information in units of U, where -l'' is smaller or negative.
_LEAST = 0.25
#: -l'' below this share of U is next to none.
_FLAT = 0.05


@kind(log_concave=False, steepening=2.0)
class BetaBinomial(NamedTuple):
    """Numbers of events among ``size`` cases whose probability differs by unit."""

    data: Data


@implements(linear, BetaBinomial)
def _linear(model: BetaBinomial, j: int, parameter: float) -> float:
    return 0.0  # all is in the cells


@loop(fastmath=FUSED)
def _probability(eta: float) -> tuple[float, float, float]:
    """Give p, 1 - p and e^-|eta|."""
    small = math.exp(-min(abs(eta), _FARTHEST))
    near = 1.0 / (1.0 + small)
    return (near, small * near, small) if eta > 0 else (small * near, near, small)


@loop(fastmath=FUSED)
def cell_height(y: float, n: float, phi: float, eta: float) -> float:
    """Give one cell's log likelihood."""
    p, q, small = _probability(eta)
    rest = max(-_FARTHEST, min(_FARTHEST, eta))
    log_p = min(rest, 0.0) - math.log1p(small)
    logs = log_rising(phi * p, y) + log_rising(phi * q, n - y)
    return y * log_p + (n - y) * (log_p - rest) + logs


@loop(fastmath=FUSED)
def cell_slopes(y: float, n: float, phi: float, eta: float) -> tuple[float, float, float]:
    """Give one cell's slope by eta, -l'', and the bound U on it."""
    p, q, _ = _probability(eta)
    _, t_y, v_y = rising(phi * p, y)
    _, t_n, v_n = rising(phi * q, n - y)
    bound = p * q * (t_y + t_n)
    return q * t_y - p * t_n, bound - q * q * (t_y - v_y) - p * p * (t_n - v_n), bound


@loop(fastmath=FUSED)
def _height(model: BetaBinomial, at: Place, b: float) -> float:
    data, total = model.data, 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        total += cell_height(data.response[i], data.size[i], at.parameter, eta)
    return total


@loop(fastmath=FUSED)
def _slopes(model: BetaBinomial, at: Place, b: float) -> tuple[float, float]:
    """Give l', and -l'' or a positive number in its place."""
    data, slope, information, bound = model.data, 0.0, 0.0, 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        found = cell_slopes(data.response[i], data.size[i], at.parameter, eta)
        slope += found[0]
        information += found[1]
        bound += found[2]
    return slope, max(information, _LEAST * bound)


@implements(expand, BetaBinomial, fastmath=FUSED)
def _expand(
    model: BetaBinomial, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    height, (slope, information) = _height(model, at, b), _slopes(model, at, b)
    series[:] = 0.0
    series[1], series[2] = slope, -0.5 * information
    series[ORDER] = height  # for rise_by_cells: with a reach of 0 the series is read at step 0 only
    return height, 0.0


@implements(rise_by_cells, BetaBinomial, fastmath=FUSED)
def _rise_by_cells(model: BetaBinomial, at: Place, b: float, series: Array, step: float) -> float:
    return _height(model, at, b + step) - series[ORDER]


@implements(slopes_by_cells, BetaBinomial, fastmath=FUSED)
def _slopes_by_cells(
    model: BetaBinomial, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    return _slopes(model, at, b + step)


@implements(add_score, BetaBinomial, fastmath=FUSED)
def _add_score(model: BetaBinomial, at: Place, b: float, weight: float, score: Array) -> None:
    data = model.data
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        score[i] += weight * cell_slopes(data.response[i], data.size[i], at.parameter, eta)[0]


@implements(falls, BetaBinomial, fastmath=FUSED)
def _falls(model: BetaBinomial, at: Place, b: float, side: int) -> bool:
    data = model.data
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        if side * cell_slopes(data.response[i], data.size[i], at.parameter, eta)[0] > 0.0:
            return False
    return True


@loop()
def _informations(y: Array, n: Array, phi: float, eta: Array, out: Array) -> None:
    for i in range(len(y)):
        _, information, bound = cell_slopes(y[i], n[i], phi, eta[i])
        out[i] = max(information, _LEAST * bound)


def information_of(y: Array, n: Array, *, phi: float, eta: Array) -> Array:
    """Give each cell's information about eta, positive everywhere."""
    out = np.empty(len(y))
    _informations(np.asarray(y, float), np.asarray(n, float), phi, np.asarray(eta, float), out)
    return out


@loop(fastmath=FUSED)
def cell_derivatives(
    y: float, n: float, phi: float, eta: float
) -> tuple[float, float, float, float]:
    """Give the first four derivatives of one cell's log likelihood by eta."""
    p, q, _ = _probability(eta)
    first = _of_side(p, q, shares(phi * p, y))
    second = _of_side(q, p, shares(phi * q, n - y))
    return (
        first[0] - second[0],
        first[1] + second[1],
        first[2] - second[2],
        first[3] + second[3],
    )


@loop(fastmath=FUSED)
def _of_side(
    p: float, q: float, powers: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Differentiate the sum over k of log(phi p + k) by the logit of p, four times.

    ``powers``: sums of r_k, r_k^2, r_k^3 and r_k^4, r_k = phi p / (phi p + k): dr/deta is
    q r (1 - r).
    """
    r, rr, rrr, rrrr = powers
    v, u = p * q, q - p
    one, two = r - rr, r - 3.0 * rr + 2.0 * rrr
    three = r - 7.0 * rr + 12.0 * rrr - 6.0 * rrrr
    return (
        q * r,
        -v * r + q * q * one,
        -v * u * r - 3.0 * v * q * one + q * q * q * two,
        (2.0 * v * v - v * u * u) * r
        - v * q * (u + 3.0 * (q - 2.0 * p)) * one
        - 6.0 * v * q * q * two
        + q**4 * three,
    )


@implements(curvatures, BetaBinomial, fastmath=FUSED)
def _curvatures(model: BetaBinomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        slope, information, bound = 0.0, 0.0, 0.0
        for i in range(data.starts[j], data.starts[j + 1]):
            eta = predictor[data.pattern[i], k] + s[B + k]
            found = cell_slopes(data.response[i], data.size[i], s[PARAMETER + k], eta)
            slope, information, bound = (
                slope + found[0],
                information + found[1],
                bound + found[2],
            )
        s[SLOPE + k], s[INFORMATION + k] = slope, _positive(information, bound)


@loop(fastmath=FUSED)
def _positive(information: float, bound: float) -> float:
    """Take the information, or a positive number where there is next to none."""
    return information if information > _FLAT * bound else _LEAST * bound


@implements(derivatives, BetaBinomial, fastmath=FUSED)
def _derivatives(model: BetaBinomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    _curvatures(model, j, predictor, width, s)
    _log_likelihoods(model, j, predictor, width, s)
    for k in range(width):
        second, third, fourth = 0.0, 0.0, 0.0
        for i in range(data.starts[j], data.starts[j + 1]):
            eta = predictor[data.pattern[i], k] + s[B + k]
            found = cell_derivatives(data.response[i], data.size[i], s[PARAMETER + k], eta)
            second, third, fourth = second + found[1], third + found[2], fourth + found[3]
        s[EXCESS + k] += s[INFORMATION + k] + second
        s[THIRD + k], s[FOURTH + k] = third, fourth


@implements(log_likelihoods, BetaBinomial, fastmath=FUSED)
def _log_likelihoods(model: BetaBinomial, j: int, predictor: Array, width: int, s: Array) -> None:
    data = model.data
    for k in range(width):
        height = 0.0
        for i in range(data.starts[j], data.starts[j + 1]):
            eta = predictor[data.pattern[i], k] + s[B + k]
            height += cell_height(data.response[i], data.size[i], s[PARAMETER + k], eta)
        s[BASE + k] = height


@implements(add_scores, BetaBinomial, fastmath=FUSED)
def _add_scores(
    model: BetaBinomial, j: int, predictor: Array, share: float, s: Array, score: Array
) -> None:
    data, width = model.data, score.shape[1]
    for i in range(data.starts[j], data.starts[j + 1]):
        size, response, row = data.size[i], data.response[i], predictor[data.pattern[i]]
        for k in range(width):
            slope = cell_slopes(response, size, s[PARAMETER + k], row[k] + s[B + k])[0]
            score[i, k] += share * slope
