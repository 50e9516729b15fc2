"""What the sampler of the hyperparameters asks of an evaluator of their posterior.

An evaluator integrates the effects of a problem out, by provider. How it does so, and how many
numbers a provider's effect has, is its own: the sampler reads arrays of effects as they come.

=========== ===================================================================
chi         hyperparameters on the grid, (point, chi) or (chi,)
psi         intercept, coefficients, other hyperparameters, (point, psi) or (psi,)
effect      conditional modes or means of the effects, ``effect_shape``:
            (provider,), or (provider, period) where a provider has a block
height      log p(y | chi, psi) p(chi, psi), the effects integrated out
gradient    derivative of the height by psi
information negative second derivative of log p(y | chi, psi) by the linear terms
=========== ===================================================================
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from varmodel.inference.marginal.problem import Problem
from varmodel.numerics.threads import share_out
from varmodel.values import Array, Index

#: Largest change of a difference of log likelihoods by which an evaluator may be off.
TOLERANCE = 0.02
#: Step of the central differences by a hyperparameter's coordinate.
_STEP = 3e-3


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Where to look for the conditional modes of the effects.

    Attributes
    ----------
    effect : ndarray, shape (mode, *effect_shape)
    nearest : ndarray of int64, shape (point,)
        Which of them is nearest to each point.
    """

    effect: Array
    nearest: Index


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """What is known of the log posterior at one point.

    Attributes
    ----------
    height : float
    gradient : ndarray, shape (psi,)
    effect : ndarray, shape effect_shape
        Expected effects.
    score : ndarray, shape (cell,)
        Expected scores by the linear predictor, but for what no effect changes; empty where the
        evaluator reads none of them again.
    """

    height: float
    gradient: Array
    effect: Array
    score: Array


type Slopes = Sequence[Slope]


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """Where the search for the mass of the hyperparameters begins.

    Attributes
    ----------
    chi : ndarray, shape (chi,)
    psi : ndarray, shape (psi,)
    precision : ndarray, shape (psi, psi)
    effect : ndarray, shape effect_shape
    """

    chi: Array
    psi: Array
    precision: Array
    effect: Array


class PointByPoint:
    """What an evaluator that works on one point at a time knows of several: all cores share them.

    It has ``slope`` and ``information``, of one point, in place of a surface's.
    """

    @property
    def side_by_side(self) -> bool:
        """Whether several points cost little more than one."""
        return False

    def slopes(self, chi: Array, psi: Array, *, effect: Array) -> list[Slope]:
        """Give the slope at each point."""

        def work(k: int) -> Slope:
            return self.slope(chi[k], psi[k], effect=effect[k])  # type: ignore[attr-defined]

        return share_out(work, range(len(chi)))

    def informations(
        self, chi: Array, psi: Array, *, here: Slopes, along: Slopes, apart: Array
    ) -> list[Array]:
        """Give the information about the linear terms at each point."""
        rows = zip(chi, psi, here, along, apart, strict=True)
        return [
            self.information(x, at, here=one, along=other, apart=float(step))  # type: ignore[attr-defined]
            for x, at, one, other, step in rows
        ]


class Surface(Protocol):
    """The log posterior of chi and psi, as the search for its mass reads it."""

    @property
    def problem(self) -> Problem:
        """What is evaluated."""

    @property
    def effect_shape(self) -> tuple[int, ...]:
        """Shape of the effects at one point, as ``Starts`` and ``Slope`` hold them."""

    @property
    def side_by_side(self) -> bool:
        """Whether several points cost little more than one."""

    def guess(self) -> Guess | None:
        """Say where to begin; None: from as far as the priors reach."""

    def of_normal_effects(self) -> Self:
        """Evaluate the same problem with normal effects."""

    def log_posterior(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        """Give the heights, shape (point,)."""

    def slopes(self, chi: Array, psi: Array, *, effect: Array) -> list[Slope]:
        """Give height, gradient and expected effects at each point.

        They are searched for from ``effect``, (point, *effect_shape).
        """

    def informations(
        self, chi: Array, psi: Array, *, here: Slopes, along: Slopes, apart: Array
    ) -> list[Array]:
        """Give the information about the linear terms at each point, (term, term).

        ``here`` are the slopes there, ``along`` those where the intercept is larger by ``apart``.
        """


class Evaluator(Surface, Protocol):
    """A problem and a way to integrate its effects out."""

    @property
    def effect_dims(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the arrays that ``draw`` gives, each with its dimensions behind the point."""

    @property
    def nodes(self) -> int:
        """Number of nodes or points that an integral is a sum over."""

    @property
    def block_k(self) -> float:
        """Largest k-hat over providers of weights that draw their effects; NaN where none do."""

    @property
    def block_points(self) -> int:
        """Number of weights that each of these k-hats is of."""

    def draw(self, chi: Array, psi: Array, *, starts: Starts, seeds: Index) -> dict[str, Array]:
        """Draw all effects at each point from their exact conditionals, (point, ...) by name."""

    def refined(
        self, chi: Array, psi: Array, *, starts: Starts, tolerance: float = TOLERANCE
    ) -> tuple[Self, float]:
        """Take nodes enough that the heights of these points are exact.

        Returns
        -------
        tuple
            The evaluator, and how far a difference of its heights may be off: below the tolerance
            unless no affordable number of nodes is enough.
        """


def spread_of(change: Array) -> float:
    """Say how far differences of heights have moved, where the heights moved by ``change``."""
    return float(np.abs(change - change[0]).max())


def central_differences(
    log_posterior: Callable[..., Array], *, chi: Array, psi: Array, columns: slice, effect: Array
) -> Array:
    """Differentiate the heights of points by some columns of psi that nothing else tells.

    ``effect`` (point, *effect_shape); gives (point, column).
    """
    steps = _STEP * np.eye(psi.shape[1])[columns]
    around = psi[:, np.newaxis] + np.concatenate([steps, -steps])
    nearest = np.repeat(np.arange(len(chi)), around.shape[1])
    height = log_posterior(
        chi[nearest], around.reshape(-1, psi.shape[1]), starts=Starts(effect, nearest)
    )
    up, down = np.split(height.reshape(len(chi), -1), 2, axis=1)
    return np.asarray((up - down) / (2 * _STEP))
