"""Conditional modes of psi given chi, and the precision (negative curvature) there."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from varmodel.inference.marginal.evaluator import Slope, Surface
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


def find_conditional_mode(
    evaluator: Surface, chi: Array, *, near: ConditionalMode, with_precision: bool = False
) -> ConditionalMode:
    """Find the mode of psi at a chi by Newton's steps from a mode nearby.

    The precision is that of the mode nearby, updated on the way; ``with_precision`` works it out
    anew there.
    """
    psi, scale = near.psi, evaluator.problem.prior_scale
    here = evaluator.slope(chi, psi, effect=near.effect)
    precision = _precision_at(evaluator, chi, near, here) if with_precision else near.precision
    step = _newton(precision, here.gradient, scale)
    for _ in range(_STEPS):
        if np.abs(step * np.sqrt(np.diag(precision))).max() < _CONVERGED:
            break
        found = evaluator.slope(chi, psi + step, effect=here.effect)
        fall = here.gradient - found.gradient
        along = float(np.linalg.norm(fall) * np.linalg.norm(step))
        concave = float(fall @ step) > _LEAST_ALONG * along  # nor NaN
        precision = _bfgs_update(precision, step, fall) if concave else precision
        if found.height >= here.height - _CONVERGED:
            psi, here = psi + step, found
        step = _newton(precision, here.gradient, scale) if concave or found is here else step / 2
    height = here.height + 0.5 * float(here.gradient @ step)
    half_log_det = 0.5 * float(np.linalg.slogdet(precision)[1])
    mode = evaluator.problem.hyperparameters.reflect(psi + step)
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


def _precision_at(evaluator: Surface, chi: Array, near: ConditionalMode, here: Slope) -> Array:
    """Work out the precision, kept positive definite.

    That of the linear terms is told by the evaluator, with a difference along the intercept; that
    of the hyperparameters by differences along each.
    """
    problem, terms = evaluator.problem, evaluator.problem.terms
    precision = np.zeros((problem.size, problem.size))
    for k in (*range(terms, problem.size), 0):
        apart = _APART / np.sqrt(near.precision[k, k])
        nudge = apart * np.eye(problem.size)[k]
        there = evaluator.slope(chi, near.psi + nudge, effect=here.effect)
        precision[k] = precision[:, k] = (here.gradient - there.gradient) / apart
    information = evaluator.information(chi, near.psi, here=here, along=there, apart=apart)
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

    def gradient(psi: Array) -> Array:
        return evaluator.slope(chi, psi, effect=mode.effect).gradient

    middle = 2 * gradient(mode.psi)
    changes = [gradient(mode.psi + v) + gradient(mode.psi - v) - middle for v in root.T]
    away = 0.5 * root.T @ np.sum(changes, axis=0)
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
