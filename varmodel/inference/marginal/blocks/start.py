"""Where the mass of the sds and the correlation lies, roughly, before any grid.

With several periods the posterior is so narrow in log tau_v that a grid over all that a prior
allows has no point near it, and given a wrong tau_v the best rho is far away. So tau_u, tau_v, rho
and the linear terms move together: the sds by the steps of an EM algorithm (tau^2 times one plus
the mean slope), rho and the terms by Newton's with the information of complete data.
"""

from typing import Protocol

import numpy as np

from varmodel.inference.marginal.blocks.scores import Scored
from varmodel.inference.marginal.evaluator import Guess, Slope, Slopes
from varmodel.inference.marginal.hyperparameters.declared import (
    PROVIDER_SD,
    TRANSIENT_RHO,
    TRANSIENT_SD,
)
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

_ROUNDS, _NEAR = 60, 0.02
#: EM's steps are short: they are taken so much longer, and at most so far in logs.
_LONGER, _FARTHEST = 1.6, 1.0
#: Longest step of a term, on the scale of the linear predictor, and of atanh rho.
_LONGEST, _LONGEST_X = 1.0, 0.5
#: log tau from which the steps start, and below which it is none.
_FIRST, _LEAST = np.log(0.5), np.log(1e-3)


class Scoring(Protocol):
    """What is asked of an evaluator of blocks."""

    @property
    def problem(self) -> Problem:
        """What is evaluated."""

    @property
    def effect_shape(self) -> tuple[int, ...]:
        """Shape of the effects at one point."""

    def scores(self, chi: Array, psi: Array, *, effect: Array) -> Scored:
        """Give expected scores, effects and slopes at points."""

    def by_terms(self, chi: Array, psi: Array, *, pattern: Array) -> Array:
        """Give the slope by the linear terms at one point."""

    def informations(
        self, chi: Array, psi: Array, *, here: Slopes, along: Slopes, apart: Array
    ) -> list[Array]:
        """Give the information about the linear terms at points."""


def locate(one: Scoring) -> Guess:
    """Find tau_u, tau_v, rho and the linear terms that fit together."""
    problem, every, terms = one.problem, one.problem.hyperparameters, one.problem.terms
    chi, psi = np.full(len(every.bounded), _FIRST), np.zeros(problem.size)
    psi[0], effect = problem.level, np.zeros(one.effect_shape)
    for each in every.sampled:
        psi[every.columns(each.name)] = each.start
    precision = np.diag(problem.prior_scale**-2.0)
    for _ in range(_ROUNDS):
        at = chi[np.newaxis], psi[np.newaxis]
        scored = one.scores(*at, effect=effect[np.newaxis])
        slopes, effect = scored.slopes[:, 0], scored.effect[0]
        gradient = one.by_terms(chi, psi, pattern=scored.pattern[:, 0])
        here = [Slope(float(slopes[0]), gradient, effect, scored.score[:, 0])]
        (information,) = one.informations(*at, here=here, along=here, apart=np.ones(1))
        precision[:terms, :terms] = information + np.diag(problem.precision_at(chi))
        step = np.linalg.solve(precision[:terms, :terms], gradient)
        psi[:terms] += step * (_LONGEST / max(_LONGEST, np.abs(problem.design @ step).max()))
        moved = _move(problem, chi, psi, slopes, len(effect))
        if max(moved, np.abs(step * np.sqrt(np.diag(precision)[:terms])).max()) < _NEAR:
            break
    return Guess(chi, psi, precision, effect)


def _move(problem: Problem, chi: Array, psi: Array, slopes: Array, units: int) -> float:
    """Take the steps of the sds and of rho, in place; give the longest."""
    every, moved = problem.hyperparameters, 0.0
    for name, slope, count in (
        (PROVIDER_SD, slopes[1], problem.providers),
        (TRANSIENT_SD, slopes[2], units),
    ):
        step = 0.5 * _LONGER * np.log(max(1 + slope / count, 0.05))
        at = every.columns(name).start
        step = max(min(step, _FARTHEST), -_FARTHEST, _LEAST - chi[at])
        chi[at] += step
        moved = max(moved, abs(step))
    if any(one.name == TRANSIENT_RHO for one in every.listed):
        at = every.columns(TRANSIENT_RHO).start
        ends = every[TRANSIENT_RHO].log_prior(psi[at] + np.array([[1e-4], [-1e-4]]))
        gradient = slopes[3] + (ends[0] - ends[1]) / 2e-4
        # information of so many pairs about atanh rho, were v known; a prior's worth at least
        step = gradient / (1 + units * (1 + np.tanh(psi[at]) ** 2))
        psi[at] += max(min(_LONGER * step, _LONGEST_X), -_LONGEST_X)
        moved = max(moved, abs(step))
    return moved
