"""What tests that sample share: bytes, the Monte Carlo error of a mean, how far two are apart."""

import hashlib

import numpy as np

from varmodel.numerics.convergence import ess_mean


def mean_and_error(x):
    """Mean of (chain, draw, ...) and its Monte Carlo standard error, (...)."""
    x = np.asarray(x, dtype=np.float64)
    return x.mean(axis=(0, 1)), x.std(axis=(0, 1)) / np.sqrt(ess_mean(x))


def distance(x, other):
    """Difference of two samples' means in combined Monte Carlo errors: the largest.

    What is the same in all draws of both is at no distance.
    """
    (mean, error), (other_mean, other_error) = mean_and_error(x), mean_and_error(other)
    apart, error = np.abs(mean - other_mean), np.hypot(error, other_error)
    return np.max(np.divide(apart, error, out=np.zeros_like(apart), where=apart > 0))


def distance_from(x, exact):
    """Difference of a sample's means from exact values in Monte Carlo errors: the largest."""
    mean, error = mean_and_error(x)
    return np.max(np.abs(mean - exact) / error)


def bytes_of(fitted):
    posterior = fitted.posterior
    return {name: posterior[name].to_numpy().tobytes() for name in sorted(posterior.data_vars)}


def digest(fitted):
    return hashlib.sha256(b"".join(bytes_of(fitted).values())).hexdigest()
