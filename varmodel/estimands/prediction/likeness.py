"""What new providers share with the fit's, and the sd of their own effects, in every draw."""

import numpy as np

from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.stacked import draws_of
from varmodel.fits import Fit
from varmodel.frame import level_groups
from varmodel.frame.new.likeness import Likeness
from varmodel.values import Array


def shared_of_new(fit: Fit, like: Likeness, *, rng: np.random.Generator) -> Array:
    """Give the class means, effects of groups and of predictors of new providers, (S, new).

    A group that the fit has not has an effect drawn from the distribution of its level, the same
    for all of its providers.
    """
    total = np.zeros((draws_of(fit, "intercept").size, len(like.design)))
    if like.design.shape[1]:
        total += draws_of(fit, "effect_coefficients", "predictor") @ like.design.T
    if like.classes is not None:
        total += draws_of(fit, "class_mean", "class")[:, like.classes]
    for place, (column, known) in enumerate(level_groups(fit.frame).items()):
        effects = draws_of(fit, f"level_effect_{column}", f"level_{column}")
        others = sorted(set(like.groups[column]) - set(known))
        sd = draws_of(fit, "level_sd", "level")[:, [place]]
        drawn = sd * rng.standard_normal((len(total), len(others)))
        every = [*known, *others]
        which = [every.index(group) for group in like.groups[column]]
        total += np.hstack([effects, drawn])[:, which]
    return total


def sds_of_new(fit: Fit, source: Source, *, like: Likeness | None) -> Array:
    """Give the sd of the own effect of each new provider: (S, 1) or (S, new)."""
    if like is None or like.classes is None:
        return source.sd[:, np.newaxis]
    return draws_of(fit, "class_sd", "class")[:, like.classes]
