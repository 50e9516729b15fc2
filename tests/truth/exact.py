"""Exact posteriors by quadrature, without varmodel: y_j ~ Bin(n_j, expit b_j), b_j ~ N(mu, sigma).

Given (mu, sigma) hospitals are independent, so that each has a one-dimensional integral over
z = (b - mu) / sigma. All integrands are smooth and vanish at the ends, where the plain sum over
an even grid converges faster than any power of its step.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special, stats


@dataclass(frozen=True)
class Grid:
    """Even grids of mu, log sigma and z; `mu` and `sigma` run over all pairs of the two."""

    mu: np.ndarray
    sigma: np.ndarray
    z: np.ndarray

    @classmethod
    def of(cls, mu, log_sigma, *, z_step, z_end=8.0):
        """Lay grids from first to last point, each (first, last, points)."""
        pairs = np.meshgrid(np.linspace(*mu), np.linspace(*log_sigma), indexing="ij")
        z = np.arange(-z_end, z_end + z_step / 2, z_step)
        return cls(pairs[0].ravel(), np.exp(pairs[1].ravel()), z)

    @property
    def b(self):
        """Logit of each (pair, z)."""
        return self.mu[:, np.newaxis] + self.sigma[:, np.newaxis] * self.z

    def log_weight(self, events, trials):
        """Log likelihood of each hospital x its prior, normalised up to the step: (J, pair, z)."""
        b = self.b
        prior = stats.norm.logpdf(self.z) + np.log(self.z[1] - self.z[0])
        softplus = np.logaddexp(0.0, b)
        y, n = (np.asarray(x, float)[:, np.newaxis, np.newaxis] for x in (events, trials))
        return y * b - n * softplus + prior


@dataclass(frozen=True)
class Posterior:
    """Weights of the pairs, and each hospital's normalised weights of z given the pair."""

    grid: Grid
    weight: np.ndarray
    of_z: np.ndarray

    def mean(self, values):
        """Mean of a function of the pair, (..., pair)."""
        return values @ self.weight

    def mean_of_each(self, function):
        """Mean of a function of a hospital's logit: (J,)."""
        return self.mean((self.of_z * function(self.grid.b)).sum(axis=-1))


def posterior(events, trials, grid, *, log_prior):
    """Weigh the pairs; `log_prior` is a density in mu and sigma (the Jacobian is added here)."""
    weight = grid.log_weight(events, trials)
    marginal = special.logsumexp(weight, axis=-1)
    log_posterior = marginal.sum(axis=0) + log_prior(grid.mu, grid.sigma) + np.log(grid.sigma)
    return Posterior(
        grid, special.softmax(log_posterior), np.exp(weight - marginal[..., np.newaxis])
    )


def joint_draws(found, *, size, rng):
    """Joint draws of all hospitals' logits, (size, J): even within each step of z."""
    grid = found.grid
    pair = rng.choice(len(found.weight), size=size, p=found.weight)
    mu, sigma, step = grid.mu[pair], grid.sigma[pair], grid.z[1] - grid.z[0]
    columns = []
    for of_z in found.of_z:
        below = np.cumsum(of_z, axis=1)[pair]
        place = (below < rng.random((size, 1)) * below[:, -1:]).sum(axis=1)
        columns.append(mu + sigma * (grid.z[place] + step * (rng.random(size) - 0.5)))
    return np.stack(columns, axis=1)


def rank_probabilities(found):
    """Pr(rank = r), rank 1 for the lowest rate: (J, J).

    Given the pair and its own logit, a hospital's rank is 1 + a sum of independent indicators
    (others below that logit), whose law is built up hospital by hospital.
    """
    below = np.cumsum(found.of_z, axis=-1) - found.of_z / 2  # Pr(b_k < b) on the grid of z
    count = len(below)
    result = np.empty((count, count))
    for hospital in range(count):
        others = np.delete(below, hospital, axis=0)
        law = np.zeros((count, *below.shape[1:]))  # of the number of others below
        law[0] = 1.0
        for better in others:
            law[1:] = law[1:] * (1 - better) + law[:-1] * better
            law[0] *= 1 - better
        result[hospital] = found.mean((law * found.of_z[hospital]).sum(axis=-1))
    return result
