"""The forecast beside an analysis: two more fits, of all periods but the last."""

import time
import warnings
from dataclasses import replace

from varmodel.analysis.analyse import Analysis
from varmodel.errors import VarmodelError, VarmodelWarning
from varmodel.fits import Fit
from varmodel.frame.in_memory import read_into_memory
from varmodel.studies import score_forecast

#: Fewer periods are left whole: what passes is hardly told in the five before the last.
LEAST_PERIODS = 6
#: More rows a period would take memory by the gigabyte.
_MOST_ROWS = 20_000
#: Draws a chain: a score needs fewer than ranks do.
_DRAWS = 250


def with_forecast(
    analysis: Analysis, table: object, *, random_seed: int, progressbar: bool = True
) -> tuple[Analysis, str]:
    """Score how the last period was foreseen, where there are periods enough.

    Parameters
    ----------
    analysis : Analysis
    table : str, path or data frame
        That of the analysis.
    random_seed : int
    progressbar : bool
        Whether a terminal shows the two fits.

    Returns
    -------
    tuple of Analysis and str
        The analysis with its ``forecast``, and what it took, or why there is none; as it came,
        and no text, where the table has fewer than six periods or the model no transient.
    """
    fit = analysis.fit
    if fit.frame.sizes.get("period", 1) < LEAST_PERIODS or fit.transient == "none":
        return analysis, ""
    if _is_large(fit):
        return analysis, f"No forecast was scored: more than {_MOST_ROWS:,} rows a period."
    start = time.monotonic()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VarmodelWarning)  # they were said of the whole table
            forecast = score_forecast(
                fit.spec,
                read_into_memory(fit.spec, table),
                random_seed=random_seed,
                draws=_DRAWS,
                progressbar=progressbar,
            )
    except VarmodelError as error:  # as where the periods before the last are too few
        return analysis, f"No forecast was scored: {error.problems[0].message}."
    seconds = time.monotonic() - start
    return replace(
        analysis, forecast=forecast
    ), f"The forecast took two more fits, {seconds:.0f} s."


def _is_large(fit: Fit) -> bool:
    return int(fit.frame.attrs["rows_in"]) > _MOST_ROWS * fit.frame.sizes["period"]
