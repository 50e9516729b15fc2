"""More spread than chance makes, allowed for in a funnel (Spiegelhalter 2005; methods 6).

Symbols: y_j a transformed figure less its target, s_j its standard error by chance, w_j = 1/s_j^2,
z_j = y_j / s_j, J providers. The ends of the z are drawn in (winsorised) or left out (trimmed), a
share of each tail, so that the outliers sought do not hide themselves; then

    phi   = mean z^2
    tau^2 = max{0, [J phi - (J - 1)] / [sum w - sum w^2 / sum w]}

| transformation | y | s |
|---|---|---|
| log | log(O / E) | 1 / sqrt E |
| sqrt | sqrt(O / E) - 1 | 1 / (2 sqrt E) |
| arcsine | arcsin sqrt(O / n) - arcsin sqrt p | 1 / (2 sqrt n) |
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from varmodel.numerics.quantiles import type_7
from varmodel.values import Array, Mask

#: The share of each tail that is drawn in or left out.
_TAIL = 0.1


@dataclass(frozen=True, slots=True)
class Transformation:
    """A scale on which a figure is nearly normal.

    Attributes
    ----------
    forward, back : callable
        Figure -> scale, and back.
    error : callable
        Size (E or n) -> standard error by chance.
    """

    forward: Callable[[Array], Array]
    back: Callable[[Array], Array]
    error: Callable[[Array], Array]


def _squared_sine(x: Array) -> Array:
    return np.asarray(np.sin(np.clip(x, 0.0, np.pi / 2)) ** 2)


def _half_root(size: Array) -> Array:
    return np.asarray(0.5 / np.sqrt(size))


TRANSFORMATIONS: Mapping[str, Transformation] = {
    "log": Transformation(np.log, np.exp, lambda size: np.asarray(1 / np.sqrt(size))),
    "sqrt": Transformation(np.sqrt, lambda x: np.maximum(x, 0.0) ** 2, _half_root),
    "arcsine": Transformation(lambda p: np.arcsin(np.sqrt(p)), _squared_sine, _half_root),
}


@dataclass(frozen=True, slots=True)
class Spread:
    """How much more the figures spread than chance makes.

    Attributes
    ----------
    phi, phi_untrimmed : float
        Mean z^2, with the tails drawn in or left out, and of all. Under chance alone the latter is
        1 on average; winsorised at a tenth of each tail the former is then .68.
    tau2 : float
        Variance between providers on the transformed scale.
    """

    phi: float
    phi_untrimmed: float
    tau2: float


def winsorised(z: Array) -> tuple[Array, Mask]:
    """Draw each tail in to its quantile; everybody is kept."""
    return np.clip(z, type_7(z, _TAIL), type_7(z, 1 - _TAIL)), np.ones(len(z), dtype=np.bool_)


def trimmed(z: Array) -> tuple[Array, Mask]:
    """Leave out who is beyond the quantile of each tail."""
    kept = (z >= type_7(z, _TAIL)) & (z <= type_7(z, 1 - _TAIL))
    return z[kept], kept


TAILS = {"winsorised": winsorised, "trimmed": trimmed}


def excess_spread(z: Array, error: Array, *, tails: str) -> Spread:
    """Estimate phi and tau^2.

    Parameters
    ----------
    z, error : ndarray, shape (J,)
        Figures in standard errors of chance, and these errors.
    tails : {"winsorised", "trimmed"}

    Returns
    -------
    Spread
    """
    values, kept = TAILS[tails](z)
    weight, count = error[kept] ** -2.0, len(values)
    phi = float(np.mean(values**2))
    free = float(weight.sum() - (weight**2).sum() / weight.sum())
    tau2 = max(0.0, (count * phi - (count - 1)) / free) if free > 0 else 0.0
    return Spread(phi, float(np.mean(z**2)), tau2)
