"""A table and another one like it: what a certificate refits on.

The new table has the layout of the old one and the effects of one posterior draw, what passes in
them; single measurements and dispersion units are new.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import xarray as xr

from varmodel.estimands.draws.source import effects_at, read_source
from varmodel.families import Cells, Residual, take
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.values import Array, Index


def pick_draws(fit: Fit, draws: Index) -> Fit:
    """Take some draws of a fit, as one chain; they are counted with the chains end to end."""
    posterior = fit.posterior
    chain, draw = np.divmod(draws, posterior.sizes["draw"])
    where = {"chain": xr.DataArray(chain, dims="pick"), "draw": xr.DataArray(draw, dims="pick")}
    picked = posterior.isel(where).drop_vars(["chain", "draw"]).rename(pick="draw")
    whole = picked.expand_dims("chain").assign_coords(chain=[0], draw=np.arange(len(draws)))
    tree = xr.DataTree.from_dict({"posterior": whole.transpose("chain", "draw", ...)})
    tree.attrs = dict(fit.draws.attrs)
    return Fit(fit.spec, fit.frame, tree)


def with_replicate(fit: Fit, *, rng: np.random.Generator) -> xr.Dataset:
    """Put a new table beside the fit's own: every cell stands twice, or is the sum of both.

    Counts of cells that share a rate add up, at half the work: the likelihood is the same but for
    a constant.

    Parameters
    ----------
    fit : Fit
        Of one draw.
    rng : numpy.random.Generator

    Returns
    -------
    xarray.Dataset
        The fit's frame, with the reference population, the scaling and the pooled figures that
        it has, so that the priors are the same numbers.
    """
    frame, form = fit.frame, fit.spec.form
    response, spread = _draw(fit, rng)
    digest = hashlib.sha256(response.tobytes() + str(frame.attrs["source_hash"]).encode())
    frame = frame.assign_attrs(source_hash=digest.hexdigest())
    response = response.astype(frame[form.response].dtype)
    if fit.spec.family_row.adds_up and not form.spread and not form.error:
        sums = {form.response: frame[form.response] + response, form.size: 2 * frame[form.size]}
        return frame.assign(sums)
    own = frame[[name for name, x in frame.data_vars.items() if "cell" in x.dims]]
    new = own.assign({form.response: ("cell", response)})
    if form.spread:
        new = new.assign({form.spread: ("cell", spread)})
    both = xr.concat([own, new], "cell")
    keys = (both["pattern_index"].to_numpy(), both["provider_index"].to_numpy())
    both = both.isel(cell=np.lexsort(keys))
    return frame.drop_vars(list(own.data_vars)).assign(both.data_vars)


def _draw(fit: Fit, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw the responses of one draw, and the scatter of measurements within their cells.

    Only the sum of the scatter enters the likelihood: it is spread evenly.
    """
    source, cells = read_source(fit), cells_of(fit.frame)
    one = slice(0, 1)
    eta = source.stacked.predictor.eta(one)[:, fit.frame["pattern_index"].to_numpy()]
    eta = eta + effects_at(source.own_effects(one), fit.frame)
    response = source.responses(one, cells=cells, eta=eta, rng=rng)[0]
    return np.asarray(response), _scatter(source.family.residual, cells, source.own, rng)


def _scatter(
    residual: Residual | None, cells: Cells, own: Mapping[str, Array], rng: np.random.Generator
) -> Array:
    if residual is None or cells.spread is None:
        return np.zeros_like(cells.size)
    total = float(residual.draw(rng, cells, {k: float(v) for k, v in take(own, 0).items()}, 1)[0])
    return np.full_like(cells.size, total / len(cells.size))
