"""Work shared out over threads: NumPy and compiled loops release the interpreter's lock.

How work is cut never depends on how many threads there are, so that results have the same bits.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cache, wraps
from itertools import chain

import numpy as np

from varmodel.errors import fail
from varmodel.numerics.blocks import blocks

#: Rows that draw random numbers are shared out in so many parts.
_PARTS = 4
VARIABLE = "VARMODEL_THREADS"
_limit: ContextVar[int | None] = ContextVar("limit", default=None)


def thread_count() -> int:
    """Give how many threads work is shared out over.

    Returns
    -------
    int
        The variable VARMODEL_THREADS where it is set; else the cores that this process may use.
        OMP_NUM_THREADS is for linear algebra and says nothing here. At most what
        :func:`limit_threads` allows.

    Raises
    ------
    SpecError
        CONFIG.VALUE where VARMODEL_THREADS is no whole number above 0.
    """
    stated, limit = os.environ.get(VARIABLE, "").strip(), _limit.get()
    if stated and not (stated.isascii() and stated.isdigit() and int(stated) > 0):
        fix = f"set {VARIABLE} to the number of threads, or unset it"
        fail("CONFIG.VALUE", f"{VARIABLE} must be a whole number above 0, not {stated!r}", fix=fix)
    count = int(stated) if stated else _cores()
    return count if limit is None else min(count, limit)


def _cores() -> int:
    """Count the cores that the process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def limit_threads(count: int) -> Iterator[None]:
    """Allow at most ``count`` threads inside the block, as for one of several processes."""
    token = _limit.set(count)
    try:
        yield
    finally:
        _limit.reset(token)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep linear algebra on the calling thread inside the block.

    The bits of a product depend on how many threads share it; work is shared out by
    :func:`share_out` instead. And products here are small: waking other threads, which then wait
    in a loop, costs more than they take.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def on_one_blas_thread[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """Keep the linear algebra of a function on the calling thread: of one that asks for much."""

    @wraps(work)
    def alone(*args: P.args, **options: P.kwargs) -> R:
        with one_blas_thread():
            return work(*args, **options)

    return alone


def share_out[T, R](work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do all items, on threads where there are several; results in the order of the items.

    The calling thread takes its share. Work that shares out its own work from inside does that on
    its own thread. Where items fail, no more are begun, and the first one's error is raised.
    """
    everything, threads = list(items), thread_count()
    if len(everything) < 2 or threads == 1:
        return [work(item) for item in everything]
    left = deque(enumerate(everything))
    found: dict[int, R] = {}
    failed: dict[int, Exception] = {}

    def do_some() -> None:
        with limit_threads(1):
            while (one := _next_of(left)) is not None:
                number, item = one
                try:
                    found[number] = work(item)
                except Exception as error:  # noqa: BLE001 - raised once no thread works
                    failed[number] = error
                    left.clear()

    count = min(threads, len(everything)) - 1
    helpers = [_helpers(threads - 1).submit(copy_context().run, do_some) for _ in range(count)]
    try:
        do_some()
    finally:
        left.clear()
        wait([one for one in helpers if not one.cancel()])
    if failed:
        raise failed[min(failed)]
    return [found[number] for number in range(len(everything))]


def share_out_rows[R](
    work: Callable[[slice, np.random.Generator], R],
    count: int,
    *,
    width: int,
    rng: np.random.Generator,
) -> list[R]:
    """Do rows that draw random numbers: a block at a time, in parts that have a stream each.

    Parameters
    ----------
    work : callable
        ``(rows, generator) -> R``.
    count, width : int
        Number of rows, and of elements of each, as :func:`varmodel.numerics.blocks.blocks` has
        them.
    rng : numpy.random.Generator
        The streams are spawned from it: as many, whatever the number of threads.

    Returns
    -------
    list
        What ``work`` gave of each block, in the order of the rows.
    """
    ends = np.linspace(0, count, _PARTS + 1).astype(int).tolist()

    def do(part: tuple[int, int, np.random.Generator]) -> list[R]:
        first, last, own = part
        every = blocks(last - first, width)
        return [work(slice(first + one.start, first + one.stop), own) for one in every]

    parts = zip(ends[:-1], ends[1:], rng.spawn(_PARTS), strict=True)
    return list(chain.from_iterable(share_out(do, parts)))


def _next_of[T](left: deque[T]) -> T | None:
    """Take what is next, where anything is left."""
    try:
        return left.popleft()
    except IndexError:
        return None


@cache
def _helpers(count: int) -> ThreadPoolExecutor:
    """Give threads beside the calling one: they are kept, for to begin one takes longer than work.

    A process that is forked off has none of them, and begins its own.
    """
    return ThreadPoolExecutor(count, thread_name_prefix="varmodel")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_helpers.cache_clear)
