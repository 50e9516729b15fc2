"""Total savings held to their truths, by kind of benchmark (methods 0).

Shares of one period; providers of unequal size, whose effects go with their beds; the truth of a
set is drawn from the priors of its fit, by NumPy alone. One fit serves every kind of benchmark.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

import varmodel as vm
from tests.calibration.panels import SEED, draw_sizes

PROVIDERS, SIZES, SETS = (30, 150), (60, 400), 200
BEST, LEVEL = 5, 0.15
#: Kind -> its value.
KINDS = {
    "quantile": 0.75,
    "median": None,
    "mean": None,
    "national": None,
    "external": LEVEL,
    "best_m": BEST,
    "superpopulation": 0.75,
    "conditional": 0.75,
}
ESTIMATORS = ("observed", "shrunken", "joint")
PRIORS = {
    "intercept": (special.logit(0.2), 0.5),
    "effect_coefficients": (0.0, 0.3),
    "provider_sd": 0.5,
}
#: What ratio and coverage of 95 % intervals are held to.
RATIO, COVERAGE = (0.97, 1.03), (0.92, 0.98)
#: Of fewer sets a figure is shown, not judged.
FEWEST = 30


@dataclass(frozen=True, slots=True)
class Set:
    """One table; all kinds of benchmark are looked at in it."""

    providers: int
    size: int
    number: int

    @property
    def key(self) -> str:
        return f"{self.cell} {self.number}"

    @property
    def cell(self) -> str:
        return f"{self.providers}x{self.size}"


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What a table was drawn from: effects are slope z + own."""

    intercept: float
    slope: float
    sd: float
    z: np.ndarray
    effect: np.ndarray
    cases: np.ndarray


def sets(count: int = SETS) -> list[Set]:
    """List the tables, so that all cells grow alike."""
    return [Set(j, n, number) for number in range(count) for j in PROVIDERS for n in SIZES]


def model() -> vm.ModelSpec:
    priors = {
        name: {"dist": "normal", "mu": float(held[0]), "sigma": held[1]}
        if isinstance(held, tuple)
        else {"dist": "half_normal", "sigma": held}
        for name, held in PRIORS.items()
    }
    return vm.ModelSpec(
        name="savings",
        provider="trust",
        numerator="events",
        denominator="cases",
        family="binomial",
        better="lower",
        effect_predictors=("beds",),
        priors=priors,
    )


def draw_truth(asked: Set, rng: np.random.Generator) -> Truth:
    """Draw what a table is made of, from the priors."""
    (mu, sigma), (zero, wide) = PRIORS["intercept"], PRIORS["effect_coefficients"]
    z = rng.normal(size=asked.providers)
    z = (z - z.mean()) / z.std()
    slope, sd = rng.normal(zero, wide), abs(rng.normal(0, PRIORS["provider_sd"]))
    effect = slope * z + sd * rng.standard_normal(asked.providers)
    cases = np.ceil(draw_sizes(rng, providers=asked.providers, mean=asked.size))
    return Truth(rng.normal(mu, sigma), slope, sd, z, effect, cases.astype(int))


