"""Small models with their tables: what the fitted fixtures of tests/conftest.py are made of.

All are hand-made or drawn here, so that no test rests on varmodel's own simulation. Their priors
are of one kind each (normal, half-normal), so that the toys of one response form, and whatever a
test fits in that form with priors of the same kinds, share one compilation a worker.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from varmodel.families import Prior
from varmodel.spec import Benchmark, Factor, ModelSpec, Nil, UnitCost

SEED = 20

SURGICAL = pd.DataFrame(
    {
        "hospital": list("ABCDEFGHIJKL"),
        "operations": [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360],
        "deaths": [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24],
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Toy:
    """A model, its table, and what `fit` is asked for."""

    spec: ModelSpec
    table: pd.DataFrame
    options: dict[str, int] = field(default_factory=dict)


def _spec(name, **fields):
    named = {"name": name, "provider": "trust", "better": "lower"}
    return ModelSpec(**{**named, **fields})


def _labels(count):
    return np.array([f"R{number:02d}" for number in range(count)])


def surgical():
    """Give the twelve hospitals of the published example (BUGS Examples vol. 1)."""
    spec = _spec(
        "surgical",
        provider="hospital",
        numerator="deaths",
        denominator="operations",
        family="binomial",
        priors={
            "intercept": Prior("normal", sigma=10),
            "provider_sd": Prior("half_normal", sigma=1),
        },
        benchmark=Benchmark("quantile", 0.75),
    )
    return Toy(spec, SURGICAL, {"draws": 2_000, "tune": 1_000})


def share():
    """Give 20 providers, two sexes and three ages; everything that can be published is named."""
    rng = np.random.default_rng(SEED)
    grid = pd.MultiIndex.from_product(
        [_labels(20), ["F", "M"], [40, 60, 80]], names=["trust", "sex", "age"]
    )
    table = grid.to_frame(index=False)
    effect = np.repeat(rng.normal(0, 0.4, 20), 6)
    eta = -1 + effect + 0.3 * (table["sex"] == "M") + 0.02 * (table["age"] - 60)
    table["cases"] = rng.integers(5, 60, len(table))
    table["events"] = rng.binomial(table["cases"], 1 / (1 + np.exp(-eta)))
    spec = _spec(
        "share",
        numerator="events",
        denominator="cases",
        family="binomial",
        case_mix=("age",),
        demography=(Factor("sex"),),
        annualise=4,
        benchmark=Benchmark("quantile", 0.75),
        unit_cost=UnitCost(200, 220, 270, price_year=2006),
    )
    return Toy(spec, table)


def expected():
    """Give 20 providers' counts against an expected count of 5 to 200."""
    rng = np.random.default_rng(SEED)
    count = np.round(np.exp(rng.uniform(np.log(5), np.log(200), 20)), 1)
    deaths = rng.poisson(count * np.exp(rng.normal(0, 0.3, 20)))
    table = pd.DataFrame({"trust": _labels(20), "deaths": deaths, "expected": count})
    spec = _spec(
        "expected",
        numerator="deaths",
        expected="expected",
        family="poisson",
        benchmark=Benchmark("median"),
        unit_cost=1_000,
    )
    return Toy(spec, table)


def measurements():
    """Give lengths of stay of 15 providers, 4 to 30 patients each, with a factor."""
    rng = np.random.default_rng(SEED)
    trust = np.repeat(_labels(15), rng.integers(4, 31, 15))
    sex = rng.choice(["F", "M"], len(trust))
    effect = rng.normal(0, 0.8, 15)[np.unique(trust, return_inverse=True)[1]]
    days = np.round(rng.normal(6 + effect + 0.5 * (sex == "M"), 2.0), 2)
    table = pd.DataFrame({"trust": trust, "sex": sex, "days": days})
    spec = _spec(
        "measurements",
        value="days",
        family="normal",
        case_mix=("sex",),
        benchmark=Benchmark("mean"),
        unit_cost=300,
    )
    return Toy(spec, table)


def _stays(rng, draw):
    """Give positive lengths of stay of 15 providers, 4 to 30 patients each, with a factor."""
    trust = np.repeat(_labels(15), rng.integers(4, 31, 15))
    sex = rng.choice(["F", "M"], len(trust))
    effect = rng.normal(0, 0.2, 15)[np.unique(trust, return_inverse=True)[1]]
    days = np.maximum(np.round(draw(1.4 + effect + 0.2 * (sex == "M")), 2), 0.01)
    return pd.DataFrame({"trust": trust, "sex": sex, "days": days})


def log_measurements():
    """Give lengths of stay whose logs are normal."""
    rng = np.random.default_rng(SEED)
    table = _stays(rng, lambda eta: rng.lognormal(eta, 0.6))
    spec = _spec("log_measurements", value="days", family="lognormal", case_mix=("sex",))
    return Toy(spec, table)


def positive_measurements():
    """Give lengths of stay that follow a gamma law."""
    rng = np.random.default_rng(SEED)
    table = _stays(rng, lambda eta: rng.gamma(2.5, np.exp(eta) / 2.5))
    spec = _spec("positive_measurements", value="days", family="gamma", case_mix=("sex",))
    return Toy(spec, table)


def published():
    """Give 15 published values with their standard errors."""
    rng = np.random.default_rng(SEED)
    error = np.round(rng.uniform(0.5, 2.0, 15), 2)
    value = np.round(rng.normal(rng.normal(50, 1.5, 15), error), 2)
    table = pd.DataFrame({"trust": _labels(15), "value": value, "se": error})
    spec = _spec(
        "published",
        value="value",
        standard_error="se",
        family="normal",
        priors={"provider_sd": Prior("half_normal", sigma=2)},
        benchmark=Benchmark("quantile", 0.75),
        nil=Nil(smallest_relevant=0.2),
    )
    return Toy(spec, table)


TOYS = {make.__name__: make for make in (surgical, share, expected, measurements, published)}
#: Toys whose density is read and that nothing samples by NUTS.
POSITIVE_TOYS = {make.__name__: make for make in (log_measurements, positive_measurements)}
