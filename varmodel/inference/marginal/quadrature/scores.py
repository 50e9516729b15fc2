"""Expected scores at one point, by whichever loops fit likelihood and distribution."""

from typing import NamedTuple

import numpy as np

from varmodel.families.effects import EffectDistribution
from varmodel.inference.marginal.likelihood.operations import Likelihood, log_concave
from varmodel.inference.marginal.quadrature.batches.normal_scores import scores_of_normals
from varmodel.inference.marginal.quadrature.batches.normals import room_for
from varmodel.inference.marginal.quadrature.batches.spline_scores import scores_of_splines
from varmodel.inference.marginal.quadrature.by_point import (
    expected_scores,
    room_for_logs,
    scratch,
    sum_logs,
)
from varmodel.inference.marginal.quadrature.distributions import Distribution
from varmodel.inference.marginal.quadrature.effects import is_spline
from varmodel.inference.marginal.quadrature.grid import Rule
from varmodel.values import Array


class Expected(NamedTuple):
    """What the data say at one point.

    ``height``: log evidence, but for what no effect touches; ``effect`` (provider,), expected
    effects; ``score`` (cell,), expected scores by eta; ``powers`` (piece, 4), of a spline, expected
    sums over providers of the powers of its coordinate less the knot before.
    """

    height: float
    effect: Array
    score: Array
    powers: Array


def of_normals(law: EffectDistribution, model: Likelihood) -> bool:
    """Say whether effects are a mixture of normals and the likelihood is log-concave."""
    return law.normals is not None and log_concave(model)


def has_batches(law: EffectDistribution, model: Likelihood) -> bool:
    """Say whether points, or providers, stand side by side."""
    return of_normals(law, model) or (is_spline(law) and log_concave(model))


def expect(
    law: EffectDistribution,
    laid: tuple[Array, Array, Distribution],
    *,
    model: Likelihood,
    rule: Rule,
    near: Array,
) -> Expected:
    """Give what is expected at one point.

    ``laid``: predictor, parameter and distribution, a row each; ``near`` (provider,): where to look
    for the modes of the effects.
    """
    predictor, parameter, distribution = laid
    at, effect = (predictor[0], float(parameter[0]), distribution), near.copy()
    score, powers = np.empty(len(model.data.pattern)), np.zeros(distribution.cubics.shape[1:])
    if of_normals(law, model):
        room = room_for(model, distribution, rule=rule)
        height = scores_of_normals(model, *at, rule, effect, room, score)
    elif has_batches(law, model):
        height = scores_of_splines(model, at, rule=rule, effect=effect, score=score, powers=powers)
    else:
        ones = room_for_logs(model, 1)
        height = expected_scores(model, *at, rule, effect, ones[0], scratch(), score, powers)
        height -= float(sum_logs(model, ones)[0])
    return Expected(height, effect, score, powers)
