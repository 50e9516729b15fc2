"""Responses of a table that is laid out: its design first, then what was counted or measured."""

import warnings
from collections.abc import Mapping

import numpy as np
import xarray as xr

from varmodel.errors import VarmodelWarning
from varmodel.families import Cells
from varmodel.frame.prepare import prepare
from varmodel.frame.simulation.layout import TableLayout, fill_table
from varmodel.frame.simulation.truth import own_values
from varmodel.spec import ModelSpec
from varmodel.values import Array


def known_columns(
    spec: ModelSpec, layout: TableLayout, *, error: float, at: float
) -> dict[str, Array]:
    """Give the columns beside the response: sizes, or standard errors that fall with size.

    Parameters
    ----------
    spec : ModelSpec
    layout : TableLayout
    error, at : float
        Standard error of a published value, and the size at which it is that.

    Returns
    -------
    dict
        Response field -> numbers, shape (row,).
    """
    size = layout.size.astype(np.float64)
    if not spec.form.error:
        return dict.fromkeys(spec.form.columns[1:], size)
    return {spec.form.error: error * np.sqrt(at / size)}


def frame_of_layout(
    spec: ModelSpec, layout: TableLayout, *, known: Mapping[str, Array]
) -> xr.Dataset:
    """Prepare the table with responses of 0 and 1: all but the response is what it will be.

    Where measurements must be positive, with 1 and 2.
    """
    filler = np.arange(len(layout.row)) % 2 + int(spec.form.positive)
    response = {**known, spec.form.columns[0]: filler.astype(np.float64)}
    with warnings.catch_warnings():  # of responses that are none yet
        warnings.simplefilter("ignore", VarmodelWarning)
        return prepare(spec, fill_table(spec, layout, response=response))


def draw_responses(
    spec: ModelSpec,
    layout: TableLayout,
    *,
    eta: Array,
    truth: xr.Dataset,
    known: Mapping[str, Array],
    rng: np.random.Generator,
) -> dict[str, Array]:
    """Draw the response of each row; a row of one case has size 1.

    Parameters
    ----------
    spec : ModelSpec
    layout : TableLayout
    eta : ndarray, shape (cell,)
        Linear predictor of the layout's cells.
    truth : xarray.Dataset
        Holds the family's own parameters.
    known : mapping of str to ndarray
        As :func:`known_columns` gives them.
    rng : numpy.random.Generator

    Returns
    -------
    dict
        Response field -> numbers, shape (row,).
    """
    error = known.get("standard_error")
    single = np.ones(len(layout.row))
    size = next((values for name, values in known.items() if name != "standard_error"), single)
    cells = Cells(np.zeros_like(size), size, error=error)
    family, at = spec.family_row, eta[layout.row]
    pooled = float((size * family.link.inverse(at)).sum() / size.sum())
    own = own_values(spec, truth, pooled_mean=pooled)
    drawn = family.draw(rng, cells, at, own)
    return {spec.form.columns[0]: np.exp(drawn) if spec.form.logged else drawn}
