"""A column as integer codes into sorted levels, and grouping by several of them."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from varmodel.numerics.sorting import number_keys, place_bits
from varmodel.values import Index, Mask

_KEY_LIMIT = 2**62


class Levelled(Protocol):
    """A column as codes, of type int64, into its levels."""

    @property
    def levels(self) -> Sized:
        """Its levels."""

    @property
    def codes(self) -> Index:
        """The level of each combination."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """One column of a table of combinations.

    Attributes
    ----------
    levels : ndarray
        Distinct texts (by code point) or numbers (ascending), shape (level,).
    codes : ndarray of int64
        The level of each combination, shape (combination,).
    """

    levels: npt.NDArray[Any]
    codes: Index

    def keep(self, mask: Mask) -> "Coded":
        """Keep some combinations, and only the levels that they hold."""
        codes = self.codes[mask]
        used = np.bincount(codes, minlength=len(self.levels)) > 0
        return Coded(self.levels[used], (np.cumsum(used) - 1)[codes])

    @property
    def is_text(self) -> bool:
        """Whether its levels are texts, not numbers."""
        return self.levels.dtype == object

    @property
    def values(self) -> npt.NDArray[Any]:
        """The level itself of each combination."""
        return np.asarray(self.levels[self.codes])


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Distinct combinations of several columns, in lexicographic order of their levels.

    Attributes
    ----------
    first : ndarray of int64
        One combination of each group, shape (group,).
    codes : ndarray of int64
        The group of each combination, shape (combination,).
    """

    first: Index
    codes: Index

    def __len__(self) -> int:
        """Give the number of groups."""
        return len(self.first)


def texts(values: Sequence[str]) -> npt.NDArray[Any]:
    """Hold texts of any length as they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def code_keys(keys: npt.NDArray[Any], codes: Index) -> Coded:
    """Sort the keys of a column's raw levels and merge those that are equal."""
    if bool(np.all(keys[1:] > keys[:-1])):  # as levels of numbers mostly come
        return Coded(keys, codes)
    levels, position = np.unique(keys, return_inverse=True)
    return Coded(levels, position[codes])


def group(columns: Sequence[Levelled], length: int) -> Groups:
    """Number the distinct combinations of some columns of ``length`` combinations."""
    key, size = np.zeros(length, dtype=np.int64), 1
    for column in columns:
        if size * len(column.levels) > _KEY_LIMIT >> place_bits(length):
            first, key = number_keys(key, size)
            size = len(first)
        key = key * len(column.levels) + column.codes
        size *= len(column.levels)
    return Groups(*number_keys(key, size))
