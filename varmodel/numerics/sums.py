"""Sums that do not depend on the order of the rows: the same bits from every engine."""

import itertools
import math

import numpy as np

from varmodel.values import Array, Index

#: Integers up to here are exact in float64; no total may pass it.
EXACT = 2.0**53
_UPPER, _LOWER = 26, 27  # bits of a mantissa that are added apart


def exact_sum(values: Array) -> float:
    """Add finite reals, rounded once from their exact sum, as math.fsum does.

    Each is m 2^e with 53 bits in m. Upper and lower bits are added apart by exponent. These sums
    are few, and whole numbers below 2^53 for up to 2^27 values: they are exact.
    """
    mantissa, exponent = np.frexp(values)
    scaled = mantissa * 2.0**_UPPER
    upper = np.rint(scaled)
    lower = (scaled - upper) * 2.0**_LOWER
    least = int(exponent.min(initial=0))
    powers = exponent - least
    places = np.arange(int(powers.max(initial=0)) + 1) + least - _UPPER
    sums = [
        np.ldexp(np.bincount(powers, half, len(places)), places - shift)
        for half, shift in ((upper, 0), (lower, _LOWER))
    ]
    return math.fsum(np.concatenate(sums).tolist())


def integer_sums(values: Array, count: Index, *, owner: Index, size: int) -> Array:
    """Add integers by owner; exact while their grand total is at most :data:`EXACT`.

    Parameters
    ----------
    values, count, owner : ndarray
        A number, how often it stands, and to which of the sums it belongs, shape (row,).
    size : int
        Number of sums.
    """
    return np.bincount(owner, weights=values * count, minlength=size)


def real_sums(values: Array, count: Index, *, owner: Index, size: int) -> Array:
    """Add reals by owner, each sum rounded once from its exact value.

    Parameters as :func:`integer_sums`. A value that stands ``count`` times is taken apart into
    powers of two times the value, which are exact; math.fsum adds the parts exactly.
    """
    terms, owners = [np.empty(0)], [np.empty(0, dtype=np.int64)]
    for power in range(int(count.max(initial=0)).bit_length()):
        held = (count >> power & 1).astype(bool)
        terms.append(np.ldexp(values[held], power))
        owners.append(owner[held])
    return _fsums(np.concatenate(terms), owner=np.concatenate(owners), size=size)


def _fsums(terms: Array, *, owner: Index, size: int) -> Array:
    listed = terms[np.argsort(owner, kind="stable")].tolist()
    ends = np.cumsum(np.bincount(owner, minlength=size)).tolist()
    sums = [math.fsum(listed[start:end]) for start, end in itertools.pairwise([0, *ends])]
    return np.array(sums, dtype=np.float64)


def first_of_each(owner: Index) -> Index:
    """Find where each owner's values begin, the owners sorted; one without values has none."""
    return np.flatnonzero(np.diff(owner, prepend=-1))


def bounds_of(owner: Index, size: int) -> Index:
    """Give where each of ``size`` sorted owners begins, and the number of values, (size + 1,)."""
    return np.searchsorted(owner, np.arange(size + 1))
