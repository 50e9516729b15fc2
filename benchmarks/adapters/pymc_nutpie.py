"""PyMC with nutpie, written by hand by somebody who knows.

Cells are aggregated, the design is multiplied once a pattern, constants are left out, and each
problem has the better of the two parameterisations. A second fit reuses the compilation.
"""

import nutpie
import pymc as pm
import pytensor.tensor as pt

from benchmarks.data import Data

_COMPILED = {}


def run(data: Data, random_seed: int, *, draws: int = 1000, chains: int = 4, **options):
    if data.folder not in _COMPILED:
        _COMPILED[data.folder] = nutpie.compile_pymc_model(model_of(data))
    tree = nutpie.sample(
        _COMPILED[data.folder],
        draws=draws,
        tune=1000,
        chains=chains,
        seed=random_seed,
        save_warmup=False,
        progress_bar=False,
        **options,
    )
    names = ("intercept", "coefficients", "provider_sd", "provider_effect", "residual_sd")
    names += ("transient_sd", "transient_rho")
    found = {name: tree.posterior[name].to_numpy() for name in names if name in tree.posterior}
    return found | {"diverging": tree.sample_stats["diverging"].to_numpy()}


def model_of(data: Data) -> pm.Model:
    y, n = data["response"], data["size"]
    with pm.Model() as model:
        intercept = pm.Normal("intercept", data.location("intercept"), data.scale("intercept"))
        level = _levels(data, intercept)
        terms = data["design"].shape[1]
        beta = pm.Normal("coefficients", 0, data.scale("coefficients"), shape=terms)
        of_cell = level[data["provider"]]
        if data.periods:
            of_cell = _paths(data, level)[data["provider"], data["period"]]
        eta = of_cell + (data["design"] @ beta)[data["pattern"]]
        if data.likelihood == "binomial":
            kernel = pt.dot(y, eta) - pt.dot(n, pt.softplus(eta))
        elif data.likelihood == "poisson":
            kernel = pt.dot(y, eta) - pt.dot(n, pt.exp(eta))
        else:
            sd = pm.HalfNormal("residual_sd", data.scale("residual_sd"))
            squares = data["spread"].sum() + pt.dot(n, (y - eta) ** 2)
            kernel = -n.sum() * pt.log(sd) - 0.5 * squares / sd**2
        pm.Potential("likelihood", kernel)
    return model


def _levels(data: Data, intercept):
    """Give each provider's intercept; its effect is kept beside it."""
    sd, count = pm.HalfNormal("provider_sd", data.scale("provider_sd")), data.providers
    law, scale = pm.Normal, sd
    shape = {}
    if data.meta["effect"] == "student_t":
        nu = pm.Deterministic("effect_nu", 2 + pm.Gamma("nu_above_2", 2, 0.1))
        law, scale, shape = pm.StudentT, sd * pt.sqrt((nu - 2) / nu), {"nu": nu}
    if data.meta["centred"]:
        level = law("level", mu=intercept, sigma=scale, shape=count, **shape)
        pm.Deterministic("provider_effect", level - intercept)
        return level
    raw = law("raw", mu=0, sigma=1, shape=count, **shape)
    return intercept + pm.Deterministic("provider_effect", scale * raw)


def _paths(data: Data, level):
    """Give each provider's level in each period: an AR(1) about its lasting level."""
    sd = pm.HalfNormal("transient_sd", data.scale("transient_sd"))
    rho = pm.Deterministic("transient_rho", 2 * pm.Beta("unit_rho", 4, 2) - 1)
    path = pm.Flat("path", shape=(data.providers, data.periods))
    away = path - level[:, None]
    steps = away[:, 1:] - rho * away[:, :-1]
    first = pm.logp(pm.Normal.dist(0, sd), away[:, 0]).sum()
    rest = pm.logp(pm.Normal.dist(0, sd * pt.sqrt(1 - rho**2)), steps).sum()
    pm.Potential("path_law", first + rest)
    return path
