"""Links between the natural scale of a rate and the linear predictor."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from varmodel.numerics import special
from varmodel.values import Array


@dataclass(frozen=True, slots=True)
class Link:
    """A link function and its inverse.

    Attributes
    ----------
    name : str
        ``"logit"``, ``"log"`` or ``"identity"``.
    forward, inverse : callable
        Natural scale to linear predictor, and back; elementwise.
    lower, upper : float
        Open bounds of the natural scale.
    """

    name: str
    forward: Callable[[Array], Array]
    inverse: Callable[[Array], Array]
    lower: float
    upper: float


def _identity(x: Array) -> Array:
    return x


def _logit(x: Array) -> Array:
    return np.asarray(special.logit(x))


def _expit(x: Array) -> Array:
    return np.asarray(special.expit(x))


LINKS: dict[str, Link] = {
    link.name: link
    for link in (
        Link("logit", _logit, _expit, 0.0, 1.0),
        Link("log", np.log, np.exp, 0.0, np.inf),
        Link("identity", _identity, _identity, -np.inf, np.inf),
    )
}
