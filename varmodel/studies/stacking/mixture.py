"""Weights of models in a mixture that predicts what was held out (stacking)."""

import numpy as np

from varmodel.values import Array


def stacking_weights(log_density: Array) -> Array:
    """Give the weights under which the mixture of the models predicts best.

    They maximise ``sum_j log sum_k w_k p_jk`` over the simplex, a concave problem (Yao, Vehtari,
    Simpson & Gelman 2018, Bayesian Analysis 13(3)).

    Parameters
    ----------
    log_density : ndarray, shape (model, provider)
        log p_jk: of each held-out provider by each model.

    Returns
    -------
    ndarray, shape (model,)
        From 0; they sum to 1.
    """
    from scipy import optimize

    count = len(log_density)
    if count == 1:
        return np.ones(1)
    ratio = np.exp(log_density - log_density.max(axis=0))

    def loss(weight: Array) -> tuple[float, Array]:
        mixed = weight @ ratio
        return -float(np.log(mixed).mean()), -(ratio / mixed).mean(axis=1)

    found = optimize.minimize(
        loss,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(1e-12, 1.0)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    weight = np.where(found.x > _NOTHING, found.x, 0.0)
    return np.asarray(weight / weight.sum())


#: A weight below this is that of a model which adds nothing.
_NOTHING = 1e-6
