"""Posterior predictive: tables that the fitted model would give, set beside the one that is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.draws.source import Source, effects_at, read_source
from varmodel.families import Cells
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.numerics.blocks import blocks
from varmodel.numerics.quantiles import type_7
from varmodel.numerics.streams import generator
from varmodel.numerics.sums import first_of_each
from varmodel.numerics.threads import share_out_rows
from varmodel.values import Array, check_seed, is_number

SAME, NEW = "same", "new"
PROVIDER_KINDS = (SAME, NEW)
#: Random streams of replicated tables.
_PURPOSES = {SAME: "tables of the same providers", NEW: "tables of new providers"}
#: A check draws as many tables as make this many cells, but at least so many.
_CELL_DRAWS, _FEWEST = 20_000_000, 200


def posterior_predictive(fit: Fit, *, providers: str = SAME, random_seed: int) -> xr.DataArray:
    """Draw a new table of the same layout in every draw.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    providers : {"same", "new"}
        Whether the providers keep their effects or are drawn anew from the effects' distribution,
        in a model with a transient what passes in each period with them.
    random_seed : int
        At least 0.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, cell)
        New responses of the frame's cells, in the units of its response variable (events; for
        measurements the cell's mean, of their logs in a lognormal model; published values),
        with coordinate ``provider`` (cell). It takes 8 bytes a draw and cell: for large frames
        use :func:`varmodel.predictive_check`, which keeps no tables.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an argument out of range.
    """
    if providers not in PROVIDER_KINDS:
        allowed = one_of(providers, PROVIDER_KINDS)
        fail("CONFIG.VALUE", f"unknown providers {show(providers)}; {allowed}")
    tables = _Tables(fit, read_source(fit), cells_of(fit.frame))
    rng = _stream(fit, random_seed, providers=providers)
    values = np.empty((len(tables.source.sd), len(tables.owner)))
    for draws in blocks(*values.shape):
        values[draws] = tables.draw(draws, providers=providers, rng=rng)
    template = fit.posterior["intercept"].transpose(*DRAW_DIMS)
    labels = fit.frame["provider"].to_numpy()[tables.owner]
    coords = {**dict(template.coords), "provider": ("cell", labels)}
    shaped = values.reshape(*template.shape, -1)
    dims, name = (*DRAW_DIMS, "cell"), fit.spec.form.response
    return xr.DataArray(shaped, coords, dims, name=name, attrs=fit.provenance)


def predictive_check(fit: Fit, *, random_seed: int, prob: float = 0.95) -> pd.DataFrame:
    """Set the observed table beside new ones: spread, extremes and zeros.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    random_seed : int
        At least 0.
    prob : float
        Probability of the predictive interval, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        One row a statistic and kind of table: ``statistic``, ``providers``, ``observed``,
        ``mean``, ``lower``, ``upper``, ``ci_prob``, ``p_mid``; ``provisional`` where the draws
        failed the gate. Statistics of the providers' crude rates (geometric means in a
        lognormal model): ``spread`` (sd over providers), ``lowest``, ``highest``; and, of
        counts, ``zeros``: cells without an event. ``p_mid`` is Pr(new > observed) with ties
        counted half: near 0 or 1 the model does not give such tables. ``providers`` says what
        is doubted: "same" (fitted effects, new noise) the noise and the case mix, "new"
        (effects drawn anew as well) the distribution of the effects too. The data are used twice,
        so that p_mid keeps nearer to .5 than a p-value would, above all of spread with the same
        providers; a check that is passed shows little.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an argument out of range.
    """
    if not is_number(prob) or not 0 < prob < 1:
        fail("CONFIG.VALUE", f"prob must lie between 0 and 1, not {show(prob)}")
    found = predictive_statistics(fit, random_seed=random_seed)
    tail = (1 - float(prob)) / 2
    rows = []
    for name in found["statistic"].to_numpy().tolist():
        observed = float(found["observed"].sel(statistic=name))
        for providers in PROVIDER_KINDS:
            new = found["new"].sel(statistic=name, providers=providers).to_numpy()
            rows.append(
                {
                    "statistic": name,
                    "providers": providers,
                    "observed": observed,
                    "mean": float(new.mean()),
                    "lower": float(type_7(new, tail)),
                    "upper": float(type_7(new, 1 - tail)),
                    "ci_prob": float(prob),
                    "p_mid": float((new > observed).mean() + 0.5 * (new == observed).mean()),
                }
            )
    table = pd.DataFrame(rows)
    return table.assign(provisional=True) if fit.provisional else table


def predictive_statistics(fit: Fit, *, random_seed: int, most: int = _CELL_DRAWS) -> xr.Dataset:
    """Work out the statistics of the observed table and of new ones, which are not kept.

    Of the new ones of either kind there are about ``most``, where the draws give so many.

    Returns
    -------
    xarray.Dataset
        ``observed`` (statistic) and ``new`` (providers, statistic, table).
    """
    tables = _Tables(fit, read_source(fit), cells_of(fit.frame))
    new = [
        _statistics_of_new(tables, providers=providers, rng=rng, most=most)
        for providers in PROVIDER_KINDS
        for rng in [_stream(fit, random_seed, providers=providers)]
    ]
    observed = tables.statistics(tables.cells.response[np.newaxis])[0]
    return xr.Dataset(
        {
            "observed": ("statistic", observed),
            "new": (("providers", "statistic", "table"), np.stack(new).transpose(0, 2, 1)),
        },
        coords={"statistic": list(tables.names), "providers": list(PROVIDER_KINDS)},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    """The layout of a fit's table, and what new ones are drawn from."""

    fit: Fit
    source: Source
    cells: Cells

    @property
    def owner(self) -> npt.NDArray[np.int64]:
        """Code of each cell's provider; cells are sorted by it."""
        return self.fit.frame["provider_index"].to_numpy()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the statistics."""
        counts = self.cells.spread is None and self.cells.error is None
        return ("spread", "lowest", "highest", *(("zeros",) if counts else ()))

    def draw(self, draws: slice, *, providers: str, rng: np.random.Generator) -> Array:
        """Draw the response of a new table in each of some draws, shape (draws, cell)."""
        stacked = self.source.stacked
        effect = (
            self.source.own_effects(draws)
            if providers == SAME
            else self.source.new_effects(draws, rng=rng)
        )
        pattern = self.fit.frame["pattern_index"].to_numpy()
        eta = stacked.predictor.eta(draws)[:, pattern] + effects_at(effect, self.fit.frame)
        return self.source.responses(draws, cells=self.cells, eta=eta, rng=rng)

    def statistics(self, response: Array) -> Array:
        """Give the statistics of tables (table, cell), shape (table, statistic)."""
        starts = first_of_each(self.owner)
        size = np.add.reduceat(self.cells.size, starts)
        total = response if self.fit.spec.form.response == "events" else response * self.cells.size
        known = size > 0
        rates = np.add.reduceat(total, starts, axis=1)[:, known] / size[known]
        if self.fit.spec.form.logged:
            rates = np.exp(rates)
        columns = [rates.std(axis=1, ddof=1), rates.min(axis=1), rates.max(axis=1)]
        if "zeros" in self.names:
            columns.append((response[:, self.cells.size > 0] == 0).sum(axis=1))
        return np.stack(columns, axis=1)


def _statistics_of_new(
    tables: _Tables, *, providers: str, rng: np.random.Generator, most: int
) -> Array:
    """Give the statistics of new tables, of every draw or of some evenly apart."""
    draws, cells = len(tables.source.sd), len(tables.owner)
    step = max(1, draws // min(most, max(_FEWEST, _CELL_DRAWS // cells)))

    def work(part: slice, own: np.random.Generator) -> Array:
        some = slice(part.start * step, part.stop * step, step)
        return tables.statistics(tables.draw(some, providers=providers, rng=own))

    return np.concatenate(share_out_rows(work, -(-draws // step), width=cells, rng=rng))


def _stream(fit: Fit, random_seed: object, *, providers: str) -> np.random.Generator:
    seed, table = check_seed(random_seed), str(fit.frame.attrs["source_hash"])
    return generator(seed, _PURPOSES[providers], source_hash=table)
