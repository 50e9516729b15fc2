"""Figures of a provider as they are published: equal where the data are equal (methods 4)."""

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.estimands import summarise
from varmodel.estimands.draws.alike import Sets, mean_over_alike, sets_alike, summarise_alike
from varmodel.fits import Fit
from varmodel.numerics.once import once
from varmodel.publish.wording.places import PROBS
from varmodel.values import Array


def summary(fit: Fit | None, draws: xr.DataArray) -> pd.DataFrame:
    """Summarise draws (chain, draw, provider); providers of identical cells share a summary.

    Without a fit nobody knows whose cells are identical, and each provider has its own.
    """
    return summarise(draws) if fit is None else _summary(fit, draws).copy()


@once(lambda fit, draws: (fit, draws.data, str(draws.name == "rank")))
def _summary(fit: Fit, draws: xr.DataArray) -> pd.DataFrame:
    """Summarise what ``summarise`` tells apart: by its numbers, and whether they are ranks."""
    return summarise_alike(draws, _sets(fit.frame))


@once(lambda frame: (frame,))
def _sets(frame: xr.Dataset) -> Sets:
    return sets_alike(frame)


def pooled(fit: Fit | None, figures: Array) -> Array:
    """Give figures (provider, ...) of which providers of identical cells share the mean."""
    return figures if fit is None else mean_over_alike(figures, _sets(fit.frame))


@once(lambda fit, found: (fit, found))
def mean_figures(fit: Fit, found: xr.Dataset) -> xr.Dataset:
    """Pool every figure of a provider that is neither a draw nor a verdict."""
    return found.assign(
        {
            name: values.copy(data=pooled(fit, values.to_numpy()))
            for name, values in found.data_vars.items()
            if values.dims[:1] == ("provider",) and values.dtype != bool
        }
    )


def place_probs(fit: Fit, ranks: xr.Dataset) -> dict[str, list[float]]:
    """Give each provider's probabilities of the top, the middle and the bottom."""
    found = mean_figures(fit, ranks)
    probs = np.stack([found[name].to_numpy() for name in PROBS.values()], axis=1).tolist()
    return dict(zip(map(str, found["provider"].to_numpy()), probs, strict=True))


@once(lambda fit, savings: (fit, savings))
def pooled_savings(fit: Fit, savings: xr.Dataset) -> xr.Dataset:
    """Pool the figures of savings; of providers of identical cells all are named or none."""
    found = mean_figures(fit, savings)
    all_named = pooled(fit, found["named"].to_numpy().astype(float)) == 1
    return found.assign(named=found["named"].copy(data=all_named))
