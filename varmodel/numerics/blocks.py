"""Work through large arrays a piece at a time: memory stays bounded whatever the fit."""

from collections.abc import Callable, Iterator

import numpy as np

from varmodel.values import Array

#: Elements of the largest temporary array of a kernel: half a MB of float64, which a core's cache
#: holds beside two others, and for which no fresh pages are asked of the system.
BLOCK = 2**16


def blocks(length: int, width: int, *, largest: int | None = None) -> Iterator[slice]:
    """Cut rows into slices that hold a bounded number of elements.

    Parameters
    ----------
    length, width : int
        Number of rows, and of elements of each.
    largest : int, optional
        Elements of a slice at most, :data:`BLOCK` by default; a row is never cut.
    """
    step = max(1, (largest or BLOCK) // max(1, width))
    for start in range(0, length, step):
        yield slice(start, min(start + step, length))


def tiles(length: int, width: int, *, depth: int) -> Iterator[tuple[slice, slice]]:
    """Cut rows and columns, where each (row, column) needs ``depth`` elements."""
    columns = max(1, min(width, BLOCK // max(1, depth)))
    for rows in blocks(length, columns * depth):
        for start in range(0, width, columns):
            yield rows, slice(start, min(start + columns, width))


def once_each(function: Callable[[Array], Array], values: Array) -> Array:
    """Apply an elementwise function to what was broadcast, as often as there are numbers.

    Parameters
    ----------
    function : callable
    values : ndarray
        As ``numpy.broadcast_to`` gives it, or any other.

    Returns
    -------
    ndarray, shape of ``values``
        Read-only where it is broadcast, too.
    """
    own = tuple(slice(None) if stride else slice(1) for stride in values.strides)
    return np.broadcast_to(function(values[own]), values.shape)
