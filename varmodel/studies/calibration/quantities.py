"""The quantities that a certificate ranks: functions of the parameters, and of both tables."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.draws.stacked import draws_of, read_likelihood
from varmodel.estimands.prediction.log_densities import log_likelihood_by_cell
from varmodel.estimands.ranks.ranking import mid_ranks
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.studies.figures import annual_savings
from varmodel.values import Array


def quantities_of(fit: Fit, both: xr.Dataset) -> dict[str, Array]:
    """Compute what is ranked, one value a draw.

    Parameters
    ----------
    fit : Fit
        Its frame is that of the first fit: the quantities are the same functions in every refit.
    both : xarray.Dataset
        The table and its replicate, whose likelihood is taken.

    Returns
    -------
    dict
        Name -> values (draw,): every parameter that is one number; the effects of the provider
        with the fewest and of that with the most cases; the rank of the one in the middle; the
        range of the effects; the log likelihood; and the total saving at a price of 1, where the
        model has a direction and a benchmark.
    """
    effect = read_likelihood(fit).effect
    order = np.argsort(_sizes(fit.frame), kind="stable")
    smallest, middle, largest = order[0], order[len(order) // 2], order[-1]
    ranks = mid_ranks(effect, sign=-1 if fit.spec.better == "lower" else 1)
    found = {
        **dict(_parameters(fit)),
        "effect of the smallest": effect[:, smallest],
        "effect of the largest": effect[:, largest],
        "rank of one provider": ranks[:, middle],
        "range of the effects": np.ptp(effect, axis=1),
        "log likelihood": _log_likelihood(Fit(fit.spec, both, fit.draws)),
    }
    priced = Fit(fit.spec.replace(unit_cost=1.0), fit.frame, fit.draws)
    savings = annual_savings(priced, random_seed=0, plug_ins=False)
    if savings is not None:
        found["total saving"] = savings["total"].to_numpy().reshape(-1)
    return found


def _parameters(fit: Fit) -> Iterator[tuple[str, Array]]:
    for name, values in fit.posterior.data_vars.items():
        if set(values.dims) == set(DRAW_DIMS):
            yield str(name), draws_of(fit, str(name))


def _sizes(frame: xr.Dataset) -> Array:
    owner = frame["provider_index"].to_numpy()
    return np.bincount(owner, cells_of(frame).weight, frame.sizes["provider"])


def _log_likelihood(fit: Fit) -> Array:
    return np.asarray(log_likelihood_by_cell(fit).sum(axis=1))
