"""Excluded providers: shown, not ranked, each with its own effect given its figures (methods 2).

They are in no likelihood. Each effect is drawn afterwards, from the distribution of the others'
effects and the provider's own figures; all parameters stay those of the fit.
"""

import json
import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import VarmodelError, VarmodelWarning
from varmodel.estimands import predict
from varmodel.estimands.draws.stacked import label_draws
from varmodel.estimands.prediction.new_rows import GIVEN
from varmodel.fits import Fit
from varmodel.frame.checks.responses import size_field
from varmodel.frame.contents import describing_of
from varmodel.frame.in_memory import read_into_memory
from varmodel.frame.new.rows import read_new_rows
from varmodel.frame.providers.successors import successor
from varmodel.frame.providers.support import NO_ACTIVITY
from varmodel.spec import ModelSpec
from varmodel.values import Array

#: More rows of one provider are not predicted: they would take memory by the gigabyte.
_MOST_ROWS = 10_000
#: Rows times draws that an interval is made of, and the fewest draws that are left of many rows.
_ENOUGH, _FEWEST_DRAWS = 200_000, 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Excluded:
    """What an excluded provider shows by its own figures.

    Attributes
    ----------
    rate : xarray.DataArray (chain, draw) or None
        Its rate on its own cases, drawn towards the others as theirs are.
    reason : str
        Why there is none; empty where there is.
    cases : float or None
        What its rate is of, as for the others; None without a rate or a number of cases.
    """

    rate: xr.DataArray | None
    reason: str = ""
    cases: float | None = None


def rates_of_excluded(fit: Fit, table: object, *, random_seed: int) -> dict[str, Excluded]:
    """Draw the rate of each provider that the model excludes, given its own figures.

    Parameters
    ----------
    fit : Fit
    table : str, path or data frame
        That of the fit.
    random_seed : int
        Seed of the effects.

    Returns
    -------
    dict of str to Excluded
        By provider. The rate is the mean over its own cases, of all periods: it compares with
        its crude rate, and with the others only where they treat such patients.
    """
    rows = json.loads(fit.frame.attrs["excluded"])
    labels = [row["provider"] for row in rows if row["reason"] != NO_ACTIVITY]
    if not labels:
        return {}
    held = read_into_memory(fit.spec, table, providers=labels)
    owner = [successor(fit.spec, str(label)) for label in held[fit.spec.provider]]
    return {
        label: _rate(fit, held[[name == label for name in owner]], random_seed=random_seed)
        for label in labels
    }


def _rate(fit: Fit, rows: pd.DataFrame, *, random_seed: int) -> Excluded:
    if parts := describing_of(fit.spec):
        return Excluded(None, f"the model expects it by {' and '.join(parts)}, not by the others")
    if len(rows) > _MOST_ROWS:
        return Excluded(None, f"its {len(rows):,} rows are too many to be shown")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VarmodelWarning)  # of figures beyond the others'
            some = _thinned(fit, len(rows))
            rates = predict(some, rows, new_providers=GIVEN, random_seed=random_seed)
            weight = _sizes(fit.spec, fit.frame, rows)
    except VarmodelError as error:  # as where it has levels that no other has
        return Excluded(None, error.problems[0].message)
    mean = rates.transpose("chain", "draw", "row").to_numpy() @ (weight / weight.sum())
    cases = float(weight.sum()) if fit.spec.form.size else None
    return Excluded(label_draws(some, mean.reshape(-1), name="rate"), cases=cases)


def _thinned(fit: Fit, rows: int) -> Fit:
    """Take every so many-th draw where there are many rows: an interval needs no more."""
    chains, draws = fit.posterior.sizes["chain"], fit.posterior.sizes["draw"]
    step = min(math.ceil(rows * chains * draws / _ENOUGH), chains * draws // _FEWEST_DRAWS)
    if step <= 1:
        return fit
    kept = fit.draws.isel(draw=slice(None, None, step), missing_dims="ignore")
    return Fit(fit.spec, fit.frame, kept)


def _sizes(spec: ModelSpec, frame: xr.Dataset, rows: pd.DataFrame) -> Array:
    """Give the cases of each row; 1 where a row is one."""
    size = size_field(spec.form)
    if size is None:
        return np.ones(len(rows))
    return read_new_rows(spec, frame, table=rows, fields=(size,)).response[size]
