"""What a number, a whole number and a seed are; the arrays that results are made of."""

import math
from numbers import Real
from typing import TypeGuard

import numpy as np
import numpy.typing as npt

from varmodel.errors import fail, show

type Array = npt.NDArray[np.float64]
type Index = npt.NDArray[np.int64]
type Mask = npt.NDArray[np.bool_]


def is_real(value: object) -> TypeGuard[float]:
    """Tell a real number, NaN and infinity among them, from a truth value and everything else."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell a finite real number from a truth value and everything else."""
    try:
        return is_real(value) and math.isfinite(value)
    except OverflowError:  # an integer beyond the floats
        return False


def is_whole(value: object) -> TypeGuard[int]:
    """Tell a whole number from a truth value and everything else."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_seed(random_seed: object) -> int:
    """Read the seed of what is drawn."""
    if not is_whole(random_seed) or random_seed < 0:
        message = f"random_seed must be a whole number of at least 0, not {show(random_seed)}"
        fail("CONFIG.VALUE", message)
    return int(random_seed)
