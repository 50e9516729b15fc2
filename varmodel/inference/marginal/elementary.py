"""How the loops are compiled; exp, log and uniform numbers that are vectorised in them.

Without branches or calls, and right to a few units in the last place; the processor's or NumPy's
own would be called one number at a time.
"""

import math

import numpy as np

from varmodel.inference.marginal.loops import loop

#: Where a sum may be taken in any order.
REORDERED = {"reassoc", "contract", "arcp", "nsz"}
#: Sums keep their order, so that all copies of a function that Numba makes round alike.
FUSED = {"contract"}
#: Nothing may be put in another order: what is left of a rounding counts.
_MATHS = {"contract"}
_BIAS, _BITS = 1023, 52
_FRACTION, _ONE = (1 << _BITS) - 1, _BIAS << _BITS
#: log 2 in two parts, the first so short that it is multiplied exactly.
_OCTAVE, _REST = 0.693147180369123816490, 1.90821492927058770002e-10
_PER_OCTAVE, _ROOT = 1 / math.log(2), math.sqrt(2)
_LARGEST = 708.0
#: Added to a number it leaves the nearest whole one, in the last bits too: to turn numbers into
#: integers one after another would take as long as the rest.
_TO_WHOLE = 1.5 * 2.0**52
_TERMS = 13
_TAYLOR = np.array([1 / math.factorial(k) for k in range(_TERMS + 1)])
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SHIFT = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)


@loop(fastmath=_MATHS)
def exp(x: float) -> float:
    """Give e^x, x held within +-708."""
    x = min(max(x, -_LARGEST), _LARGEST)
    shifted = x * _PER_OCTAVE + _TO_WHOLE
    octaves = shifted - _TO_WHOLE
    r = x - octaves * _OCTAVE - octaves * _REST
    total = _TAYLOR[_TERMS]
    for k in range(_TERMS - 1, -1, -1):
        total = total * r + _TAYLOR[k]
    power = (np.float64(shifted).view(np.int64) + _BIAS) << _BITS
    return total * np.int64(power).view(np.float64)


@loop(fastmath=_MATHS)
def log(x: float) -> float:
    """Give log x of a positive normal number."""
    bits = np.float64(x).view(np.int64)
    m = np.int64((bits & _FRACTION) | _ONE).view(np.float64)  # in [1, 2)
    high = m > _ROOT
    octaves = float((bits >> _BITS) - _BIAS + high)
    m = 0.5 * m if high else m
    u = (m - 1.0) / (m + 1.0)
    square = u * u
    total = 0.0
    for k in range(_TERMS - 3, 0, -1):
        total = total * square + 1.0 / (2 * k + 1)
    return octaves * _OCTAVE + (2.0 * u + (2.0 * u * square * total + octaves * _REST))


@loop(fastmath=_MATHS)
def log1p(x: float) -> float:
    """Give log(1 + x) for x from 0 on, the rounding of 1 + x made good."""
    whole = 1.0 + x
    return log(whole) + (x - (whole - 1.0)) / whole


@loop()
def advance(state: np.uint64) -> np.uint64:
    """Step to the next state of a stream of uniform numbers."""
    return state + _GOLDEN


@loop()
def uniform(state: np.uint64) -> float:
    """Give the number in (0, 1) of a state: SplitMix64 (Steele, Lea and Flood 2014)."""
    z = (state ^ (state >> _SHIFT[0])) * _MIX[0]
    z = (z ^ (z >> _SHIFT[1])) * _MIX[1]
    z ^= z >> _SHIFT[2]
    return (np.float64(z >> _SHIFT[3]) + 0.5) * 2.0**-52
