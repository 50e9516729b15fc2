"""A mixture of the proposal on the grid and t distributions where it had too little mass (IMIS).

Incremental mixture importance sampling (Raftery & Bao 2010, Estimating and projecting trends in
HIV/AIDS generalized epidemics using incremental mixture importance sampling, Biometrics 66):
where the largest weight stands a component is added, shaped by the weighted points around it,
until the weights are nearly even. The points that it learns from are discarded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from varmodel.inference.marginal.evaluator import Evaluator, Starts
from varmodel.inference.marginal.hyperparameters.proposal import Points, Proposal, log_t
from varmodel.inference.marginal.hyperparameters.thinned import Thinned
from varmodel.numerics.pareto import smooth_weights
from varmodel.values import Array

#: Degrees of freedom of a component.
_NU = 5.0
#: Points that shape a component, and points drawn from it.
NEIGHBOURS = 400
#: The base weighs as much as so many components: it covers what they do not know.
_BASE = 5.0
#: Components that are added at most at a time; fewer where the weights are even: an effective
#: size of this share of the points, and a tail of this k-hat.
MOST, EVEN, SMOOTH_K = 10, 0.25, 0.0
#: So many logs of the prior below that of the best point, no likelihood makes up for.
_FAR = 300.0
#: Least variances, as shares of those of all points: no component is flat.
_LEAST_SPREAD = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A t distribution of (chi, psi): its centre, and a Cholesky factor of its scale matrix."""

    centre: Array
    factor: Array

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """Draw points (count, chi and psi)."""
        z = rng.standard_normal((count, len(self.centre)))
        z /= np.sqrt(rng.chisquare(_NU, count) / _NU)[:, np.newaxis]
        return np.asarray(self.centre + z @ self.factor.T)

    def log_density(self, x: Array) -> Array:
        """Give the log density at points, shape (point,)."""
        z = np.linalg.solve(self.factor, (x - self.centre).T)
        log_det = np.log(np.diag(self.factor)).sum()
        return np.asarray(log_t((z**2).sum(axis=0), _NU, size=len(z)) - log_det)


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """A mixture of a proposal on the grid and components, drawn from and evaluated exactly.

    Attributes
    ----------
    base : Proposal
    components : tuple of Component
    share : ndarray, shape (1 + component,)
        Probability of the base and of each component.
    """

    base: Proposal
    components: tuple[Component, ...]
    share: Array

    @property
    def effect(self) -> Array:
        """Effects of the modes of the grid."""
        return self.base.effect

    def draw(self, rng: np.random.Generator, count: int) -> Points:
        """Draw points and give their density, infinite off the grid: nothing is weighed there."""
        counts = rng.multinomial(count, self.share)
        parts = [_joined(self.base.draw(rng, counts[0]))] if counts[0] else []
        pairs = zip(self.components, counts[1:], strict=True)
        return self.at(np.vstack([*parts, *(one.draw(rng, many) for one, many in pairs)]))

    def at(self, x: Array) -> Points:
        """Take given points (point, chi and psi)."""
        chi, psi = np.split(x, [len(self.base.axes)], axis=1)
        logs = self._log_densities(x)
        inside = np.isfinite(logs[0])
        lows, highs = ([axis[end] for axis in self.base.axes] for end in (0, -1))
        chi = np.where(inside[:, np.newaxis], chi, chi.clip(lows, highs))
        density = np.where(inside, special.logsumexp(logs, axis=0), np.inf)
        return Points(chi, psi, density, self.base.nearest(chi))

    def with_component(self, one: Component) -> "Blend":
        """Add a component."""
        components = (*self.components, one)
        share = np.array([_BASE, *np.ones(len(components))])
        return Blend(self.base, components, share / share.sum())

    def _log_densities(self, x: Array) -> Array:
        chi, psi = np.split(x, [len(self.base.axes)], axis=1)
        logs = [self.base.log_density(chi, psi), *(one.log_density(x) for one in self.components)]
        return np.array(logs) + np.log(self.share)[:, np.newaxis]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Points, their log posterior, the log of posterior over proposal, and log sds of effects."""

    points: Points
    posterior: Array
    log_ratio: Array
    log_sds: Array

    @property
    def pareto_k_sd(self) -> float:
        """Largest k-hat of the ratios times an sd of effects."""
        return max(smooth_weights(self.log_ratio + one)[1] for one in self.log_sds)


def weigh(evaluator: Evaluator, proposal: Proposal | Blend | Thinned, *, points: Points) -> Weighed:
    """Work out the ratios of points that a proposal drew."""
    starts = Starts(proposal.effect, points.nearest)
    posterior = evaluator.log_posterior(points.chi, points.psi, starts=starts)
    counts = evaluator.problem.hyperparameters.counts(points.psi)
    posterior = np.where(counts, _known(evaluator, points, posterior), -np.inf)
    log_sds = evaluator.problem.log_sds(points.chi, points.psi)
    return Weighed(points, posterior, posterior - points.log_density, log_sds)


def _known(evaluator: Evaluator, points: Points, posterior: Array) -> Array:
    """Give nothing to points beyond what doubles hold, where the prior alone says so much.

    A proposal with heavy tails draws a few where the likelihood overflows.

    Raises
    ------
    FloatingPointError
        Where such a point is not that far out.
    """
    lost = np.isnan(posterior)
    if not lost.any():
        return posterior
    prior = evaluator.problem.log_prior(points.chi, points.psi)
    best = prior[np.where(lost, -np.inf, posterior).argmax()]
    if (prior[lost] > best - _FAR).any():
        raise FloatingPointError("no number at a point that the prior allows")
    return np.where(lost, -np.inf, posterior)


def normalise(log_weight: Array) -> Array:
    """Turn logs of weights into weights that sum to one."""
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def add_components(
    evaluator: Evaluator, seen: Sequence[Weighed], *, start: Blend, rng: np.random.Generator
) -> Blend:
    """Add components where the weights of the points seen are largest, until they are even."""
    blend, x = start, np.vstack([_joined(part.points) for part in seen])
    posterior = np.concatenate([part.posterior for part in seen])
    for _ in range(MOST):
        log_ratio = posterior - blend.at(x).log_density
        weight = normalise(log_ratio)
        even = 1 / (weight**2).sum() > EVEN * len(x) and smooth_weights(log_ratio)[1] < SMOOTH_K
        if even:
            break
        one = _component(x, weight)
        blend, fresh = blend.with_component(one), one.draw(rng, NEIGHBOURS)
        found = weigh(evaluator, blend, points=blend.at(fresh)).posterior
        x, posterior = np.vstack([x, fresh]), np.append(posterior, found)
    return blend


def _component(x: Array, weight: Array) -> Component:
    """Shape a component by the points around that of most weight, near by the spread of all."""
    away = x - weight @ x
    spread = (away.T * weight) @ away
    spread += _LEAST_SPREAD * np.diag(x.var(axis=0))
    centre = x[np.argmax(weight)]
    z = np.linalg.solve(np.linalg.cholesky(spread), (x - centre).T)
    near = np.argsort((z**2).sum(axis=0))[:NEIGHBOURS]
    share = weight[near] + 1 / len(x)
    own = ((x[near] - centre).T * (share / share.sum())) @ (x[near] - centre)
    return Component(centre, np.linalg.cholesky(own + _LEAST_SPREAD * spread))


def _joined(points: Points) -> Array:
    return np.hstack([points.chi, points.psi])
