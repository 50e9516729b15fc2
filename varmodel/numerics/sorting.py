"""Whole numbers sorted and told apart, in few passes over many of them.

A number and its place are written into one machine word: words are sorted several times as fast
as places are by numbers, and equal numbers keep their order.
"""

import numpy as np

from varmodel.values import Index

_BITS = 63  # of a word that are no sign
#: Numbers below so many times their count are told apart by a mark for each that could be.
_ROOM = 4


def place_bits(count: int) -> int:
    """Give how many bits hold the place of each of some numbers."""
    return max(count - 1, 0).bit_length()


def stable_order(keys: Index, size: int) -> Index:
    """Give the places of whole numbers from the least to the largest, equal ones in their order.

    Parameters
    ----------
    keys : ndarray of int64, shape (key,)
        At least 0, below ``size``.
    size : int
    """
    bits = place_bits(len(keys))
    if bool((keys[1:] >= keys[:-1]).all()):
        return np.arange(len(keys))
    if (size - 1).bit_length() + bits > _BITS:
        return np.argsort(keys, kind="stable")
    words = keys << bits
    words |= np.arange(len(keys))
    words.sort()
    words &= (1 << bits) - 1
    return words


def number_keys(keys: Index, size: int) -> tuple[Index, Index]:
    """Number the distinct keys, the least first.

    Parameters as :func:`stable_order`.

    Returns
    -------
    first : ndarray of int64, shape (distinct,)
        The first place of each.
    codes : ndarray of int64, shape (key,)
        The number of each key.
    """
    if size <= _ROOM * len(keys):
        return _marked(keys, size)
    order = stable_order(keys, size)
    ordered = keys[order]
    begins = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    starts = np.flatnonzero(begins)
    codes = np.empty(len(keys), dtype=np.int64)
    codes[order] = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(keys)))
    return order[starts], codes


def _marked(keys: Index, size: int) -> tuple[Index, Index]:
    """Number the distinct keys without sorting them."""
    held = np.zeros(size, dtype=np.bool_)
    held[keys] = True
    numbers = np.cumsum(held) - 1
    first = np.empty(size, dtype=np.int64)
    first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)  # the last that is written stays
    return first[held], numbers[keys]
