"""Prior predictive: what a model believes of providers before it has seen them."""

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands import adjusted_rates
from varmodel.estimands.draws.labelled import DRAW_DIMS, over_draws
from varmodel.estimands.draws.transient import transient_among
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.frame import level_groups, predictor_of
from varmodel.inference import resolve_priors
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.values import Array, check_seed, is_whole


def prior_predictive(
    spec: ModelSpec, frame: xr.Dataset, *, random_seed: int, draws: int = 1000
) -> xr.Dataset:
    """Say what rates the priors of a model allow, on the frame's own cells.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    frame : xarray.Dataset
        From :func:`varmodel.prepare`: its patterns, cells and providers are used, and no
        response but through default priors that scale with national figures.
    random_seed : int
        At least 0.
    draws : int
        Draws from the prior, at least 100.

    Returns
    -------
    xarray.Dataset, dims (chain, draw), one chain
        ``national_rate``: the providers' mean rate on their own cases; ``lowest_rate``,
        ``highest_rate``: those of the frame's providers; ``provider_rate``: that of one of
        them at random; ``spread``: sd over providers; ``provider_sd`` on the link scale.
        Print ``vm.summarise`` of it and ask of each interval: would I be surprised outside
        it? Priors that put every rate at 0 or 1, or all providers within a hair, are too wide
        or too narrow. ``attrs`` hold the observed crude rates' lowest, highest and sd.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an argument out of range.
    """
    if not is_whole(draws) or draws < 100:
        fail("CONFIG.VALUE", f"draws must be a whole number of at least 100, not {show(draws)}")
    table = str(frame.attrs["source_hash"])
    rng = generator(check_seed(random_seed), "prior predictive", source_hash=table)
    fit = _prior_fit(spec, frame, draws=int(draws), rng=rng)
    rates = adjusted_rates(fit, population="own")
    values = rates.to_numpy()
    chosen = rng.integers(values.shape[2], size=(1, int(draws), 1))
    figures = {
        "national_rate": values.mean(axis=2),
        "lowest_rate": values.min(axis=2),
        "highest_rate": values.max(axis=2),
        "provider_rate": np.take_along_axis(values, chosen, axis=2)[:, :, 0],
        "spread": values.std(axis=2, ddof=1),
        "provider_sd": fit.posterior["provider_sd"].to_numpy(),
    }
    arrays = {name: over_draws(rates, x, name=name) for name, x in figures.items()}
    return xr.Dataset(arrays, attrs=_observed(frame))


def _observed(frame: xr.Dataset) -> dict[str, float]:
    rates = frame["observed"].to_numpy()
    rates = rates[np.isfinite(rates)]
    return {
        "observed_lowest_rate": float(rates.min()),
        "observed_highest_rate": float(rates.max()),
        "observed_spread": float(rates.std(ddof=1)),
    }


def _prior_fit(spec: ModelSpec, frame: xr.Dataset, *, draws: int, rng: np.random.Generator) -> Fit:
    """Make a fit whose draws are of the prior, so that estimands read it as any other."""
    priors, distribution = resolve_priors(spec, frame), EFFECTS[spec.effect]
    listed = predictor_of(spec, frame).parameters(spec.family_row, spec.form.name)
    dims = {parameter.name: parameter.dims for parameter in listed}
    drawn = {
        name: prior.draw(rng, (draws, *(frame.sizes[dim] for dim in dims[name])))
        for name, prior in priors.items()
    }
    shape = np.stack([distribution.draw_shape(rng) for _ in range(draws)])
    if spec.classes is not None:
        drawn, sds = _of_classes(frame, drawn)
    else:
        sds = drawn["provider_sd"][:, np.newaxis]
    unit = distribution.draw(rng, np.ones(draws), shape, frame.sizes["provider"])
    variables = {name: _variable(x, *dims.get(name, ())) for name, x in drawn.items()}
    variables["provider_effect"] = _variable(sds * unit, "provider")
    variables |= {
        name: _variable(x, "effect_term") for name, x in distribution.named(shape).items()
    }
    for place, (column, groups) in enumerate(level_groups(frame).items()):
        effects = drawn["level_sd"][:, [place]] * rng.standard_normal((draws, len(groups)))
        variables[f"level_effect_{column}"] = _variable(effects, f"level_{column}")
    coords = {name: frame[name] for name in ("term", "provider")}
    coords |= {
        dim: xr.DataArray(np.arange(n), dims=dim) for dim, n in (("chain", 1), ("draw", draws))
    }
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset(variables, coords=coords)})
    tree.attrs["transient"] = transient_among(variables)
    return Fit(spec, frame, tree)


def _of_classes(frame: xr.Dataset, drawn: dict[str, Array]) -> tuple[dict[str, Array], Array]:
    """Centre the classes' means, work provider_sd out, and give each provider's own sd."""
    which, sds = frame["class_index"].to_numpy(), drawn["class_sd"]
    share = np.bincount(which, minlength=sds.shape[1]) / len(which)
    means = drawn["class_mean"] - (drawn["class_mean"] @ share)[:, np.newaxis]
    whole = {**drawn, "class_mean": means, "provider_sd": np.sqrt(sds**2 @ share)}
    return whole, sds[:, which]


def _variable(values: Array, *dims: str) -> tuple[tuple[str, ...], Array]:
    """Put a chain of draws before (draw) or (draw, other)."""
    kept = DRAW_DIMS if values.ndim == 1 else (*DRAW_DIMS, *dims)
    return kept, values[np.newaxis]
