"""The declared grid of problems."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from varmodel.frame import simulate
from varmodel.spec import Factor, ModelSpec

SEED = 2006


@dataclass(frozen=True, slots=True)
class Problem:
    """A model and the table it is fitted to."""

    name: str
    spec: ModelSpec
    table: Callable[[], pd.DataFrame]


def _model(name: str, **fields: object) -> ModelSpec:
    return ModelSpec(**{"name": name, "provider": "trust", "better": "lower", **fields})


SURGICAL = _model("b1", numerator="deaths", denominator="operations", family="binomial")
SHARES = _model(
    "b2",
    numerator="events",
    denominator="cases",
    family="binomial",
    case_mix=tuple(Factor(name) for name in ("age", "sex", "fifth")),
)
EXPECTED = _model("b3", numerator="events", expected="expected", family="poisson")


def _surgical() -> pd.DataFrame:
    """Give the twelve hospitals of BUGS Examples vol. 1."""
    operations = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
    deaths = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
    return pd.DataFrame({"trust": list("ABCDEFGHIJKL"), "operations": operations, "deaths": deaths})


def _shares() -> pd.DataFrame:
    truth = {"intercept": -1.0, "provider_sd": 0.3}
    made = simulate(SHARES, providers=170, mean_denominator=600, truth=truth, random_seed=SEED)
    return made.table


def _expected() -> pd.DataFrame:
    truth = {"intercept": 0.0, "provider_sd": 0.15}
    made = simulate(EXPECTED, providers=300, mean_denominator=100, truth=truth, random_seed=SEED)
    return made.table


PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem("B1 surgical, 12 hospitals", SURGICAL, _surgical),
        Problem("B2 shares, 170 trusts, 1e5 cases", SHARES, _shares),
        Problem("B3 observed and expected, 300 trusts", EXPECTED, _expected),
    )
}
