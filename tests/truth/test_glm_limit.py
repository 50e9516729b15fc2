"""Without provider effects and with flat priors the posterior mean is maximum likelihood.

statsmodels fits the table's own columns; varmodel's draws are taken back to them from columns
centred and divided by their sd. The tables are large, so that mean and mode agree.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special

from tests.truth.sampled import distance_from
from varmodel import Factor, ModelSpec, Prior, fit, prepare
from varmodel.inference.nuts import sampler as nuts

FLAT = Prior("normal", sigma=100)
PRIORS = {
    "intercept": FLAT,
    "coefficients": FLAT,
    "provider_sd": Prior("half_normal", sigma=1e-6),
}
COEFFICIENTS = np.array([-0.5, 0.03, 0.4])


@pytest.fixture(autouse=True)
def standardised(monkeypatch):
    """Sample standardised deviations: an sd of 1e-6 is no scale of the data."""
    monkeypatch.setattr(nuts, "centred_share", lambda frame, **_: np.zeros(frame.sizes["provider"]))


def covariates(rng, repeats=1):
    grid = pd.MultiIndex.from_product(
        [[f"T{number:02d}" for number in range(20)], [40, 55, 75], ["F", "M"], range(repeats)],
        names=["trust", "age", "sex", "repeat"],
    )
    table = grid.to_frame(index=False).drop(columns="repeat")
    return table.assign(size=rng.integers(300, 900, len(table)))


def design(table):
    """Columns as they stand: 1, age, sex is M."""
    return np.column_stack([np.ones(len(table)), table["age"], table["sex"] == "M"])


@pytest.fixture(params=[pytest.param("nuts", marks=pytest.mark.long), "marginal"])
def sampler(request):
    return request.param


def sample(table, *, sampler, **response):
    spec = ModelSpec(
        name="flat",
        provider="trust",
        better="lower",
        case_mix=("age", Factor("sex")),
        priors=PRIORS,
        **response,
    )
    return fit(spec, prepare(spec, table), sampler=sampler, random_seed=3, progressbar=False)


def on_own_columns(fitted):
    """Draws of intercept and coefficients for columns neither centred nor scaled."""
    posterior, frame = fitted.posterior, fitted.frame
    slopes = posterior["coefficients"].to_numpy() / frame["term_sd"].to_numpy()
    intercept = posterior["intercept"].to_numpy() - slopes @ frame["term_mean"].to_numpy()
    return np.concatenate([intercept[..., np.newaxis], slopes], axis=-1)


def test_binomial(sampler):
    rng = np.random.default_rng(1)
    table = covariates(rng)
    rate = special.expit(design(table) @ COEFFICIENTS - 2)
    table["events"] = rng.binomial(table["size"], rate)
    response = table[["events"]].assign(others=table["size"] - table["events"])
    exact = sm.GLM(response, design(table), family=sm.families.Binomial()).fit()
    found = sample(
        table, sampler=sampler, family="binomial", numerator="events", denominator="size"
    )
    assert distance_from(on_own_columns(found), exact.params) < 4


def test_poisson_with_an_offset(sampler):
    rng = np.random.default_rng(2)
    table = covariates(rng)
    table["events"] = rng.poisson(table["size"] * np.exp(design(table) @ COEFFICIENTS - 2))
    family = sm.families.Poisson()
    exact = sm.GLM(table["events"], design(table), family, offset=np.log(table["size"])).fit()
    found = sample(table, sampler=sampler, family="poisson", numerator="events", expected="size")
    assert distance_from(on_own_columns(found), exact.params) < 4


def test_normal(sampler):
    rng = np.random.default_rng(3)
    table = covariates(rng, repeats=3)
    table["days"] = np.round(rng.normal(design(table) @ COEFFICIENTS, 2.0), 3)
    exact = sm.GLM(table["days"], design(table)).fit()
    found = sample(table, sampler=sampler, family="normal", value="days")
    if sampler == "marginal":  # the prior's tail falls off a cliff between two points of the grid
        assert found.draws["sample_stats"]["pareto_k"] < 0.5
    assert distance_from(on_own_columns(found), exact.params) < 4
    scale = 2 * table["days"].std()  # of the half-normal default
    mean = residual_sd(exact.scale * exact.df_resid, exact.df_resid, scale)
    assert distance_from(found.posterior["residual_sd"], mean) < 4


def residual_sd(squares, freedom, scale):
    """Posterior mean with the coefficients integrated out: sd^-freedom exp(-squares / 2 sd^2)."""
    sd = np.linspace(1.0, 4.0, 3_000)
    log_density = -freedom * np.log(sd) - squares / (2 * sd**2) - sd**2 / (2 * scale**2)
    return sd @ special.softmax(log_density)
