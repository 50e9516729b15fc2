"""How strong a missing factor must be to take a provider out of its place (methods 8, 16).

Symbols: b_j a provider's effect, d +1 where high is good and -1 where low is, m the places of an
outer quarter; the cut of j is the m-th best (worst) d b_k of the others, so that j lies in the
top (bottom) quarter where d b_j is beyond it.
"""

import json
import math
from collections.abc import Callable

import numpy as np
import xarray as xr

from varmodel.estimands.draws.labelled import sign_of
from varmodel.estimands.draws.stacked import read_likelihood
from varmodel.estimands.ranks.ranking import outer_places, rank
from varmodel.estimands.rates.parts import effects_of
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.studies.persistence import published_part
from varmodel.values import Array, Index

#: A provider has a place, and keeps it, where its probability is at least this.
HELD = 0.5
_PLACES = {
    "top quarter": "prob_top_quarter",
    "middle": "prob_middle",
    "bottom quarter": "prob_bottom_quarter",
}
_HALVINGS = 60


def tipping_points(fit: Fit, *, better: str) -> xr.Dataset:
    """Find the shift of its effect that would take a provider out of its place.

    Parameters
    ----------
    fit : Fit
        Its published part is taken: what lasts, or after DESIGN.SPLIT the coming period.
    better : {"higher", "lower"}
        Which direction is good.

    Returns
    -------
    xarray.Dataset
        ``place`` (provider): "top quarter", "middle" or "bottom quarter" where its probability
        ``prob`` (provider) is at least .5, else empty. ``shift`` (provider): the smallest change of
        the provider's effect, on the link scale, at which that probability falls to .5; NaN
        without a place, or where the place cannot be left. ``term_sd`` (term): posterior median
        of the sd over providers of what the term says of their own cases (mean x'beta), a row a
        case mix or demography term. ``multiple`` (provider, term) = abs(shift) / term_sd: a factor
        that the model leaves out and that differs between this provider and the others 1.7 times
        as much as deprivation does would be enough. A small multiple says that the place hangs
        on the case mix that was measured; a large one does not say that none is missing.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown ``better``.
    """
    sign = sign_of(better)
    effect = sign * effects_of(fit, published_part(fit))
    providers = fit.frame["provider"].to_numpy()
    ranks = rank(xr.DataArray(effect[np.newaxis], dims=_DIMS), better="higher")
    probs = np.stack([ranks[name].to_numpy() for name in _PLACES.values()])
    place, prob = probs.argmax(axis=0), probs.max(axis=0)
    shift = np.full(len(providers), math.nan)
    for provider in np.flatnonzero(prob >= HELD):
        shift[provider] = sign * _shift(effect, int(provider), place=int(place[provider]))
    names, sds = _term_sds(fit)
    words = np.where(prob >= HELD, np.array(list(_PLACES))[place], "")
    multiple = np.divide(
        np.abs(shift)[:, np.newaxis],
        sds,
        out=np.full((len(shift), len(sds)), math.nan),
        where=sds > 0,
    )
    found = {
        "place": ("provider", words),
        "prob": ("provider", prob),
        "shift": ("provider", shift),
        "term_sd": ("term", sds),
        "multiple": (("provider", "term"), multiple),
    }
    coords = {"provider": providers, "term": names}
    return xr.Dataset(found, coords, attrs=fit.provenance | {"better": better})


_DIMS = ("chain", "draw", "provider")


def _shift(effect: Array, provider: int, *, place: int) -> float:
    """Find the smallest shift of one column of effects, high being good, that leaves its place."""
    count = effect.shape[1]
    outer, own = outer_places(count), effect[:, provider]
    others = np.sort(np.delete(effect, provider, axis=1), axis=1)
    top, bottom = others[:, count - 1 - outer] - own, others[:, outer - 1] - own
    if place != 1:
        return float(np.median(top if place == 0 else bottom))

    def held(shift: float) -> bool:
        return bool(np.mean((bottom < shift) & (shift < top)) >= HELD)

    reach = float(max(np.abs(top).max(), np.abs(bottom).max())) + 1.0
    ends = (_edge(held, reach), _edge(held, -reach))
    return min(ends, key=abs)


def _edge(held: Callable[[float], bool], beyond: float) -> float:
    """Bisect between 0, where the place is held, and a shift at which it is not."""
    inside, outside = 0.0, beyond
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if held(middle) else (inside, middle)
    return (inside + outside) / 2


def _term_sds(fit: Fit) -> tuple[list[str], Array]:
    """Give each term's sd over providers of its own-cell mean x'beta, posterior median."""
    predictor, frame = read_likelihood(fit).predictor, fit.frame
    weight = cells_of(frame).size
    owner, pattern = (frame[name].to_numpy() for name in ("provider_index", "pattern_index"))
    own = np.zeros((frame.sizes["provider"], predictor.design.shape[1]))
    np.add.at(own, owner, weight[:, np.newaxis] * predictor.design[pattern])
    own /= np.bincount(owner, weight, len(own))[:, np.newaxis]
    names, sds = [], []
    for name, columns in _columns_of_terms(frame):
        said = own[:, columns] @ predictor.coefficients[:, columns].T
        names.append(name)
        sds.append(float(np.median(said.std(axis=0, ddof=1))))
    return names, np.array(sds)


def _columns_of_terms(frame: xr.Dataset) -> list[tuple[str, Index]]:
    """Find the columns of each term of the design; the levels of periods are none."""
    terms = json.loads(frame.attrs.get("terms", "[]"))
    sizes: dict[str, int] = {}
    found, first = [], 0
    for term in sorted(terms, key=lambda term: term["kind"] == "interaction"):
        sizes[term["column"]] = _size(term, sizes)
    for term in terms:
        size = sizes[term["column"]]
        if term["kind"] != "period":
            found.append((str(term["column"]), np.arange(first, first + size)))
        first += size
    return found


def _size(term: dict[str, list[str]], sizes: dict[str, int]) -> int:
    """Count the columns of a term, those of the parts of an interaction being known."""
    kinds = {
        "factor": len(term["levels"]) - 1,
        "period": len(term["levels"]) - 1,
        "spline": len(term.get("knots", [])) - 1,
        "interaction": math.prod(sizes.get(part, 1) for part in term.get("columns", [])),
    }
    return kinds.get(str(term["kind"]), 1)
