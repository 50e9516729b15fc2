"""Priors: a closed vocabulary with PyMC's names, densities and draws included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from varmodel.errors import Problem, nearest, one_of, refuse, show
from varmodel.numerics import special
from varmodel.values import Array, is_number

type Parameters = Mapping[str, float]
type Draw = Callable[[np.random.Generator, Parameters, int | tuple[int, ...]], Array]
type Tail = Callable[[float, Parameters], float]

WHOLE_LINE, POSITIVE, CORRELATION_SUPPORT = (-np.inf, np.inf), (0.0, np.inf), (-1.0, 1.0)
#: Parameter of a prior -> the power of a factor on the values by which it is multiplied.
_POWERS = {"sigma": 1, "beta": 1, "lam": -1}


@dataclass(frozen=True, slots=True)
class PriorKind:
    """One row of the vocabulary.

    Attributes
    ----------
    defaults : mapping
        Parameter names with their defaults; None where the parameter must be given.
    support : pair of float
        The ends of its support: of the whole line, the positive half line, or -1 and 1.
    log_density : callable
        ``(x, parameters) -> log density``, normalised on its support and read only there.
    draw : callable
        ``(rng, parameters, size) -> draws``.
    prob_above : callable
        ``(x, parameters) -> Pr(more than x)``, read only on the support.
    """

    defaults: Mapping[str, float | None]
    support: tuple[float, float]
    log_density: Callable[[Array, Parameters], Array]
    draw: Draw
    prob_above: Tail


def _normal(x: Array, p: Parameters) -> Array:
    z = (x - p["mu"]) / p["sigma"]
    return np.asarray(-0.5 * z**2 - np.log(p["sigma"]) - 0.5 * np.log(2 * np.pi))


def _half_normal(x: Array, p: Parameters) -> Array:
    return np.asarray(np.log(2.0) + _normal(x, {"mu": 0.0, "sigma": p["sigma"]}))


def _half_cauchy(x: Array, p: Parameters) -> Array:
    return np.asarray(np.log(2 / (np.pi * p["beta"])) - np.log1p((x / p["beta"]) ** 2))


def _half_student_t(x: Array, p: Parameters) -> Array:
    nu, sigma = p["nu"], p["sigma"]
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2)
    constant += np.log(2.0) - 0.5 * np.log(nu * np.pi) - np.log(sigma)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p((x / sigma) ** 2 / nu))


def _beta(x: Array, p: Parameters) -> Array:
    """Give the density of x in -1 to 1 where (x + 1) / 2 is a beta."""
    a, b = p["alpha"], p["beta"]
    scaled = special.xlogy(a - 1, (1 + x) / 2) + special.xlog1py(b - 1, -(1 + x) / 2)
    return np.asarray(scaled - special.betaln(a, b) - np.log(2.0))


def _exponential(x: Array, p: Parameters) -> Array:
    return np.asarray(np.log(p["lam"]) - p["lam"] * x)


#: Name -> parameters, support, density, draws, upper tail.
PRIORS: dict[str, PriorKind] = {
    "normal": PriorKind(
        {"mu": 0.0, "sigma": None},
        WHOLE_LINE,
        _normal,
        lambda g, p, n: g.normal(p["mu"], p["sigma"], n),
        lambda x, p: special.ndtr((p["mu"] - x) / p["sigma"]),
    ),
    "half_normal": PriorKind(
        {"sigma": None},
        POSITIVE,
        _half_normal,
        lambda g, p, n: np.abs(g.normal(0, p["sigma"], n)),
        lambda x, p: 2 * special.ndtr(-x / p["sigma"]),
    ),
    "half_cauchy": PriorKind(
        {"beta": None},
        POSITIVE,
        _half_cauchy,
        lambda g, p, n: np.abs(p["beta"] * g.standard_cauchy(n)),
        lambda x, p: 2 / np.pi * np.arctan2(p["beta"], x),
    ),
    "half_student_t": PriorKind(
        {"nu": None, "sigma": None},
        POSITIVE,
        _half_student_t,
        lambda g, p, n: np.abs(p["sigma"] * g.standard_t(p["nu"], n)),
        lambda x, p: 2 * special.stdtr(p["nu"], -x / p["sigma"]),
    ),
    "exponential": PriorKind(
        {"lam": None},
        POSITIVE,
        _exponential,
        lambda g, p, n: g.exponential(1 / p["lam"], n),
        lambda x, p: np.exp(-p["lam"] * x),
    ),
    "beta": PriorKind(
        {"alpha": None, "beta": None},
        CORRELATION_SUPPORT,
        _beta,
        lambda g, p, n: 2 * g.beta(p["alpha"], p["beta"], n) - 1,
        lambda x, p: special.betaincc(p["alpha"], p["beta"], (1 + min(x, 1.0)) / 2),
    ),
}


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Prior:
    """A prior distribution of the closed vocabulary.

    Parameters
    ----------
    dist : {"normal", "half_normal", "half_cauchy", "half_student_t", "exponential", "beta"}
        PyMC's name. A beta is that of a correlation x: (x + 1) / 2 has the distribution.
    **parameters : float
        PyMC's parameters: ``mu``, ``sigma``; ``sigma``; ``beta``; ``nu``, ``sigma``; ``lam``;
        ``alpha``, ``beta``. All on the link scale of the model; scales are positive.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown distribution or a value out of range, CONFIG.KEY for an
        unknown or missing parameter.

    Examples
    --------
    >>> Prior("half_normal", sigma=0.5)
    Prior('half_normal', sigma=0.5)
    """

    dist: str
    parameters: tuple[tuple[str, float], ...]

    def __init__(self, /, dist: str, **parameters: float) -> None:
        refuse(_problems(dist, parameters))
        filled = {**PRIORS[dist].defaults, **parameters}
        pairs = tuple((name, float(value)) for name, value in filled.items() if value is not None)
        object.__setattr__(self, "dist", dist)
        object.__setattr__(self, "parameters", pairs)

    def __repr__(self) -> str:
        """Show as it would be typed."""
        inner = ", ".join(f"{name}={value!r}" for name, value in self.parameters)
        return f"Prior({self.dist!r}, {inner})"

    @property
    def support(self) -> tuple[float, float]:
        """The ends of the support."""
        return PRIORS[self.dist].support

    @property
    def positive(self) -> bool:
        """Whether the support is the positive half line."""
        return self.support == POSITIVE

    def times(self, factor: float) -> "Prior":
        """Give the prior of values that are some positive factor larger.

        Parameters
        ----------
        factor : float
            Not 1 only for a prior on the positive half line.

        Returns
        -------
        Prior
        """
        if factor == 1:
            return self
        scaled = {name: x * factor ** _POWERS.get(name, 0) for name, x in self.parameters}
        return Prior(self.dist, **scaled)

    def log_density(self, x: Array) -> Array:
        """Give the log density, normalised on the support.

        Parameters
        ----------
        x : ndarray
            Values on the link scale.

        Returns
        -------
        ndarray
            Shape of ``x``; minus infinity outside the support.
        """
        low, high = self.support
        inside = (x >= low) & (x <= high)
        density = PRIORS[self.dist].log_density(np.clip(x, low, high), dict(self.parameters))
        return np.where(inside, density, -np.inf)

    def draw(self, rng: np.random.Generator, size: int | tuple[int, ...] = ()) -> Array:
        """Draw from the prior.

        Parameters
        ----------
        rng : numpy.random.Generator
        size : int or tuple of int
            Shape of the result.

        Returns
        -------
        ndarray
        """
        return np.asarray(PRIORS[self.dist].draw(rng, dict(self.parameters), size))

    def prob_above(self, x: float) -> float:
        """Give the probability of more than ``x``.

        Parameters
        ----------
        x : float
            Value on the link scale.

        Returns
        -------
        float
            1 below the support.
        """
        if x < self.support[0]:
            return 1.0
        return float(PRIORS[self.dist].prob_above(x, dict(self.parameters)))


def _problems(dist: object, parameters: Mapping[str, object]) -> list[Problem]:
    if not isinstance(dist, str) or dist not in PRIORS:
        message = f"unknown prior {show(dist)}; {one_of(dist, PRIORS)}"
        return [Problem("CONFIG.VALUE", message, fix="use an allowed one")]
    defaults = PRIORS[dist].defaults
    fix = f"{dist} takes {', '.join(defaults)}"
    found = [
        Problem("CONFIG.KEY", f"no parameter {show(name)}{nearest(name, defaults)}", fix=fix)
        for name in parameters
        if name not in defaults
    ]
    found += [
        Problem("CONFIG.KEY", f"{name} is required", fix=fix)
        for name, default in defaults.items()
        if default is None and name not in parameters
    ]
    for name, value in parameters.items():
        if not _is_valid(name, value):
            rule = "finite" if name == "mu" else "positive and finite"
            message = f"{name} of {dist} must be {rule}, not {show(value)}"
            found.append(Problem("CONFIG.VALUE", message, fix=fix))
    return found


def _is_valid(name: str, value: object) -> bool:
    return is_number(value) and (name == "mu" or float(value) > 0)
