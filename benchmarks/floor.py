"""The floor: what nothing but the likelihood costs, 4,000 bare evaluations over the cells."""

import time

import numpy as np

from benchmarks.data import Data

EVALUATIONS = 4000
_SECONDS = 2.0


def floor_seconds(data: Data) -> float:
    """Time vectorised NumPy log-likelihoods at a given linear predictor, on one core.

    binomial y eta - n log(1 + e^eta), Poisson y eta - n e^eta, normal n (mean - eta)^2; summed.
    Timed for two seconds and scaled to 4,000.
    """
    y, n = data["response"], data["size"]
    eta = np.random.default_rng(0).normal(-1, 0.5, len(y))
    evaluate = {
        "binomial": lambda: y @ eta - n @ np.logaddexp(0, eta),
        "poisson": lambda: y @ eta - n @ np.exp(eta),
        "normal": lambda: n @ (y - eta) ** 2,
    }[data.likelihood]
    evaluate()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < _SECONDS and count < EVALUATIONS:
        evaluate()
        count += 1
    return (time.perf_counter() - start) * EVALUATIONS / count
