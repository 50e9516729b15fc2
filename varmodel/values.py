"""What a number, a whole number and a seed are; the arrays that results are made of."""

import math
from numbers import Real
from typing import TypeGuard

import numpy as np
import numpy.typing as npt

from varmodel.errors import fail, show

_BITS = 1_023  # of an integer that is below the largest double

type Array = npt.NDArray[np.float64]
type Index = npt.NDArray[np.int64]
type Mask = npt.NDArray[np.bool_]


def is_real(value: object) -> TypeGuard[float]:
    """Tell a real number, NaN and infinity among them, from a truth value and everything else.

    An integer that no double can stand for is none.
    """
    if isinstance(value, int) and value.bit_length() > _BITS:
        return False
    return isinstance(value, Real) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell a finite real number from a truth value and everything else."""
    return is_real(value) and math.isfinite(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Tell a whole number from a truth value and everything else."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_seed(random_seed: object) -> int:
    """Read the seed of what is drawn."""
    if not is_whole(random_seed) or random_seed < 0:
        message = f"random_seed must be a whole number of at least 0, not {show(random_seed)}"
        fail("CONFIG.VALUE", message)
    return int(random_seed)
