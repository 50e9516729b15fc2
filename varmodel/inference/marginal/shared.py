"""What providers share with their like, as linear terms beside the case mix.

=================== =============================================================
z_j' gamma          predictors of effects: a term each, with the coefficients' prior
class mean m_c      K - 1 terms for K classes: the means are centred over providers
effect of a group   a term each, normal with the level's sd
=================== =============================================================

Centred over providers, the means of classes are A r, with r normal and independent and
A = I - 1 share'. A A' = R R' with R (class, K - 1), so that they are R e, e as r.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.families import Prior
from varmodel.frame import level_groups
from varmodel.inference.marginal.hyperparameters.declared import middle_of
from varmodel.values import Array, Index

CLASS_SD, LEVEL_SD = "class_sd", "level_sd"


@dataclass(frozen=True, slots=True, eq=False)
class SharedTerms:
    """Linear terms that are the same in all cells of a provider.

    Attributes
    ----------
    matrix : ndarray, shape (provider, shared term)
        Predictors, contrasts of classes, groups of each level.
    prior_mean, prior_sd : ndarray, shape (shared term,)
        Of groups a likely sd.
    predictors : int
    contrasts : ndarray, shape (class, class - 1)
        R.
    share : ndarray, shape (class,)
        Of the providers.
    classes : ndarray of int64, shape (provider,), or None
    group_counts : tuple of int
        Groups of each level.
    """

    matrix: Array
    prior_mean: Array
    prior_sd: Array
    predictors: int
    contrasts: Array
    share: Array
    classes: Index | None
    group_counts: tuple[int, ...]

    @property
    def class_count(self) -> int:
        """Number of classes; 0 without."""
        return len(self.share)

    def beside(self, pattern: Index, design: Array, *, provider: Index) -> tuple[Index, Array]:
        """Put the terms behind those of patterns: patterns are those of a provider's like, too.

        Returns the pattern of each cell, and the design of the patterns.
        """
        if not self.matrix.shape[1]:
            return pattern, design
        rows, row = np.unique(self.matrix, axis=0, return_inverse=True)
        pairs, place = np.unique(pattern * len(rows) + row.ravel()[provider], return_inverse=True)
        whole = np.hstack([design[pairs // len(rows)], rows[pairs % len(rows)]])
        return place.ravel(), np.ascontiguousarray(whole)

    def groups(self, terms: int) -> tuple[tuple[str, slice], ...]:
        """Name the sd of each level, and the terms of its groups, the last of so many."""
        ends = terms - sum(self.group_counts) + np.cumsum([0, *self.group_counts])
        pairs = zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        return tuple((f"{LEVEL_SD}[{k}]", slice(a, b)) for k, (a, b) in enumerate(pairs))

    def parts(self, psi: Array) -> tuple[Array, Array, list[Array]]:
        """Read coefficients, class means and effects of groups of shared terms (..., term)."""
        places = np.cumsum([self.predictors, self.contrasts.shape[1], *self.group_counts])
        slopes, contrasts, *effects = np.split(psi, places[:-1], axis=-1)
        return slopes, contrasts @ self.contrasts.T, effects


def read_shared(frame: xr.Dataset, priors: Mapping[str, Prior]) -> SharedTerms:
    """Read what describes the providers of a frame."""
    providers, parts, laws = frame.sizes["provider"], [], []
    classes, share, contrasts = None, np.empty(0), np.empty((0, 0))
    if "effect_design" in frame:
        parts.append(frame["effect_design"].to_numpy())
        law = dict(priors["effect_coefficients"].parameters)
        laws.append((law["mu"], law["sigma"]))
    if "class_index" in frame:
        classes = frame["class_index"].to_numpy().astype(np.int64)
        share = np.bincount(classes) / providers
        contrasts = contrasts_of(share)
        parts.append(contrasts[classes])
        laws.append((0.0, dict(priors["class_mean"].parameters)["sigma"]))
    counts = tuple(map(len, level_groups(frame).values()))
    for place, count in enumerate(counts):
        parts.append(np.eye(count)[frame["level_index"].to_numpy()[:, place]])
        laws.append((0.0, middle_of(priors[LEVEL_SD])))
    widths = [part.shape[1] for part in parts]
    return SharedTerms(
        matrix=np.hstack([np.empty((providers, 0)), *parts]),
        prior_mean=np.repeat([mean for mean, _ in laws], widths),
        prior_sd=np.repeat([sd for _, sd in laws], widths),
        predictors=frame.sizes.get("predictor", 0),
        contrasts=contrasts,
        share=share,
        classes=classes,
        group_counts=counts,
    )


def contrasts_of(share: Array) -> Array:
    """Give R, of the shares of the classes: (class, class - 1)."""
    centred = np.eye(len(share)) - share
    values, vectors = np.linalg.eigh(centred @ centred.T)
    return np.asarray(vectors[:, 1:] * np.sqrt(values[1:]))
