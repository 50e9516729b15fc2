"""Log densities of the draws, for tools that weight draws anew: power scaling, leave one out.

    by provider    log p(y_j | phi) = log of the integral of p(y_j | phi, b) p(b | phi) db, with a
                   transient over what passes too
    by cell        log p(y_c | phi, b_j)

with phi all parameters but the effects b. Leaving out a provider needs the first: given its own
effect, which only its own data inform, its likelihood says little of the model.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.source import Source, effects_at, read_source
from varmodel.estimands.draws.transient import period_of_cells
from varmodel.estimands.prediction.block_evidence import evidence_of_block
from varmodel.estimands.prediction.conditional import evidence_given
from varmodel.families import Cells, take
from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.fits import Fit
from varmodel.frame import cells_of, resolve_priors
from varmodel.frame.contents import bounds_of_providers
from varmodel.numerics.blocks import blocks
from varmodel.values import Array

PROVIDER, CELL = "provider", "cell"


def with_log_densities(fit: Fit, *, by: str = PROVIDER) -> Fit:
    """Give a fit whose draws hold log prior and log likelihood, as ArviZ's tools read them.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    by : {"provider", "cell"}
        What one log likelihood is of. ``"provider"``: all of a provider's cells, its effects
        integrated out, lasting and passing. ``"cell"``: one cell, given the provider's effects.

    Returns
    -------
    Fit
        With two groups more. ``log_prior``: a variable a parameter with a prior (intercept,
        coefficients (term), provider_sd, the family's own), densities on the natural scale.
        ``log_likelihood``: one variable, ``response``
        (chain, draw, provider or cell), all constants included. ``az.psense_summary(fit.draws)``
        says whether prior or likelihood moves a figure when it is raised to a power;
        ``az.loo(fit.draws)`` how well a provider is predicted from the others.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another ``by``, and by provider where a model has a transient and effects
        that are not normal.

    Notes
    -----
    Power scaling of priors is that of the parameters at the top, as is advised for hierarchical
    models: the effects' own distribution is a part of the model, and the prior of the shape of
    effects that are not normal is left out.
    """
    if by not in {PROVIDER, CELL}:
        options = (PROVIDER, CELL)
        fail("CONFIG.VALUE", f"by cannot be {show(by)}; {one_of(by, options)}", fix="name one")
    source = read_source(fit)
    if by == PROVIDER and source.transient is not None and source.distribution != NORMAL_EFFECTS:
        message = "with a transient, effects that are not normal are not integrated out by provider"
        fail("CONFIG.VALUE", message, fix='take by="cell", or a fit with effect = "normal"')
    values = _by_provider(fit, source) if by == PROVIDER else log_likelihood_by_cell(fit)
    template = fit.posterior["intercept"]
    likelihood = xr.Dataset({"response": _labelled(template, values, by, _labels(fit, by))})
    prior = log_priors(fit)
    groups = {"log_prior": xr.DataTree(prior), "log_likelihood": xr.DataTree(likelihood)}
    return replace(fit, draws=fit.draws.assign(groups))


def _labels(fit: Fit, by: str) -> npt.NDArray[Any]:
    """Give what a row is called: the provider; the number of the cell."""
    if by == PROVIDER:
        return fit.frame["provider"].to_numpy()
    return np.arange(fit.frame.sizes["cell"])


def _labelled(
    template: xr.DataArray, values: Array, dim: str, labels: npt.NDArray[Any]
) -> xr.DataArray:
    dims = ("chain", "draw")
    shaped = values.reshape(*(template.sizes[name] for name in dims), -1)
    coords = {name: template[name].to_numpy() for name in dims} | {dim: labels}
    return xr.DataArray(shaped, coords, (*dims, dim))


def _by_provider(fit: Fit, source: Source) -> Array:
    """Give the log evidence of each provider's cells, shape (S, provider)."""
    cells, bounds = cells_of(fit.frame), bounds_of_providers(fit.frame)
    design = _design_of_cells(fit)
    result = np.empty((len(source.sd), len(bounds) - 1))
    period, transient = period_of_cells(fit.frame), source.transient
    for j, (first, last) in enumerate(pairwise(bounds.tolist())):
        own = slice(first, last)
        like, some, rows = source.given_like(j), _some(cells, own), design[own]
        if transient is None:
            result[:, j] = evidence_given(like, some, design=rows)
        else:
            result[:, j] = evidence_of_block(
                like, transient, cells=some, design=rows, period=period[own]
            )
    return result


def log_likelihood_by_cell(fit: Fit) -> Array:
    """Give the log likelihood of each cell at the provider's effect, shape (S, cell)."""
    source, cells = read_source(fit), cells_of(fit.frame)
    predictor = replace(source.stacked.predictor, design=_design_of_cells(fit))
    result = np.empty((len(source.sd), fit.frame.sizes["cell"]))
    for draws in blocks(*result.shape):
        eta = predictor.eta(draws) + effects_at(source.own_effects(draws), fit.frame)
        own = take(source.own, (draws, np.newaxis))
        result[draws] = source.family.log_likelihood(cells, eta, own)
    return result


def _design_of_cells(fit: Fit) -> Array:
    design = fit.frame["design"].transpose("pattern", "term").to_numpy()
    return np.asarray(design[fit.frame["pattern_index"].to_numpy()])


def _some(cells: Cells, rows: slice) -> Cells:
    """Take some of the cells."""
    spread, error = (None if x is None else x[rows] for x in (cells.spread, cells.error))
    return Cells(cells.response[rows], cells.size[rows], spread, error)


def log_priors(fit: Fit) -> xr.Dataset:
    """Give the log density of each parameter's prior, (chain, draw, ...), up to a constant.

    Means of classes are centred over providers: of their normal prior is left how far they lie
    from each other, whatever the classes' shares.
    """
    priors = resolve_priors(fit.spec, fit.frame)
    held = {
        name: fit.posterior[name].reset_coords(drop=True)
        for name in priors
        if name in fit.posterior
    }
    if "class_mean" in held:
        means, mu = held["class_mean"], dict(priors["class_mean"].parameters)["mu"]
        held["class_mean"] = means - means.mean("class") + mu
    return xr.Dataset(
        {name: x.copy(data=priors[name].log_density(x.to_numpy())) for name, x in held.items()}
    )
