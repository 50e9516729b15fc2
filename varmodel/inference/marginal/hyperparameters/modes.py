"""Conditional modes of psi given chi, and the precision (negative curvature) there."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from varmodel.inference.marginal.evaluator import Slope, Surface
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

_STEPS = 30
#: Less of a fall along a step, of what it could be, says nothing of the curvature there.
_LEAST_ALONG = 1e-4
_CONVERGED = 0.05
#: Differences of the gradient: this share of a sd apart.
_APART = 0.05
#: Least precision in units of the prior's, and longest step in its sds.
_FLATTEST = 0.5
_LONGEST = 2.0
#: Sds that the mean may lie from the mode, as far as third derivatives tell.
_FARTHEST = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalMode:
    """The mode of psi at one chi.

    Attributes
    ----------
    psi : ndarray, shape (psi,)
    precision : ndarray, shape (psi, psi)
        Negative second derivative of the log posterior.
    log_mass : float
        Laplace's approximation of the log posterior of chi.
    effect : ndarray, shape of the evaluator's effects
        Expected effects.
    """

    psi: Array
    precision: Array
    log_mass: float
    effect: Array


type Modes = Sequence[ConditionalMode]


@dataclass(frozen=True, slots=True, eq=False)
class AskSlopes:
    """A search asks for slopes at some psi (point, psi), from effects (point, ...)."""

    psi: Array
    effect: Array

    @classmethod
    def at(cls, psi: Array, effect: Array) -> Self:
        """Ask at one psi or at several, from one array of effects."""
        rows = np.atleast_2d(psi)
        return cls(rows, np.broadcast_to(effect, (len(rows), *effect.shape)))


@dataclass(frozen=True, slots=True, eq=False)
class AskInformation:
    """A search asks for the information about the linear terms, as ``informations`` gives it."""

    psi: Array
    here: Slope
    along: Slope
    apart: float


type Question = AskSlopes | AskInformation
#: A search asks, is sent a list of slopes or an information, and ends with what it has found.
type Search[T] = Generator[Question, Any, T]


def find_conditional_modes(
    evaluator: Surface, chi: Array, *, near: Modes, with_precision: bool = False
) -> list[ConditionalMode]:
    """Find the modes of psi at points (point, chi) by Newton's steps, each from a mode nearby.

    The precision is that of the mode nearby, updated on the way; ``with_precision`` works it out
    anew there. All searches go on side by side, and none knows of another.
    """
    searches = [
        _search(evaluator.problem, x, one, with_precision=with_precision)
        for x, one in zip(chi, near, strict=True)
    ]
    found: list[ConditionalMode | None] = [None] * len(searches)
    asked = {k: next(search) for k, search in enumerate(searches)}
    while asked:
        answers = _answer(evaluator, chi, asked)
        asked = {}
        for k, answer in answers.items():
            try:
                asked[k] = searches[k].send(answer)
            except StopIteration as end:
                found[k] = end.value
    return [one for one in found if one is not None]


def _answer(
    evaluator: Surface, chi: Array, asked: Mapping[int, Question]
) -> dict[int, list[Slope] | Array]:
    """Answer what searches ask for: the slopes of all at once, then the informations of all."""
    answers: dict[int, list[Slope] | Array] = {}
    slopes = {k: one for k, one in asked.items() if isinstance(one, AskSlopes)}
    if slopes:
        owner = np.repeat(list(slopes), [len(one.psi) for one in slopes.values()])
        psi, effect = (
            np.concatenate([getattr(one, name) for one in slopes.values()])
            for name in ("psi", "effect")
        )
        for k, slope in zip(owner, evaluator.slopes(chi[owner], psi, effect=effect), strict=True):
            answers.setdefault(int(k), []).append(slope)  # type: ignore[union-attr]
    rest = {k: one for k, one in asked.items() if isinstance(one, AskInformation)}
    if rest:
        here, along = ([getattr(x, name) for x in rest.values()] for name in ("here", "along"))
        psi, apart = (
            np.array([getattr(x, name) for x in rest.values()]) for name in ("psi", "apart")
        )
        given = evaluator.informations(chi[list(rest)], psi, here=here, along=along, apart=apart)
        answers |= dict(zip(rest, given, strict=True))
    return answers


def _search(
    problem: Problem, chi: Array, near: ConditionalMode, *, with_precision: bool
) -> Search[ConditionalMode]:
    """Find the mode at one chi; what is to be known is asked for, and sent in."""
    psi, scale = near.psi, problem.prior_scale
    (here,) = yield AskSlopes.at(psi, near.effect)
    precision = near.precision
    if with_precision:
        precision = yield from _precision_at(problem, chi, near, here)
    step = _newton(precision, here.gradient, scale)
    for _ in range(_STEPS):
        if np.abs(step * np.sqrt(np.diag(precision))).max() < _CONVERGED:
            break
        (found,) = yield AskSlopes.at(psi + step, here.effect)
        fall = here.gradient - found.gradient
        along = float(np.linalg.norm(fall) * np.linalg.norm(step))
        concave = float(fall @ step) > _LEAST_ALONG * along  # nor NaN
        precision = _bfgs_update(precision, step, fall) if concave else precision
        if found.height >= here.height - _CONVERGED:
            psi, here = psi + step, found
        step = _newton(precision, here.gradient, scale) if concave or found is here else step / 2
    height = here.height + 0.5 * float(here.gradient @ step)
    half_log_det = 0.5 * float(np.linalg.slogdet(precision)[1])
    mode = problem.hyperparameters.reflect(psi + step)
    return ConditionalMode(mode, precision, height - half_log_det, here.effect)


def _bfgs_update(precision: Array, step: Array, fall: Array) -> Array:
    """Let a precision agree with the fall of the gradient over a step (BFGS)."""
    before = precision @ step
    gone = np.outer(before, before) / (before @ step)
    return np.asarray(precision - gone + np.outer(fall, fall) / (fall @ step))


def _newton(precision: Array, gradient: Array, scale: Array) -> Array:
    """Step to where the mode would be, at most a few prior sds away."""
    step = np.linalg.solve(precision, gradient)
    longest = np.abs(step / scale).max()
    return np.asarray(step * (_LONGEST / max(longest, _LONGEST)))


def _precision_at(
    problem: Problem, chi: Array, near: ConditionalMode, here: Slope
) -> Search[Array]:
    """Work out the precision, kept positive definite.

    That of the linear terms is told by the evaluator, with a difference along the intercept; that
    of the hyperparameters by differences along each.
    """
    terms, precision = problem.terms, np.zeros((problem.size, problem.size))
    moved = [*range(terms, problem.size), 0]
    apart = _APART / np.sqrt(np.diag(near.precision)[moved])
    nudges = np.zeros((len(moved), problem.size))
    nudges[range(len(moved)), moved] = apart
    there = yield AskSlopes.at(near.psi + nudges, here.effect)
    for k, step, one in zip(moved, apart, there, strict=True):
        precision[k] = precision[:, k] = (here.gradient - one.gradient) / step
    information = yield AskInformation(near.psi, here, there[-1], float(apart[-1]))
    precision[:terms, :terms] = information + np.diag(problem.precision_at(chi))
    scale = np.outer(problem.prior_scale, problem.prior_scale)
    steep = of_eigenvalues(lambda x: np.maximum(x, _FLATTEST), precision * scale)
    return steep / scale


def mean_less_mode(evaluator: Surface, chi: Array, *, mode: ConditionalMode) -> Array:
    """Estimate how far the mean of psi lies from its mode, by the third derivatives there.

    With covariance C = LL' the mean is off by C t / 2, where t contracts the third derivatives of
    the log posterior with C: the sum over L's columns v of g(mode + v) + g(mode - v) - 2 g(mode),
    g being the gradient. Few events skew the posterior of many coefficients, each a little.
    """
    root = np.linalg.cholesky(np.linalg.inv(mode.precision))
    around = mode.psi + np.concatenate([np.zeros((1, len(root))), root.T, -root.T])
    every, asked = np.tile(chi, (len(around), 1)), AskSlopes.at(around, mode.effect)
    slopes = evaluator.slopes(every, asked.psi, effect=asked.effect)
    middle, *ends = (one.gradient for one in slopes)
    up, down = np.split(np.array(ends), 2)
    away = 0.5 * root.T @ np.sum(up + down - 2 * middle, axis=0)
    return np.asarray(root @ away * (_FARTHEST / max(float(np.linalg.norm(away)), _FARTHEST)))


def of_eigenvalues(change: Callable[[Array], Array], matrix: Array) -> Array:
    """Change the eigenvalues of symmetric matrices (..., n, n)."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * change(values)[..., np.newaxis, :]) @ vectors.swapaxes(-1, -2))


def starting_mode(evaluator: Surface) -> ConditionalMode:
    """Start where nothing is known: the national level, no effects, information of the cells."""
    problem, every = evaluator.problem, evaluator.problem.hyperparameters
    psi = np.zeros(problem.size)
    psi[0] = problem.level
    for one in every.sampled:
        psi[every.columns(one.name)] = one.start
    eta = problem.eta(psi)[problem.pattern]
    information = problem.family.information(problem.cells, eta, problem.typical)
    by_pattern = np.bincount(problem.pattern, information, minlength=len(problem.design))
    linear = (problem.design.T * by_pattern) @ problem.design + np.diag(problem.prior_precision)
    precision = np.eye(problem.size)
    precision[: problem.terms, : problem.terms] = linear
    return ConditionalMode(psi, precision, -np.inf, np.zeros(evaluator.effect_shape))
