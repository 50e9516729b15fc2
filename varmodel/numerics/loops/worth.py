"""When compiled loops are worth loading: they are quick, but Numba takes half a second to load."""

import sys

from varmodel.numerics.loops.cache import ensure_cache

#: Elementary steps that NumPy takes a second or more for.
LONG_WORK = 3e9


def worth_compiling(steps: float) -> bool:
    """Say whether work should be left to compiled loops.

    Where it is, the caches are made ready: whoever asks then imports the loops.

    Parameters
    ----------
    steps : float
        How many elementary steps (comparisons, exponentials) the work has.

    Returns
    -------
    bool
        True where Numba is loaded already, as after any fit by the marginal sampler, and where
        the work is so long that loading it is nothing beside.
    """
    worth = "numba" in sys.modules or steps >= LONG_WORK
    if worth:
        ensure_cache()
    return worth
