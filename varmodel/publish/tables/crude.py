"""Rates over time and counts behind a fit: crude by period, levels of all, events and cases."""

import numpy as np
import xarray as xr

from varmodel.estimands import adjusted_rates
from varmodel.estimands.classical.counts import Counts, read_counts
from varmodel.estimands.draws.transient import period_of_cells
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.numerics.once import once
from varmodel.numerics.quantiles import type_7
from varmodel.values import Array


def crude_by_period(fit: Fit) -> Array | None:
    """Give each provider's crude rate in each period, (provider, period); None for logs.

    NaN where a provider has no cases.
    """
    frame, form = fit.frame, fit.spec.form
    if form.logged:
        return None
    cells, counted = cells_of(frame), form.response == "events"
    shape = frame.sizes["provider"], frame.sizes.get("period", 1)
    unit = frame["provider_index"].to_numpy() * shape[1] + period_of_cells(frame)
    size = cells.size if counted else cells.weight
    total = cells.response * (1.0 if counted else size)
    held, sums = (np.bincount(unit, x, shape[0] * shape[1]).reshape(shape) for x in (size, total))
    return np.divide(sums, held, out=np.full(shape, np.nan), where=held > 0)


@once(lambda fit: (fit,))
def funnel_counts(fit: Fit) -> Counts:
    """Give the counts that funnels and atlases are made of: see ``read_counts``."""
    return read_counts(fit)


def counts_of(fit: Fit) -> tuple[Array | None, Array | None]:
    """Give each provider's events and cases over all periods, (provider,).

    Cases are trials, exposure, expected counts or measurements, whatever the rate is made of.
    Measurements have no events, published figures neither.
    """
    cells, form = cells_of(fit.frame), fit.spec.form
    owner, count = fit.frame["provider_index"].to_numpy(), fit.frame.sizes["provider"]
    if not form.size:
        return None, None
    events = np.bincount(owner, cells.response, count) if form.response == "events" else None
    return events, np.bincount(owner, cells.size, count)


@once(lambda fit: (fit,))
def rates_by_period(fit: Fit) -> xr.DataArray:
    """Give each provider's adjusted rate in each period: (chain, draw, provider, period)."""
    return adjusted_rates(fit, part="period").transpose("chain", "draw", "provider", "period")


@once(lambda rates, share: (rates, str(share)))
def level_by_period(rates: xr.DataArray, share: float) -> Array:
    """Give a quantile over providers in each period, in the mean over joint draws.

    ``rates`` has chain, draw, provider and period.
    """
    by_period = rates.transpose("chain", "draw", "period", "provider").to_numpy()
    return np.asarray(type_7(by_period, share).mean(axis=(0, 1)))
