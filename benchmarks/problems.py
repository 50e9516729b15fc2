"""The declared grid of problems: a model with every prior stated, and its table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from benchmarks import simulate
from varmodel.families import Prior
from varmodel.spec import ModelSpec

#: Prior sds: intercept, coefficients, and the half-normal ones of the sds.
_LOGIT = {"intercept": 2.5, "coefficients": 1.0, "provider_sd": 0.7}
_PANEL = {**_LOGIT, "transient_sd": 0.35}
_LOG = {"intercept": 1.0, "coefficients": 1.0, "provider_sd": 0.3}
_DAYS = {"intercept": 10.0, "coefficients": 3.0, "provider_sd": 2.0, "residual_sd": 6.0}
_LOG_DAYS = {"intercept": 2.5, "coefficients": 1.0, "provider_sd": 0.3, "residual_sd": 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A model and the table it is fitted to.

    Attributes
    ----------
    name, about : str
    fields : mapping
        Of the model, but for name, provider, terms and priors.
    scales : mapping
        Prior sds.
    terms : int
        Number of covariate columns x1, x2, ...
    simulated : callable
        Random generator -> table, one row a patient.
    reference : bool
        Whether long NUTS runs are feasible.
    centred : bool
        The better parameterisation of the hand-written NUTS peers: levels (much information a
        provider) or standardised deviations (little).
        Where something passes the levels of periods are centred too: the best of four there.
    """

    name: str
    about: str
    fields: Mapping[str, object]
    scales: Mapping[str, float]
    terms: int
    simulated: Callable[[np.random.Generator], pd.DataFrame]
    reference: bool = False
    centred: bool = True

    def spec(self) -> ModelSpec:
        """Make the model; an unknown family or effect is a SpecError."""
        names = [f"x{k}" for k in range(1, self.terms + 1)]
        priors = {name: _prior(name, scale, self.fields) for name, scale in self.scales.items()}
        whole = {"provider": "trust", "better": "lower", "case_mix": names, "priors": priors}
        return ModelSpec(name=self.name.lower(), **whole, **self.fields)

    def table(self) -> pd.DataFrame:
        """Simulate the table, the same at every call."""
        return self.simulated(np.random.default_rng(simulate.SEED))


def _prior(name: str, scale: float, fields: Mapping[str, object]) -> Prior:
    if name.endswith("_sd"):
        return Prior("half_normal", sigma=scale)
    middle = {"normal": 8.0, "lognormal": 1.0}.get(str(fields["family"]), 0.0)
    return Prior("normal", mu=middle if name == "intercept" else 0.0, sigma=scale)


_SHARE = {"numerator": "events", "family": "binomial"}
_EXPECTED = {"numerator": "events", "expected": "expected", "rows": "records", "family": "poisson"}
_TRUSTS = {"providers": 170, "columns": 8}
_QUARTERS = {**_SHARE, "denominator": "cases", "period": "quarter", "transient": "ar1"}
_MILLION = 1_000_000
_RARE = partial(simulate.outlier, providers=170, rows=60_000)

PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            name="B1",
            about="12 hospitals, 2,514 operations (Surgical)",
            fields={**_SHARE, "denominator": "cases"},
            scales=_LOGIT,
            terms=0,
            simulated=simulate.surgical,
            reference=True,
            centred=False,
        ),
        Problem(
            name="B2-1e5",
            about="170 trusts, 1e5 patients, 8 covariates",
            fields=_SHARE,
            scales=_LOGIT,
            terms=8,
            simulated=partial(simulate.shares, rows=100_000, profiles=40, **_TRUSTS),
            reference=True,
        ),
        Problem(
            name="B2-1e6",
            about="170 trusts, 1e6 patients, 8 covariates",
            fields=_SHARE,
            scales=_LOGIT,
            terms=8,
            simulated=partial(simulate.shares, rows=_MILLION, profiles=100, **_TRUSTS),
        ),
        Problem(
            name="B3",
            about="300 trusts, 1e6 patients, Poisson with expected",
            fields=_EXPECTED,
            scales=_LOG,
            terms=3,
            simulated=partial(
                simulate.counts, providers=300, rows=_MILLION, profiles=100, columns=3
            ),
            reference=True,
        ),
        Problem(
            name="B4-normal",
            about="170 trusts, 1e6 lengths of stay, 8 covariates",
            fields={"value": "days", "family": "normal"},
            scales=_DAYS,
            terms=8,
            simulated=partial(simulate.stays, providers=170, rows=_MILLION, log=False),
            reference=True,
        ),
        Problem(
            name="B4-lognormal",
            about="170 trusts, 1e6 lengths of stay, 8 covariates",
            fields={"value": "days", "family": "lognormal"},
            scales=_LOG_DAYS,
            terms=8,
            simulated=partial(simulate.stays, providers=170, rows=_MILLION, log=True),
            reference=True,
        ),
        Problem(
            name="B5",
            about="6,500 practices, 3.5e6 patients",
            fields=_SHARE,
            scales=_LOGIT,
            terms=3,
            simulated=partial(simulate.practices, providers=6_500, rows=3_500_000),
        ),
        Problem(
            name="B6",
            about="50,000 providers of 20 patients, Poisson",
            fields=_EXPECTED,
            scales=_LOG,
            terms=3,
            simulated=partial(simulate.small_counts, providers=50_000, each=20),
            centred=False,
        ),
        Problem(
            name="B9",
            about="300 trusts, 1e6 patients, no two alike",
            fields=_SHARE,
            scales=_LOGIT,
            terms=4,
            simulated=partial(simulate.continuous, providers=300, rows=_MILLION),
        ),
        Problem(
            name="B10-normal",
            about="170 trusts, rare events, one far outlier",
            fields=_SHARE,
            scales=_LOGIT,
            terms=2,
            simulated=_RARE,
            reference=True,
            centred=False,
        ),
        Problem(
            name="B10-t",
            about="170 trusts, rare events, one far outlier, Student-t effect",
            fields={**_SHARE, "effect": "student_t"},
            scales=_LOGIT,
            terms=2,
            simulated=_RARE,
            reference=True,
            centred=False,
        ),
        Problem(
            name="B11",
            about="150 trusts, 8 quarters of 5 cells, what lasts and what passes",
            fields=_QUARTERS,
            scales=_PANEL,
            terms=1,
            simulated=partial(simulate.panel, providers=150, periods=8, levels=5, mean=80),
            reference=True,
        ),
        Problem(
            name="B12",
            about="130 trusts, 12 quarters of some 25,000 patients, what lasts and what passes",
            fields=_QUARTERS,
            scales=_PANEL,
            terms=0,
            simulated=partial(simulate.panel, providers=130, periods=12, levels=1, mean=25_000),
            reference=True,
        ),
        Problem(
            name="B13",
            about="300 trusts, 40 quarters of some 400 patients, what lasts and what passes",
            fields=_QUARTERS,
            scales=_PANEL,
            terms=0,
            simulated=partial(simulate.panel, providers=300, periods=40, levels=1, mean=400),
        ),
    )
}
