"""What a kind of likelihood can do: the operations that each file of this folder implements.

A kind is a named tuple with the field ``data``. The loops of ``quadrature/`` call these operations
with it, and Numba takes the implementation by its type when it compiles the loop: a new kind is one
file, and no loop asks which kind it has. ``tests/inference/marginal/likelihood`` holds every kind
to the same tests.

======== ==================================================================
b        a provider's effect
eta_i    linear predictor of cell i, without the effect
x_i      what a kind reads of it, its ``predictor``: exp(eta_i), exp(-eta_i) or eta_i
theta    the likelihood's own ``parameter`` at a point: gamma shape, precision, phi; 1 if none
l(b)     log likelihood of the provider's cells, but for what no predictor touches
======== ==================================================================

By point, one provider at one point (``Place``): ``expand``, ``rise_by_cells``,
``slopes_by_cells``, ``add_score``; ``falls`` where l is not log-concave.
In batches (rows of ``batch``), for likelihoods that are log-concave: ``expand_batch``,
``slopes_batch``, ``rise_batch``, ``base_batch``, ``growth``, ``score_batch``, ``normal_share``.
Both: ``linear``.
In blocks (rows of ``batch``, cells read by unit), for all kinds: ``curvatures``, ``derivatives``,
``log_likelihoods``, ``add_scores``. There a *unit*, the cells of a provider in a period, has an
effect of its own, and the cells are sorted by unit: j is the unit.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from numba.extending import overload

from varmodel.inference.marginal.likelihood.batch import Cells
from varmodel.inference.marginal.loops import OPTIONS, loop
from varmodel.values import Array

type Index = npt.NDArray[np.integer]


class Data(NamedTuple):
    """The cells, sorted by provider.

    ``pattern``, ``size``, ``response`` (cell,); ``starts`` (provider + 1,), the first cell of each;
    ``linear`` (provider,): what multiplies the effect in the log likelihood, before the parameter;
    ``order`` (provider,): providers by their number of cells.
    """

    pattern: Index
    size: Array
    response: Array
    starts: Index
    linear: Array
    order: Index


class Likelihood(Protocol):
    """Any kind of likelihood."""

    @property
    def data(self) -> Data:
        """The cells."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind says of itself.

    Attributes
    ----------
    log_concave : bool
        Whether l is, whatever the cells: it then has the batched form, and its draws are bounded
        by that.
    leaves_logs : bool
        Whether ``expand`` leaves the sum of size log(1 + x e^b) to NumPy, which takes all at once.
    longest_step : float
        How far one step of Newton's method may go.
    steepening : float
        The information changes by a factor e^(steepening |d|) at most over a distance d.
    """

    log_concave: bool
    leaves_logs: bool = False
    longest_step: float = 2.0
    steepening: float = 1.0


_TRAITS: dict[type, Traits] = {}


def kind[C: type](**traits: Any) -> Callable[[C], C]:
    """Declare a class a kind of likelihood, with its :class:`Traits`."""

    def register(likelihood: C) -> C:
        _TRAITS[likelihood] = Traits(**traits)
        return likelihood

    return register


def traits_of(model: Likelihood) -> Traits:
    """Give what a likelihood's kind says of itself."""
    return _TRAITS[type(model)]


class Place(NamedTuple):
    """One provider at one point: its number, the predictors by pattern, the parameter."""

    j: int
    predictor: Array
    parameter: float


def operation[F: Callable[..., Any]](stub: F) -> F:
    """Make a function that every kind implements for itself; Python may call it too."""
    kinds: dict[type, Callable[..., Any]] = {}

    @functools.wraps(stub)
    def ask(model: Any, *rest: Any) -> Any:
        return kinds[type(model)](model, *rest)

    ask.kinds = kinds  # type: ignore[attr-defined]
    return ask  # type: ignore[return-value]


def implements(
    ask: Callable[..., Any], likelihood: type, *, fastmath: set[str] | bool = False
) -> Callable[..., Any]:
    """Register a function as what an operation does for a kind; ``fastmath`` is Numba's."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        # not cached by itself: the file would be that of ``compiled``, without its door to Python
        @overload(ask, jit_options={**OPTIONS, "fastmath": fastmath, "cache": False}, strict=False)
        def _choose(model: Any, *_: Any) -> Callable[..., Any] | None:
            return function if getattr(model, "instance_class", None) is likelihood else None

        compiled = loop(fastmath=fastmath)(function)
        ask.kinds[likelihood] = compiled  # type: ignore[attr-defined]
        return compiled

    return register


def log_concave(model: Likelihood) -> bool:
    """Say whether the log likelihood is concave, whatever the cells."""
    return traits_of(model).log_concave


def longest_step(model: Likelihood) -> float:
    """Give how far one step of Newton's method may go."""
    return traits_of(model).longest_step


