"""Memory of the threads that work on blocks of points."""

import threading

import numpy as np

from varmodel.values import Array

_held = threading.local()


def at_each(values: Array | float, points: int) -> Array:
    """Give one value a point in memory of its own, as the loops read it."""
    found = np.empty(points)
    found[...] = values
    return found


def held_array(rows: int, columns: int) -> Array:
    """Give memory that the thread holds on to: fresh pages would cost more than the work."""
    held = getattr(_held, "array", np.empty(0))
    if held.size < rows * columns:
        held = _held.array = np.empty(rows * columns)
    return np.asarray(held[: rows * columns].reshape(rows, columns))
