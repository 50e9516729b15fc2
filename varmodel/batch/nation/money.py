"""True savings that are partly the same money, or come back as a cost elsewhere."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from varmodel.batch.nation.chosen import Overlap

type SavingsByProvider = Mapping[str, "pd.Series[float]"]


def shared_savings(
    overlap: Overlap, savings: SavingsByProvider, *, cost: "pd.Series[float]"
) -> pd.DataFrame:
    """Add up what indicators would free of one cost, each pound once (methods 15).

    Parameters
    ----------
    overlap : Overlap
    savings : mapping of str to Series
        Indicator -> true saving a year by provider.
    cost : Series
        The cost that they share, a year, by provider.

    Returns
    -------
    pandas.DataFrame
        shared, provider, cost_base, plain (their plain sum), together (each pound once).
    """
    left, plain = pd.Series(1.0, cost.index), pd.Series(0.0, cost.index)
    for name in overlap.indicators:
        saving = savings[name].reindex(cost.index, fill_value=0.0)
        left *= 1 - np.minimum(1.0, saving / cost)
        plain += saving
    return pd.DataFrame(
        {
            "shared": overlap.name,
            "provider": cost.index,
            "cost_base": cost.to_numpy(),
            "plain": plain.to_numpy(),
            "together": (cost * (1 - left)).to_numpy(),
        }
    )


def displaced_savings(pair: tuple[str, str, float], savings: SavingsByProvider) -> pd.DataFrame:
    """Take off each saving what comes back as a cost of another indicator (methods 7).

    Returns
    -------
    pandas.DataFrame
        from, to, delta, provider, saving, displaced, net.
    """
    cause, effect, delta = pair
    saving = savings[cause].to_numpy()
    return pd.DataFrame(
        {
            "from": cause,
            "to": effect,
            "delta": delta,
            "provider": savings[cause].index,
            "saving": saving,
            "displaced": delta * saving,
            "net": (1 - delta) * saving,
        }
    )
