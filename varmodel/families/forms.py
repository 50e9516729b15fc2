"""Response forms: which columns of a table make a response, and what a cell keeps of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from varmodel.families.links import Array


@dataclass(frozen=True, slots=True)
class Cells:
    """What the likelihood needs of each cell, shape (cell,).

    Attributes
    ----------
    response : ndarray
        Count of events; for measurements their mean; for published figures the value.
    size : ndarray
        Trials, exposure, expected count or number of measurements; 1 for published figures.
    spread : ndarray or None
        Centred sum of squares of the measurements in the cell.
    error : ndarray or None
        Known standard error of a published figure.
    """

    response: Array
    size: Array
    spread: Array | None = None
    error: Array | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """One way to state a response.

    Attributes
    ----------
    name : str
        The form's name, also kept with a frame.
    columns : tuple of str
        The spec's fields that name the columns: the response, then its size or error.
    response, size, spread, error : str
        Names of the frame's cell variables; empty where the form has none.
    rows : str
        Default of the spec's ``rows``.
    """

    name: str
    columns: tuple[str, ...]
    response: str
    size: str = ""
    spread: str = ""
    error: str = ""
    rows: str = "cells"

    @property
    def statistics(self) -> tuple[str, ...]:
        """Names of the cell variables that a frame of this form holds."""
        return tuple(name for name in (self.response, self.size, self.spread, self.error) if name)

    def cells(self, variables: Mapping[str, Array]) -> Cells:
        """Read the cells of a frame of this form."""
        response = variables[self.response]
        return Cells(
            response=response,
            size=variables[self.size] if self.size else np.ones_like(response),
            spread=variables[self.spread] if self.spread else None,
            error=variables[self.error] if self.error else None,
        )


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("share", ("numerator", "denominator"), "events", size="trials"),
        Form("trial", ("numerator",), "events", size="trials", rows="records"),
        Form("expected", ("numerator", "expected"), "events", size="expected"),
        Form("exposure", ("numerator", "exposure"), "events", size="exposure"),
        Form(
            "measurements",
            ("value",),
            "mean",
            size="measurements",
            spread="sum_of_squares",
            rows="records",
        ),
        Form("published", ("value", "standard_error"), "value", error="standard_error"),
    )
}
