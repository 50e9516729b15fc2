"""Power scaling: the prior or the likelihood raised to a power, without a refit (methods 8).

p_alpha(phi | y) is p(phi)^alpha p(y | phi), or p(phi) p(y | phi)^alpha, phi the parameters at the
top and p(y | phi) the likelihood with the effects integrated out. Draws of phi are weighed by the
power alpha - 1 of the part; the effects keep their distribution given phi. The effects' own
distribution p(u | tau) is a part of the model and never raised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail, show
from varmodel.estimands import adjusted_rates, rank
from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.prediction.log_densities import log_priors
from varmodel.fits import Fit
from varmodel.fits.importance import largest_k
from varmodel.studies.figures import annual_savings
from varmodel.studies.persistence import published_part, refuse_declared_share
from varmodel.studies.reweighting.weights import Weights, distance
from varmodel.values import Array, check_seed, is_real

PRIOR, LIKELIHOOD = COMPONENTS = ("prior", "likelihood")
#: Powers on both sides of 1 by which a sensitivity is a slope.
_NEAR = (0.99, 1.01)
#: Powers that weights of draws can stand for at all.
_LEAST, _MOST = 0.1, 10.0
TOTAL = "total saving"


@dataclass(frozen=True, slots=True, eq=False)
class _Figures:
    """What is weighed: numbers (quantity, S), and ranks (S, provider) where there are any."""

    names: tuple[str, ...]
    values: Array
    ranks: Array | None


def power_scaling(
    fit: Fit, *, random_seed: int, alphas: Sequence[float] = (0.8, 1.25)
) -> xr.Dataset:
    """Raise the prior, then the likelihood, to powers, and see what becomes of total and ranks.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws; their published part is taken.
    random_seed : int
        Of the prices.
    alphas : sequence of float
        Powers, from .1 to 10. Below 1 the part counts for less: the likelihood to the power .8
        is about that of four fifths of the providers.

    Returns
    -------
    xarray.Dataset
        ``mean``, ``sd``, ``lower``, ``upper`` (component, alpha, quantity) of provider_sd and,
        where the model has a price, of the total saving; ``shift``, by how many posterior sds of
        the fit the mean moves. ``expected_rank`` (component, alpha, provider) where a direction
        is better, and ``largest_move`` (component, alpha), the most places that any provider's
        moves by. ``sensitivity`` (component, quantity): the slope of the cumulative
        Jensen-Shannon distance at 1; above .05 the component matters. A prior and a likelihood
        that both matter disagree, or inform alike; a prior that matters alone overrules figures
        that say little. ``pareto_k`` (component, alpha): the figures of a power whose k-hat is
        above ``attrs["largest_k"]`` are not to be read: refit. ``attrs["powered"]`` names the
        parameters whose priors are raised: those at the top, never the distribution of effects
        or of their shape.

    Raises
    ------
    SpecError
        CONFIG.VALUE for powers out of range, and for a model with ``transient_share``.
    """
    from varmodel.inference.marginal.evidence import evidence_by_provider  # loads the loops

    refuse_declared_share(fit.spec)
    powers, found = _read_alphas(alphas), _figures(fit, random_seed=check_seed(random_seed))
    prior = _log_priors(fit)
    logs = {
        PRIOR: np.sum([*prior.values()], axis=0),
        LIKELIHOOD: evidence_by_provider(fit).sum(axis=1),
    }
    weights = [[Weights.of((alpha - 1) * logs[x]) for alpha in powers] for x in COMPONENTS]
    variables = {
        **_of_quantities(found, weights),
        **_of_ranks(found, weights),
        "pareto_k": (("component", "alpha"), _over(weights, lambda w: w.pareto_k)),
        "sensitivity": (
            ("component", "quantity"),
            np.array([[_slope(x, logs[name]) for x in found.values] for name in COMPONENTS]),
        ),
    }
    attrs = fit.provenance | {"powered": " ".join(prior), "largest_k": _limit(found)}
    coords = {
        "component": list(COMPONENTS),
        "alpha": list(powers),
        "quantity": list(found.names),
        "provider": fit.frame["provider"].to_numpy(),
    }
    return xr.Dataset(variables, coords, attrs=attrs)


def _read_alphas(alphas: object) -> tuple[float, ...]:
    given = tuple(alphas) if isinstance(alphas, Sequence | np.ndarray) else ()
    if given and all(is_real(x) and _LEAST <= float(x) <= _MOST for x in given):
        return tuple(float(x) for x in given)
    message = f"alphas must be powers from {_LEAST:g} to {_MOST:g}, not {show(alphas)}"
    fail("CONFIG.VALUE", message, fix="give powers about 1, such as (0.8, 1.25)")


def _limit(found: _Figures) -> float:
    return largest_k(found.values.shape[1])


def _figures(fit: Fit, *, random_seed: int) -> _Figures:
    part = published_part(fit)
    named = {"provider_sd": fit.posterior["provider_sd"]}
    savings = annual_savings(fit, random_seed=random_seed, part=part, plug_ins=False)
    if savings is not None:
        named[TOTAL] = savings["total"]
    ranks = None
    if fit.spec.better != "neither":
        each = rank(adjusted_rates(fit, part=part), better=fit.spec.better)["rank"]
        ranks = each.transpose(*DRAW_DIMS, "provider").to_numpy()
        ranks = ranks.reshape(-1, ranks.shape[-1])
    values = [x.transpose(*DRAW_DIMS).to_numpy().ravel() for x in named.values()]
    return _Figures(tuple(named), np.stack(values), ranks)


def _log_priors(fit: Fit) -> Mapping[str, Array]:
    """Give the log prior density of each parameter at the top, (S,)."""
    found = {name: x for name, x in log_priors(fit).items() if x.size}
    draws = {name: x.transpose(*DRAW_DIMS, ...).to_numpy() for name, x in found.items()}
    return {
        str(name): x.reshape(x.shape[0] * x.shape[1], -1).sum(axis=1) for name, x in draws.items()
    }


def _of_quantities(found: _Figures, weights: list[list[Weights]]) -> dict[str, Any]:
    """Give the summaries of weighted numbers."""
    base = Weights.of(np.zeros(found.values.shape[1]))
    rows = _over(
        weights,
        lambda w: [
            (mean := float(w.mean(x)), w.sd(x), *w.interval(x), (mean - base.mean(x)) / base.sd(x))
            for x in found.values
        ],
    )
    names = ("mean", "sd", "lower", "upper", "shift")
    dims = ("component", "alpha", "quantity")
    return {name: (dims, rows[..., place]) for place, name in enumerate(names)}


def _of_ranks(found: _Figures, weights: list[list[Weights]]) -> dict[str, Any]:
    if found.ranks is None:
        return {}
    ranks, dims = found.ranks, ("component", "alpha")
    expected = _over(weights, lambda w: w.mean(ranks))
    moved = np.abs(expected - ranks.mean(axis=0)).max(axis=-1)
    return {"expected_rank": ((*dims, "provider"), expected), "largest_move": (dims, moved)}


def _slope(values: Array, logs: Array) -> float:
    """Give the mean slope of the distance by log2 of the power, on both sides of 1."""
    if np.ptp(logs) == 0 or np.ptp(values) == 0:
        return 0.0
    found = [
        distance(values, Weights.of((alpha - 1) * logs).share) / abs(np.log2(alpha))
        for alpha in _NEAR
    ]
    return float(np.mean(found))


def _over(weights: list[list[Weights]], read: Any) -> Array:
    return np.array([[read(one) for one in row] for row in weights])
