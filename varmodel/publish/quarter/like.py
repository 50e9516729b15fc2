"""Who is like a provider, and its place among them: shown beside the place among all.

model, list of providers -> peers of each     like_of
peers -> their names; ranks among them        like_names, rank_like
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.estimands import summarise
from varmodel.estimands.money.peers import peers_in_table
from varmodel.estimands.ranks.among import rank_among
from varmodel.publish.published import Published
from varmodel.spec.rules import LOG_VOLUME
from varmodel.studies.figures import declared_peers

#: Column -> code of a provider -> its figure.
type ListFigures = Mapping[str, Mapping[str, float]]


def like_of(x: Published, described: ListFigures) -> xr.DataArray | None:
    """Find those like each provider.

    Parameters
    ----------
    x : Published
    described : mapping of str to mapping of str to float
        What a list of providers says of them, by column and code.

    Returns
    -------
    xarray.DataArray (provider, other) or None
        Weights, above 0 for who is like it: those among whom the benchmark is found, else those
        nearest in what the list says. None where the model names no peers, or nobody's are known.
    """
    declared = x.spec.peers
    if declared is None:
        return None
    found = declared_peers(x.fit)
    if found is not None:
        return found.isel(chain=0, draw=0, drop=True).transpose("provider", "other")
    labels = [str(code) for code in x.fit.frame["provider"].to_numpy()]
    told = dict(described)
    if LOG_VOLUME in declared.columns and "activity" in x.fit.frame:
        volume = np.log(x.fit.frame["activity"].to_numpy()).tolist()
        told[LOG_VOLUME] = dict(zip(labels, volume, strict=True))
    columns = {name: pd.Series(told.get(name, {}), dtype=float) for name in declared.columns}
    table = pd.DataFrame({name: column.reindex(labels) for name, column in columns.items()})
    return peers_in_table(table, count=declared.count)


def like_names(like: xr.DataArray) -> dict[str, tuple[str, ...]]:
    """Name who is like each, of those who have somebody."""
    labels = [str(code) for code in like["other"].to_numpy()]
    found = {
        str(code): tuple(label for label, w in zip(labels, weight, strict=True) if w > 0)
        for code, weight in zip(like["provider"].to_numpy(), like.to_numpy(), strict=True)
    }
    return {code: names for code, names in found.items() if names}


def rank_like(x: Published, like: xr.DataArray) -> pd.DataFrame:
    """Summarise the rank of each provider among itself and those like it."""
    return summarise(rank_among(x.rates, peers=like, better=x.spec.better))
