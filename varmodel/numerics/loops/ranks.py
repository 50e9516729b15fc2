"""Mid-ranks of rows that are sorted already."""

from pathlib import Path

import numpy as np

from varmodel.numerics.loops.compiling import compiler
from varmodel.values import Array, Index

_loop = compiler(Path(__file__).parent)


@_loop()
def fill_mid_ranks(values: Array, order: Index, ranks: Array) -> None:
    """Write the place of each value in its row, from 1; ties get the mean of their places.

    Parameters
    ----------
    values : ndarray, shape (row, place)
    order : ndarray of int64, shape (row, place)
        What sorts each row.
    ranks : ndarray, shape (row, place)
        Receives the mid-ranks, each where its value stands; in single precision, too.
    """
    for row in range(len(order)):
        own, places, found = values[row], order[row], ranks[row]
        tied, before = False, np.nan
        for place in range(len(places)):
            value = own[places[place]]
            tied |= value == before
            before = value
            found[places[place]] = place + 1.0
        if tied:
            share_places(own, places, found)


@_loop()
def share_places(own: Array, places: Index, ranks: Array) -> None:
    """Give each run of ties of a row the mean of its places."""
    start = 0
    while start < len(places):
        stop = start + 1
        while stop < len(places) and own[places[stop]] == own[places[start]]:
            stop += 1
        for place in range(start, stop):
            ranks[places[place]] = (start + stop + 1) / 2
        start = stop


def compile_ranks() -> None:
    """Call the loop once with arrays of each kind that it is called with."""
    for kind in (np.float64, np.float32):
        fill_mid_ranks(np.zeros((1, 1)), np.zeros((1, 1), np.int64), np.zeros((1, 1), kind))
