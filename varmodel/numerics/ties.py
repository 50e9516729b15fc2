"""Mid-ranks of sorted values: ties share the mean of their places."""

import numpy as np
import numpy.typing as npt

from varmodel.values import Array


def twice_ranks(ordered: Array) -> npt.NDArray[np.int64]:
    """Give twice the mean rank from 0, whole even at ties, of values sorted along axis 1.

    Parameters
    ----------
    ordered : ndarray, (row, place)

    Returns
    -------
    ndarray of int, (row, place) or (1, place)
        First plus last place of each run of ties; one row for all where nothing is tied.
    """
    place = np.arange(ordered.shape[1])
    steps = ordered[:, 1:] != ordered[:, :-1]
    if steps.all():
        return 2 * place[np.newaxis]
    first = np.zeros(ordered.shape, np.int64)
    first[:, 1:] = np.where(steps, place[1:], 0)
    last = np.full(ordered.shape, place[-1])
    last[:, :-1] = np.where(steps, place[:-1], place[-1])
    np.maximum.accumulate(first, axis=1, out=first)
    return first + np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
