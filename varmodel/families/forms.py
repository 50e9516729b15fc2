"""Response forms: which columns of a table make a response, and what a cell keeps of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from varmodel.values import Array


@dataclass(frozen=True, slots=True)
class Cells:
    """What the likelihood needs of each cell, shape (cell,).

    Attributes
    ----------
    response : ndarray
        Count of events; for measurements their mean (lognormal: the mean of their logs); for
        published figures the value.
    size : ndarray
        Trials, exposure, expected count or number of measurements; 1 for published figures.
    spread : ndarray or None
        How the measurements of the cell scatter about their mean: their centred sum of squares
        (lognormal: that of their logs); gamma: size (log of the mean - mean of the logs).
    error : ndarray or None
        Known standard error of a published figure.
    """

    response: Array
    size: Array
    spread: Array | None = None
    error: Array | None = None

    @property
    def weight(self) -> Array:
        """What a cell counts for in a mean over cells: its size, or its precision."""
        return self.size if self.error is None else np.asarray(self.error**-2.0)


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
    positive : bool
        Whether a measurement must be above 0.
    logged : bool
        Whether the response is the mean of the measurements' logs.
    """

    name: str
    columns: tuple[str, ...]
    response: str
    size: str = ""
    spread: str = ""
    error: str = ""
    rows: str = "cells"
    positive: bool = False
    logged: bool = False

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
        Form(
            "log_measurements",
            ("value",),
            "log_mean",
            size="measurements",
            spread="log_sum_of_squares",
            rows="records",
            positive=True,
            logged=True,
        ),
        Form(
            "positive_measurements",
            ("value",),
            "mean",
            size="measurements",
            spread="log_ratio",
            rows="records",
            positive=True,
        ),
        Form("published", ("value", "standard_error"), "value", error="standard_error"),
    )
}
