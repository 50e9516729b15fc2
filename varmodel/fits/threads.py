"""Work shared out over both cores: NumPy and compiled loops release the interpreter's lock."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

WORKERS = 2


def share_out[T, R](work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do all items, on threads where there are several; results in the order of the items."""
    everything = list(items)
    if len(everything) < 2 or WORKERS == 1:
        return [work(item) for item in everything]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(work, everything))
