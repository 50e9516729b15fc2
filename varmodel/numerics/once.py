"""What several parts of a page read is made once, while that page is made.

A figure is a pure function of a fit or an analysis, and a page asks for some of them a dozen
times: the same summary for a table, a picture and a sentence.

a block in which nothing changes          -> what is marked is kept    made_once
a function, what tells its results apart  -> the same, kept            once
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

type _Key = tuple[object, ...]
#: By key: what was made, and the things that it is of, whose identities are then nobody else's.
type _Kept = dict[_Key, tuple[object, tuple[object, ...]]]

_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)
#: Bytes: what is larger is made anew, so that a page of many providers fits into memory.
_LARGEST = 200_000_000


@contextmanager
def made_once() -> Iterator[None]:
    """Keep what ``once`` marks until the outermost such block ends; outside nothing is kept.

    As long as the block lasts nobody may change what is kept, nor what it was made of.
    """
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once[**P, R](
    told_by: Callable[..., tuple[object, ...]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function whose result is kept in a block of ``made_once``.

    Parameters
    ----------
    told_by : callable
        Takes the arguments and gives the things that tell one result from another: texts are
        compared by what they say, all else by which object it is.

    Returns
    -------
    callable
        A decorator. What it marks gives the same object for the same things.
    """

    def mark(make: Callable[P, R]) -> Callable[P, R]:
        @wraps(make)
        def made(*args: P.args, **kwargs: P.kwargs) -> R:
            kept = _kept.get()
            if kept is None:
                return make(*args, **kwargs)
            things = told_by(*args, **kwargs)
            key: _Key = (make, *(x if isinstance(x, str) else id(x) for x in things))
            if key in kept:
                return kept[key][0]  # type: ignore[return-value]  # what ``make`` gave
            found = make(*args, **kwargs)
            if getattr(found, "nbytes", 0) <= _LARGEST:
                kept[key] = found, things
            return found

        return made

    return mark
