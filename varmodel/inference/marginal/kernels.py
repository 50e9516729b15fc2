"""What a family is to the loops: its kind of likelihood, and what the effects do not touch.

Data come in as arrays, so only the first fit of a kind of likelihood compiles anything.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from varmodel.families import Values
from varmodel.inference.marginal.likelihood.beta_binomial import BetaBinomial, information_of
from varmodel.inference.marginal.likelihood.binomial import Binomial
from varmodel.inference.marginal.likelihood.exponential import Exponential
from varmodel.inference.marginal.likelihood.negative_binomial import NegativeBinomial
from varmodel.inference.marginal.likelihood.operations import Data, Likelihood
from varmodel.inference.marginal.likelihood.quadratic import Quadratic
from varmodel.inference.marginal.likelihood.rising import total_log_rising
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

#: |eta| beyond this is no rate; it keeps exp(eta) exp(b) inside float64.
_STEEP = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """One family's likelihood over one problem.

    Attributes
    ----------
    likelihood : Likelihood
        What the loops read.
    predictor : callable
        ``eta -> x``, what the kind of likelihood reads of it, in eta's own memory.
    parameter : callable
        ``values (point,) -> (point,) or a number``: the likelihood's own parameter, of the
        family's, as :meth:`Problem.values` gives them.
    factor : callable
        ``parameter (point,) -> (point,)``: what ``slope`` is multiplied by.
    slope : ndarray, shape (1 + term,)
        Of the log likelihood in the linear terms, over the factor, beside the cells' terms.
    outside : callable
        ``values (point,) -> (point,) or a number``: the log likelihood that no predictor
        touches.
    information : callable
        ``expected score (cell,), parameter, eta at the expected effects (cell,) -> (cell,)``:
        information, over the effects.
    """

    likelihood: Likelihood
    predictor: Callable[[Array], Array]
    parameter: Callable[[Values], Array | float]
    factor: Callable[[Array], Array]
    slope: Array
    outside: Callable[[Values], Array | float]
    information: Callable[[Array, float, Array], Array]


def _binomial(problem: Problem) -> Kernel:
    size = np.maximum(problem.cells.size, 1.0)
    return _of_counts(
        problem, Binomial(_counts(problem)), lambda score, *_: -score * (1 + score / size)
    )


def _poisson(problem: Problem) -> Kernel:
    return _of_counts(problem, Exponential(_counts(problem), 1.0), _growth)


def _counts(problem: Problem) -> Data:
    return _data(problem, problem.cells.size, linear=problem.cells.response)


def _of_counts(
    problem: Problem, likelihood: Likelihood, information: Callable[[Array, float, Array], Array]
) -> Kernel:
    cells, constant = problem.cells, _constant(problem)
    return Kernel(
        likelihood,
        predictor=_exp,
        parameter=lambda _: 1.0,
        factor=np.ones_like,
        slope=_by_term(problem, cells.response),
        outside=lambda _: constant,
        information=information,
    )


def _gamma(problem: Problem) -> Kernel:
    """Shape kappa = residual_sd^-2 multiplies all that the predictor touches."""
    cells, constant = problem.cells, _constant(problem)
    size, spread = float(cells.size.sum()), _total(cells.spread)
    logs = float(special.xlogy(cells.size, cells.response).sum())

    def outside(values: Values) -> Array:
        kappa = _precision(values)
        shape = kappa * np.log(kappa) - special.gammaln(kappa)
        return np.asarray(constant + kappa * (logs - spread) + size * shape)

    return Kernel(
        Exponential(_data(problem, cells.size * cells.response, linear=-cells.size), -1.0),
        predictor=lambda eta: _exp(np.negative(eta, out=eta)),
        parameter=_precision,
        factor=np.asarray,
        slope=-_by_term(problem, cells.size),
        outside=outside,
        information=_growth,
    )


def _normal(problem: Problem) -> Kernel:
    """Measurements (also of logs) by their sums, published values by their errors."""
    cells, constant = problem.cells, _constant(problem)
    size, spread = float(cells.size.sum()), _total(cells.spread)
    precision = cells.size if cells.error is None else cells.error**-2.0
    logs = 0.0 if cells.error is None else float(np.log(2 * np.pi * cells.error**2).sum())

    def outside(values: Values) -> Array | float:
        if cells.error is not None:
            return constant - 0.5 * logs
        sd = np.asarray(values["residual_sd"])
        return np.asarray(constant - 0.5 * (size * np.log(2 * np.pi * sd**2) + spread / sd**2))

    return Kernel(
        Quadratic(_data(problem, precision, linear=np.zeros_like(precision))),
        predictor=np.asarray,
        parameter=_precision if cells.error is None else lambda _: 1.0,
        factor=np.asarray,
        slope=np.zeros(problem.terms),
        outside=outside,
        information=lambda _, parameter, __: parameter * precision,
    )


def _negative_binomial(problem: Problem) -> Kernel:
    """Counts of variance mu + mu^2 / phi; each cell is a unit."""
    cells, constant = problem.cells, _constant(problem)

    def information(score: Array, phi: float, _: Array) -> Array:
        return np.asarray(-score * (1 + score / (cells.response + phi)))

    return Kernel(
        NegativeBinomial(_counts(problem)),
        predictor=_exp,
        parameter=_phi,
        factor=np.ones_like,
        slope=_by_term(problem, cells.response),
        outside=lambda values: constant + total_log_rising(_phi(values), cells.response),
        information=information,
    )


def _beta_binomial(problem: Problem) -> Kernel:
    """Counts whose probability has the variance p q / (phi + 1) over cells, which are units."""
    cells, constant = problem.cells, _constant(problem)
    return Kernel(
        BetaBinomial(_data(problem, cells.size, linear=np.zeros_like(cells.size))),
        predictor=np.asarray,
        parameter=_phi,
        factor=np.ones_like,
        slope=np.zeros(problem.terms),
        outside=lambda values: constant - total_log_rising(_phi(values), cells.size),
        information=lambda _, phi, eta: information_of(
            cells.response, cells.size, phi=phi, eta=eta
        ),
    )


def _phi(values: Values) -> Array:
    return np.asarray(values["phi"])


def _precision(values: Values) -> Array:
    return np.asarray(values["residual_sd"]) ** -2.0


#: Family -> kernel.
KERNELS: dict[str, Callable[[Problem], Kernel]] = {
    "binomial": _binomial,
    "poisson": _poisson,
    "normal": _normal,
    "lognormal": _normal,
    "gamma": _gamma,
    "negative_binomial": _negative_binomial,
    "beta_binomial": _beta_binomial,
}


def _data(problem: Problem, size: Array, *, linear: Array) -> Data:
    """Lay the cells out; ``linear`` (cell,) is summed by provider."""
    return Data(
        pattern=problem.pattern.astype(np.int32),
        size=size.astype(np.float64),
        response=problem.cells.response.astype(np.float64),
        starts=problem.starts.astype(np.int64),
        linear=_by_provider(problem, linear).astype(np.float64),
        order=np.argsort(np.diff(problem.starts), kind="stable"),
    )


def _growth(score: Array, *_: object) -> Array:
    """The score of exp(eta) is its own information, but for the sign."""
    return np.abs(score)


def _exp(eta: Array) -> Array:
    np.clip(eta, -_STEEP, _STEEP, out=eta)
    return np.exp(eta, out=eta)


def _by_provider(problem: Problem, values: Array) -> Array:
    return np.bincount(problem.provider, values, minlength=problem.providers)


def _by_term(problem: Problem, values: Array) -> Array:
    by_pattern = np.bincount(problem.pattern, values, minlength=len(problem.design))
    return np.asarray(by_pattern @ problem.design)


def _constant(problem: Problem) -> float:
    constant = problem.family.constant
    return 0.0 if constant is None else float(constant(problem.cells).sum())


def _total(values: Array | None) -> float:
    return 0.0 if values is None else float(values.sum())