def table_of(truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    events = rng.binomial(truth.cases, special.expit(truth.intercept + truth.effect))
    names = [f"T{j:03d}" for j in range(len(events))]
    return pd.DataFrame(
        {"trust": names, "events": events, "cases": truth.cases, "beds": 100 + 20 * truth.z}
    )


def true_total(truth: Truth, kind: str) -> float:
    """Give the cases saved if all were at the benchmark, of the truth itself."""
    rate = special.expit(truth.intercept + truth.effect)
    return float(truth.cases @ np.maximum(rate - _level(truth, kind, rate), 0))


def _level(truth: Truth, kind: str, rate: np.ndarray) -> np.ndarray | float:
    """Give the rate at the benchmark; low is good."""
    if kind == "mean":
        return rate.mean()
    if kind == "national":
        return truth.cases @ rate / truth.cases.sum()
    if kind == "external":
        return LEVEL
    if kind == "best_m":
        return np.sort(rate)[:BEST].mean()
    return special.expit(truth.intercept + _effect(truth, kind))


def _effect(truth: Truth, kind: str) -> np.ndarray | float:
    if kind in ("quantile", "median"):
        return np.quantile(truth.effect, 0.25 if kind == "quantile" else 0.5)
    shared = truth.slope * truth.z
    if kind == "conditional":
        return shared + truth.sd * stats.norm.ppf(0.25)
    reach = np.abs(shared).max() + 10 * truth.sd + 1e-9
    return optimize.brentq(
        lambda x: stats.norm.cdf((x - shared) / truth.sd).mean() - 0.25, -reach, reach
    )


def record(asked: Set) -> dict[str, object]:
    """Fit a table and give, by kind, truth, estimates and interval of the total."""
    rng = np.random.default_rng([SEED, 7, asked.providers, asked.size, asked.number])
    truth, spec = draw_truth(asked, rng), model()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", vm.VarmodelWarning)
        frame = vm.prepare(spec, table_of(truth, rng))
        fit = vm.fit(
            spec,
            frame,
            random_seed=asked.number,
            sampler="marginal",
            draws=500,
            progressbar=False,
            provisional=True,
        )
        found = {kind: _estimates(fit, kind) for kind in KINDS}
    passed = bool(vm.diagnose(fit).passed)
    kinds = {kind: {"truth": true_total(truth, kind), **own} for kind, own in found.items()}
    return {"key": asked.key, "cell": asked.cell, "passed": passed, "kinds": kinds}


def _estimates(fit: vm.Fit, kind: str) -> dict[str, float]:
    benchmark = vm.Benchmark(kind, KINDS[kind])
    found = vm.savings(
        vm.adjusted_rates(fit, population="own"),
        activity=fit.frame["activity"],
        benchmark=vm.benchmark_rates(fit, benchmark),
        unit_cost=1.0,
        better="lower",
        random_seed=0,
        observed=vm.unshrunken_rates(fit, benchmark),
    )
    total = found["total"].to_numpy()
    low, high = np.quantile(total, [0.025, 0.975])
    plug_ins = {name: float(found[f"plug_in_{name}"].sum()) for name in ESTIMATORS[:2]}
    return {"joint": float(total.mean()), "low": float(low), "high": float(high), **plug_ins}


def figures(records: list[dict]) -> pd.DataFrame:
    """Give a row a cell and kind: ratio to the truth of each estimator, and coverage."""
    return pd.DataFrame(_rows([one for one in records if one["passed"]]))


def _rows(records: list[dict]) -> Iterator[dict[str, object]]:
    for cell in dict.fromkeys(one["cell"] for one in records):
        own = [one["kinds"] for one in records if one["cell"] == cell]
        providers, size = map(int, cell.split("x"))
        for kind in KINDS:
            table = pd.DataFrame([one[kind] for one in own])
            row = {"providers": providers, "n": size, "kind": kind, "sets": len(table)}
            for name in ESTIMATORS:
                row[name], row[f"{name}_se"] = _ratio(table[name], table["truth"])
            held = table["truth"].between(table["low"], table["high"])
            row["coverage"] = held.mean()
            row["coverage_se"] = np.sqrt(0.95 * 0.05 / len(held))
            yield row


def _ratio(estimate: pd.Series, truth: pd.Series) -> tuple[float, float]:
    """Give the ratio of the sums, and its standard error over sets."""
    ratio = float(estimate.sum() / truth.sum())
    left = estimate - ratio * truth
    return ratio, float(left.std(ddof=1) / (truth.mean() * np.sqrt(len(truth))))


def misses(found: pd.DataFrame) -> list[str]:
    """Say what lies beyond its bound by more than two standard errors, of sets enough."""
    said = []
    for row in found[found["sets"] >= FEWEST].itertuples():
        where = f"{row.providers} providers of {row.n}, {row.kind}"
        for name, value, error, (low, high) in (
            ("ratio", row.joint, row.joint_se, RATIO),
            ("coverage", row.coverage, row.coverage_se, COVERAGE),
        ):
            if not low - 2 * error <= value <= high + 2 * error:
                said.append(f"{where}: {name} {value:.3f} (se {error:.3f}), {low:g} to {high:g}")
    return said
