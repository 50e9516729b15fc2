"""How well a model predicts providers that it was not fitted to, their effects integrated out.

Counts are read as single cases in their order, and counts in an exposure as points in time: the
number of orders, and the size of the exposure, are the same whatever the model and however its
cells are drawn up, so that they are left out of every density.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.families import FAMILIES, Cells
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.frame.providers.some import some_providers
from varmodel.numerics import special
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index, Mask

#: Form of the response -> what of a cell's density no parameter is in, but how cases are told.
_ORDERS: dict[str, Callable[[Cells], Array] | None] = {
    "share": FAMILIES["binomial"].constant,
    "trial": FAMILIES["binomial"].constant,
    "expected": FAMILIES["poisson"].constant,
    "exposure": FAMILIES["poisson"].constant,
}


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model with its frame, its transient stated.

    Attributes
    ----------
    name : str
    spec : ModelSpec
    frame : xarray.Dataset
    """

    name: str
    spec: ModelSpec
    frame: xr.Dataset


def deal(frame: xr.Dataset, *, folds: int, rng: np.random.Generator) -> Index:
    """Give the fold of each provider, shape (provider,).

    Within each class, in the order of size, as many as there are folds are dealt out one to each:
    no class of three stands in one fold alone.
    """
    owner, providers = frame["provider_index"].to_numpy(), frame.sizes["provider"]
    size = np.bincount(owner, cells_of(frame).size, providers)
    kind = frame["class_index"].to_numpy() if "class_index" in frame else np.zeros(providers)
    order = np.lexsort((size, kind))
    found = np.empty(providers, dtype=np.int64)
    for first in range(0, providers, folds):
        some = order[first : first + folds]
        found[some] = rng.permutation(folds)[: len(some)]
    return found


def tasks_of(candidate: Candidate, fold: Index) -> Iterator[tuple[ModelSpec, xr.Dataset]]:
    """Give what is to be fitted: the whole table, then all but each fold."""
    yield candidate.spec, candidate.frame
    for k in range(int(fold.max()) + 1):
        yield candidate.spec, some_providers(candidate.frame, fold != k)


def score(candidate: Candidate, fits: Sequence[Fit], fold: Index) -> Array:
    """Give the log predictive density of each provider by the fit that has not seen it.

    Parameters
    ----------
    candidate : Candidate
    fits : sequence of Fit
        One a fold.
    fold : ndarray of int64, shape (provider,)

    Returns
    -------
    ndarray, shape (provider,)
        log of the mean of p(y_j | phi) over the draws; of single cases and measurements.
    """
    from varmodel.inference.marginal.evidence import evidence_by_provider  # loads the loops

    found = np.empty(len(fold))
    for k, fit in enumerate(fits):
        held = fold == k
        evidence = evidence_by_provider(_unseen(candidate, fit, held))
        found[held] = special.logsumexp(evidence, axis=0) - np.log(len(evidence))
    return found - _orders(candidate.frame)


def _unseen(candidate: Candidate, fit: Fit, held: Mask) -> Fit:
    """Give the draws of a fit with providers that it has not seen, their effects nought."""
    frame = some_providers(candidate.frame, held)
    labels = {"provider": frame["provider"].to_numpy()}
    own = fit.draws["posterior"].to_dataset()
    effects = [name for name in ("provider_effect", "transient_effect") if name in own]
    empty = {
        name: own[name].isel(provider=0, drop=True).expand_dims(labels, axis=2) * 0.0
        for name in effects
    }
    posterior = own.drop_vars([*effects, "provider"]).assign(empty)
    tree = xr.DataTree.from_dict({"posterior": posterior})
    tree.attrs = dict(fit.draws.attrs)
    return Fit(candidate.spec, frame, tree)


def _orders(frame: xr.Dataset) -> Array:
    """Give what is left out of each provider's density."""
    constant = _ORDERS.get(str(frame.attrs["form"]))
    if constant is None:
        return np.zeros(frame.sizes["provider"])
    owner = frame["provider_index"].to_numpy()
    return np.bincount(owner, constant(cells_of(frame)), frame.sizes["provider"])
