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

import numba as nb
import numpy as np

from varmodel.families.links import Array
from varmodel.inference.marginal.elementary import FUSED, LOOP
from varmodel.inference.marginal.likelihood.operations import (
    Data,
    Place,
    add_score,
    expand,
    falls,
    implements,
    kind,
    linear,
    rise_by_cells,
    slopes_by_cells,
)
from varmodel.inference.marginal.likelihood.rising import rising
from varmodel.inference.marginal.likelihood.series import ORDER

#: |eta + b| beyond this is held, so that phi p stays inside float64.
_FARTHEST = 600.0
#: Least information in units of U, where -l'' is smaller or negative.
_LEAST = 0.25


@kind(log_concave=False)
class BetaBinomial(NamedTuple):
    """Numbers of events among ``size`` cases whose probability differs by unit."""

    data: Data


@implements(linear, BetaBinomial)
def _linear(model: BetaBinomial, j: int, parameter: float) -> float:
    return 0.0  # all is in the cells


@nb.njit(**LOOP, fastmath=FUSED)
def cell_terms(y: float, n: float, phi: float, eta: float) -> tuple[float, float, float, float]:
    """Give one cell's log likelihood, its slope by eta, -l'', and the bound U on -l''."""
    eta = max(-_FARTHEST, min(_FARTHEST, eta))
    small = math.exp(-abs(eta))
    near, far = 1.0 / (1.0 + small), small / (1.0 + small)
    p, q = (near, far) if eta > 0 else (far, near)
    log_p = min(eta, 0.0) - math.log1p(small)
    logs_y, t_y, v_y = rising(phi * p, y)
    logs_n, t_n, v_n = rising(phi * q, n - y)
    height = y * log_p + (n - y) * (log_p - eta) + logs_y + logs_n
    bound = p * q * (t_y + t_n)
    information = bound - q * q * (t_y - v_y) - p * p * (t_n - v_n)
    return height, q * t_y - p * t_n, information, bound


@nb.njit(**LOOP, fastmath=FUSED)
def _sums(model: BetaBinomial, at: Place, b: float) -> tuple[float, float, float]:
    """Give l, l', and -l'' or a positive number in its place."""
    data, height, slope, information, bound = model.data, 0.0, 0.0, 0.0, 0.0
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        found = cell_terms(data.response[i], data.size[i], at.parameter, eta)
        height += found[0]
        slope += found[1]
        information += found[2]
        bound += found[3]
    return height, slope, max(information, _LEAST * bound)


@implements(expand, BetaBinomial, fastmath=FUSED)
def _expand(
    model: BetaBinomial, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    height, slope, information = _sums(model, at, b)
    series[:] = 0.0
    series[1], series[2] = slope, -0.5 * information
    series[ORDER] = height  # for rise_by_cells: with a reach of 0 the series is read at step 0 only
    return height, 0.0


@implements(rise_by_cells, BetaBinomial, fastmath=FUSED)
def _rise_by_cells(model: BetaBinomial, at: Place, b: float, series: Array, step: float) -> float:
    return _sums(model, at, b + step)[0] - series[ORDER]


@implements(slopes_by_cells, BetaBinomial, fastmath=FUSED)
def _slopes_by_cells(
    model: BetaBinomial, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    _, slope, information = _sums(model, at, b + step)
    return slope, information


@implements(add_score, BetaBinomial, fastmath=FUSED)
def _add_score(model: BetaBinomial, at: Place, b: float, weight: float, score: Array) -> None:
    data = model.data
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        score[i] += weight * cell_terms(data.response[i], data.size[i], at.parameter, eta)[1]


@implements(falls, BetaBinomial, fastmath=FUSED)
def _falls(model: BetaBinomial, at: Place, b: float, side: int) -> bool:
    data = model.data
    for i in range(data.starts[at.j], data.starts[at.j + 1]):
        eta = at.predictor[data.pattern[i]] + b
        if side * cell_terms(data.response[i], data.size[i], at.parameter, eta)[1] > 0.0:
            return False
    return True


@nb.njit(**LOOP)
def _informations(y: Array, n: Array, phi: float, eta: Array, out: Array) -> None:
    for i in range(len(y)):
        _, _, information, bound = cell_terms(y[i], n[i], phi, eta[i])
        out[i] = max(information, _LEAST * bound)


def information_of(y: Array, n: Array, *, phi: float, eta: Array) -> Array:
    """Give each cell's information about eta, positive everywhere."""
    out = np.empty(len(y))
    _informations(np.asarray(y, float), np.asarray(n, float), phi, np.asarray(eta, float), out)
    return out
