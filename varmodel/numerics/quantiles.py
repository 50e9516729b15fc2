"""The two quantiles that results use, with exact arithmetic at the order statistics.

``(n - 1) q`` and ``n q`` are often whole numbers that floating point misses by one unit in the
last place; a quantile must then *be* a provider's figure, not lie beside it.
"""

import math

import numpy as np

from varmodel.numerics.blocks import blocks
from varmodel.values import Array

_WHOLE = 1e-9


def type_7(x: Array, q: float, *, is_sorted: bool = False) -> Array:
    """Interpolate linearly between order statistics at (n - 1) q, along the last axis.

    Hyndman & Fan (1996), type 7: the default of NumPy and R.
    """
    index = (x.shape[-1] - 1) * q
    whole = round(index)
    if abs(index - whole) < _WHOLE:
        ordered = x if is_sorted else np.partition(x, whole, axis=-1)
        return np.array(ordered[..., whole])
    low = math.floor(index)
    ordered = x if is_sorted else np.partition(x, (low, low + 1), axis=-1)
    below, above = ordered[..., low], ordered[..., low + 1]
    return np.asarray(below + (above - below) * (index - low))


def inverted_cdf(x: Array, q: float) -> Array:
    """Take the smallest value with a share of at least ``q`` at or below it, along the last axis.

    Hyndman & Fan (1996), type 1: always one of the values.
    """
    position = max(1, math.ceil(x.shape[-1] * q - _WHOLE)) - 1
    return np.asarray(np.partition(x, position, axis=-1)[..., position])


def better_quantile(x: Array, share: float, *, sign: int) -> Array:
    """Take the value that a share of the providers is at or worse than, along the last axis.

    With ``sign`` +1 high is good; with -1 low is good (methods 7).
    """
    rows = x.reshape(-1, x.shape[-1])
    found = np.empty(len(rows))
    for part in blocks(*rows.shape):
        found[part] = type_7(sign * rows[part], share)
    return sign * found.reshape(x.shape[:-1])