def steepening(model: Likelihood) -> float:
    """Give how fast the information may change with the effect."""
    return traits_of(model).steepening


@overload(log_concave, strict=False)
def _log_concave(model: Any) -> Callable[..., Any]:
    value = _TRAITS[model.instance_class].log_concave
    return lambda model: value


@overload(longest_step, strict=False)
def _longest_step(model: Any) -> Callable[..., Any]:
    value = _TRAITS[model.instance_class].longest_step
    return lambda model: value


@overload(steepening, strict=False)
def _steepening(model: Any) -> Callable[..., Any]:
    value = _TRAITS[model.instance_class].steepening
    return lambda model: value


@operation
def linear(model: Likelihood, j: int, parameter: float) -> float:
    """Give what multiplies the effect of provider j in its log likelihood."""


@operation
def expand(
    model: Likelihood, at: Place, b: float, series: Array, ones: Array
) -> tuple[float, float]:
    """Fill the derivatives of l at ``b`` over k!; return l(b) and how far the series reaches.

    A reach of 0: heights and slopes are read from the cells, and ``b`` need not be near the mode.
    A kind that leaves logs writes 1 + x e^b of each cell to ``ones``.
    """


@operation
def rise_by_cells(model: Likelihood, at: Place, b: float, series: Array, step: float) -> float:
    """Give l(b + step) - l(b) beyond the reach of the series at ``b``."""


@operation
def slopes_by_cells(
    model: Likelihood, at: Place, b: float, series: Array, step: float
) -> tuple[float, float]:
    """Give l'(b + step), and -l'' there or a positive number in its place, beyond the reach."""


@operation
def add_score(model: Likelihood, at: Place, b: float, weight: float, score: Array) -> None:
    """Add ``weight`` times what the effect moves of each cell's derivative by eta."""


@operation
def falls(model: Likelihood, at: Place, b: float, side: int) -> bool:
    """Say whether l, fallen on the way out to ``b``, rises no more; others than log-concave."""


@overload(falls, strict=False)
def _falls(model: Any, *_: Any) -> Callable[..., Any] | None:
    return (lambda model, at, b, side: True) if _TRAITS[model.instance_class].log_concave else None


@operation
def expand_batch(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Read the first ``count`` cells for the derivatives at ``B`` and their reach."""


@operation
def slopes_batch(model: Likelihood, s: Array) -> None:
    """Fill slope and information at ``STEP``, within half the reach."""


@operation
def rise_batch(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Fill the rise of the log likelihood over ``STEP``, from the cells beyond the reach."""


@operation
def base_batch(model: Likelihood, cells: Cells, count: int, s: Array) -> None:
    """Fill the log likelihood at ``B``, where ``expand_batch`` has not."""


@operation
def growth(model: Likelihood, b: float) -> float:
    """Give what an effect multiplies the predictor by, held within what a float holds."""


@operation
def score_batch(
    model: Likelihood, cells: Cells, count: int, weight: Array, grown: Array, s: Array
) -> None:
    """Put each cell's expected score in its response's place, as far as the effects move it.

    ``weight`` and ``grown`` (node, member): the weights, of sum 1, and ``growth`` at the nodes.
    """


@operation
def normal_share(model: Likelihood, share: float) -> float:
    """Give the share of the curvature at the mode that does not change with the effect.

    ``share`` is that of the effects' normal. The rest may change by a factor e^|d| at most over a
    distance d: what the envelope of exact draws rests on.
    """


@operation
def curvatures(model: Likelihood, j: int, predictor: Array, width: int, s: Array) -> None:
    """Fill slope and information of unit j at ``B``, of the first ``width`` members.

    ``predictor`` (pattern, member). The information is positive: where -l'' is not, an expected
    one or a bound stands in its place.
    """


@operation
def derivatives(model: Likelihood, j: int, predictor: Array, width: int, s: Array) -> None:
    """Fill log likelihood, slope, information, third and fourth derivative of unit j at ``B``.

    A kind whose information is not -l'' adds what it is more to ``EXCESS``.
    """


@operation
def log_likelihoods(model: Likelihood, j: int, predictor: Array, width: int, s: Array) -> None:
    """Fill the log likelihood of unit j at ``B``."""


@operation
def add_scores(
    model: Likelihood, j: int, predictor: Array, share: float, s: Array, score: Array
) -> None:
    """Add ``share`` times what the effect moves of each cell's derivative by eta at ``B``.

    ``score`` (cell, member).
    """
