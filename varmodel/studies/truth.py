"""Estimates beside the truth of a simulation."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.estimands import observed_rates, rank, summarise
from varmodel.estimands.draws.transient import transient_among
from varmodel.fits import Fit
from varmodel.spec import ModelSpec, OwnCost, as_unit_cost
from varmodel.studies.figures import Figures, annual_savings


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How estimates stand to the truth.

    Attributes
    ----------
    providers : pandas.DataFrame
        provider, true_rate, observed, mean, lower, upper, covered, true_rank, expected_rank.
    saving : float
        True annual saving at the mean price; NaN without one.
    covered : float
        Share of the 95 % intervals that hold the true rate.
    rms_adjusted, rms_observed : float
        Root mean squared error of adjusted (posterior mean) and of observed rates.
    """

    providers: pd.DataFrame
    saving: float
    covered: float
    rms_adjusted: float
    rms_observed: float


def compare_with_truth(fit: Fit, figures: Figures, *, truth: xr.Dataset) -> Comparison:
    """Set a fit's figures beside the truth that made its table.

    Parameters
    ----------
    fit : Fit
    figures : Figures
        Of the fit.
    truth : xarray.Dataset
        As :func:`varmodel.simulate` gives it, with ``rate`` (provider).

    Returns
    -------
    Comparison
        A row a provider, the true saving, and the share of intervals that hold the truth.
    """
    known = truth.sel(provider=fit.frame["provider"].to_numpy())
    table = summarise(figures.rates)[["provider", "mean", "lower", "upper"]]
    table.insert(1, "true_rate", known["rate"].to_numpy())
    table.insert(2, "observed", observed_rates(fit.frame).to_numpy())
    table["covered"] = table["true_rate"].between(table["lower"], table["upper"])
    if figures.ranks is not None:
        as_draw = known["rate"].expand_dims(chain=1, draw=1)
        table["true_rank"] = rank(as_draw, better=fit.spec.better)["expected_rank"].to_numpy()
        table["expected_rank"] = figures.ranks["expected_rank"].to_numpy()
    return Comparison(
        providers=table,
        saving=true_saving(fit, known),
        covered=float(table["covered"].mean()),
        rms_adjusted=_rms(table["mean"] - table["true_rate"]),
        rms_observed=_rms(table["observed"] - table["true_rate"]),
    )


def true_saving(fit: Fit, truth: xr.Dataset) -> float:
    """Price the true gaps at the mean price, all providers together; NaN without a price."""
    found = annual_savings(fit_of_truth(fit.spec, fit.frame, truth=truth), random_seed=0)
    return float("nan") if found is None else float(found["total"].sum())


def fit_of_truth(spec: ModelSpec, frame: xr.Dataset, *, truth: xr.Dataset) -> Fit:
    """Take the truth as a posterior of one draw, and the mean price as the price.

    Parameters
    ----------
    spec : ModelSpec
    frame : xarray.Dataset
        Of the table; true rates and savings do not look at its responses.
    truth : xarray.Dataset
        As :func:`varmodel.simulate` gives it.

    Returns
    -------
    Fit
        What an estimand gives of it is the truth of what it gives of a fit.
    """
    price = None if spec.unit_cost is None else as_unit_cost(spec.unit_cost)
    if price is not None and not isinstance(price, OwnCost):
        spec = spec.replace(unit_cost=price.mean)
    known = truth.sel(term=frame["term"].to_numpy()).drop_vars("rate")
    posterior = known.expand_dims(chain=1, draw=1).transpose("chain", "draw", ...)
    draws = xr.DataTree.from_dict({"posterior": posterior})
    draws.attrs["transient"] = transient_among(posterior.data_vars)
    return Fit(spec, frame, draws)


def _rms(error: "pd.Series[float]") -> float:
    return float(np.sqrt(np.mean(np.square(error))))
