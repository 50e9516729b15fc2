"""GPBoost: Laplace approximation, point estimates of the effects and their sd; no draws."""

import gpboost as gpb
import numpy as np

from benchmarks.data import Data

_LIKELIHOODS = {"binomial": "binomial_logit", "poisson": "poisson", "normal": "gaussian"}


def run(data: Data, random_seed: int):
    del random_seed
    kind, offset, weights = data.likelihood, None, None
    if kind == "normal":
        y, provider, design = data.rows()
    else:
        y, provider, design = data["response"], data["provider"], data.cell_design()
        size = data["size"]
        if kind == "binomial":
            y, weights = y / size, size
        else:
            offset = np.log(size)
    x = np.column_stack([np.ones(len(y)), design])
    model = gpb.GPModel(group_data=provider, likelihood=_LIKELIHOODS[kind], weights=weights)
    model.fit(y=y, X=x, offset=offset)
    found = model.predict(
        group_data_pred=np.arange(data.providers),
        X_pred=np.zeros((data.providers, x.shape[1])),
        predict_var=False,
        predict_response=False,
    )
    beta = np.asarray(model.get_coef(format_pandas=False)).reshape(-1)[: x.shape[1]]
    variance = np.asarray(model.get_cov_pars(format_pandas=False)).reshape(-1)[-1]
    return {
        "intercept": beta[:1].reshape(1, 1),
        "coefficients": beta[1:].reshape(1, 1, -1),
        "provider_sd": np.sqrt(variance).reshape(1, 1),
        "provider_effect": np.asarray(found["mu"]).reshape(1, 1, -1),
    }
