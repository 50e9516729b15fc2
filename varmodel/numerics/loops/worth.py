"""When compiled loops are worth loading: they are quick, but Numba takes half a second to load.

Loops that add numbers in an order of their own round in another way than NumPy does. So whether
they are taken must follow from the work alone, never from what the process has loaded before:
the same figures, to the last bit, wherever they are made.
"""

import sys

from varmodel.numerics.loops.cache import ensure_cache

#: Comparisons that NumPy takes a second or more for.
LONG_COUNT = 3e9
#: Divisions and sums a pass, of which there are several: NumPy takes as long for them as Numba
#: takes to load.
LONG_SUM = 8e6
#: Counts that NumPy draws in half a second.
LONG_DRAW = 5e6


def worth_counting(steps: float) -> bool:
    """Say whether compiled loops should do what gives the same with them, to the last bit.

    So of counts, of ranks, of sums in one order. Where they should, the caches are made ready:
    whoever asks then imports the loops.

    Parameters
    ----------
    steps : float
        How many comparisons or sums the work has.

    Returns
    -------
    bool
        True where Numba is loaded already, as after any fit by the marginal sampler, and where
        the work is so long that loading it is nothing beside.
    """
    return _ready(LONG_COUNT if "numba" not in sys.modules else 0.0, steps)


def worth_summing(steps: float) -> bool:
    """Say whether numbers should be added by compiled loops: by the length of the work alone.

    Parameters
    ----------
    steps : float
        How many terms the work has.

    Returns
    -------
    bool
    """
    return _ready(LONG_SUM, steps)


def worth_drawing(count: float) -> bool:
    """Say whether counts should be drawn by compiled loops: by how many they are alone.

    Parameters
    ----------
    count : float
        How many counts are drawn.

    Returns
    -------
    bool
    """
    return _ready(LONG_DRAW, count)


def _ready(least: float, steps: float) -> bool:
    worth = steps >= least
    if worth:
        ensure_cache()
    return worth
