"""Work through large arrays a piece at a time: memory stays bounded whatever the fit."""

from collections.abc import Iterator

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
