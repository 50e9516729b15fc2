"""The targets, in one table, and whether the latest results meet them."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from benchmarks.adapters import ADAPTERS
from benchmarks.extras import PATH
from benchmarks.table import BASE, KEYS, LATEST
from benchmarks.whole import WIDE

type Values = Iterator[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Results:
    """The latest table and the figures beside it."""

    table: pd.DataFrame
    extras: dict[str, object]

    def ours(self, column: str, adapter: str = BASE) -> Values:
        """Give a column of one adapter, by problem, where it is known."""
        found = self.table[self.table.index.get_level_values("adapter") == adapter]
        held = found[column].dropna() if column in found else []
        return iter([(problem, float(value)) for (problem, _), value in dict(held).items()])

    def of(self, problem: str, adapter: str, column: str) -> float:
        """Give one figure; NaN where there is none."""
        try:
            return float(self.table.loc[(problem, adapter), column])
        except KeyError:
            return math.nan

    def gain(self, problem: str, peers: list[str], column: str) -> float:
        """Divide our effective size a second by the best peer's; NaN where none ran."""
        known = [self.of(problem, peer, column) for peer in peers]
        known += [self.of(problem, peer, "ess_s_most") for peer in peers]
        return self.of(problem, BASE, column) / max([x for x in known if x > 0], default=math.nan)


@dataclass(frozen=True, slots=True)
class Target:
    """A limit on a figure, at each problem where it is asked."""

    words: str
    limit: float
    values: Callable[[Results], Values]
    at_least: bool = False

    def met(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


_PEERS = [
    a.name for a in ADAPTERS.values() if a.posterior and a.name not in {BASE, "varmodel_ranks"}
]
_B2 = ("B2-1e5", "B2-1e6")


def _gains(peers: list[str], problems: tuple[str, ...] = ()) -> Callable[[Results], Values]:
    def values(results: Results) -> Values:
        for problem in problems or results.table.index.unique("problem"):
            yield f"{problem}, effect", results.gain(problem, peers, "ess_s_effect")
            yield f"{problem}, tier", results.gain(problem, peers, "ess_s_tier")

    return values


def _against(peer: str) -> Callable[[Results], Values]:
    def values(results: Results) -> Values:
        for problem in _B2:
            ours, theirs = (results.of(problem, name, "warm") for name in (BASE, peer))
            yield problem, ours / theirs

    return values


def _only(problems: tuple[str, ...], column: str, adapter: str = BASE) -> Callable:
    return lambda results: ((p, results.of(p, adapter, column)) for p in problems)


def _analysis(*names: str) -> Callable[[Results], Values]:
    def values(results: Results) -> Values:
        for name in names:
            seconds = results.extras.get(name)
            yield name, seconds["analyse"] / seconds["fit"] if seconds else math.nan

    return values


def _run(problem: str, kind: str, *, over: str = "") -> Callable[[Results], Values]:
    """Give seconds of a cold process, or how many times those of another."""

    def values(results: Results) -> Values:
        seconds = results.extras.get("whole", {}).get("runs", {}).get(problem, {})
        below = seconds.get(over, math.nan) if over else 1.0
        yield problem, seconds.get(kind, math.nan) / below

    return values


def _alone(group: str, name: str = "", where: str = "") -> Callable[[Results], Values]:
    """Give seconds of what is timed by itself."""

    def values(results: Results) -> Values:
        found = results.extras.get("whole", {}).get(group, math.nan)
        yield where or name, found.get(name, math.nan) if isinstance(found, dict) else found

    return values


def _extra(name: str) -> Callable[[Results], Values]:
    """Give one of the figures of ``extras``."""
    return lambda results: iter([(name, float(results.extras.get(name, "nan")))])


TARGETS = (
    Target("error of effects, rms in posterior sds", 0.03, lambda r: r.ours("error_rms")),
    Target("error of effects, largest", 0.10, lambda r: r.ours("error_max")),
    Target("error of provider_sd in its posterior sds", 0.10, lambda r: r.ours("tau_error")),
    Target("error of transient sd and rho in theirs", 0.10, lambda r: r.ours("passing_error")),
    Target("error of tier probabilities, rms", 0.01, lambda r: r.ours("tier_rms")),
    Target("error of tier probabilities, largest in MCSE", 4.5, lambda r: r.ours("tier_max_mcse")),
    Target("rms error over the run-to-run noise of NUTS", 2.0, lambda r: r.ours("noise_ratio")),
    Target("ESS/s cold over PyMC + nutpie", 100, _gains(["pymc_nutpie"], _B2), at_least=True),
    Target("ESS/s cold over the best Bayesian peer", 20, _gains(_PEERS), at_least=True),
    Target("seconds warm, 4,000 draws", 0.5, _only(_B2, "warm")),
    Target("seconds warm, 4,000 draws", 2.5, _only(("B11",), "warm")),
    Target("seconds warm, 4,000 draws", 3, _only(("B12",), "warm")),
    Target("seconds warm, 4,000 draws", 60, _only(("B13",), "warm")),
    Target("peak MB", 2048, _only(("B13",), "mb")),
    Target("seconds cold with ranks", 6, _only(("B5",), "cold", "varmodel_ranks")),
    Target("seconds cold", 60, _only(("B6",), "cold")),
    Target("peak MB", 3000, _only(("B6",), "mb")),
    Target("whole analysis over its fit, warm", 4, _analysis(*_B2)),
    Target("whole analysis over its fit, warm", 6, _analysis(WIDE.name)),
    Target("seconds of `varmodel run`, cold", 2.5, _run("B2-1e5", "run")),
    Target("`varmodel run` over a process that fits, cold", 1.6, _run("B2-1e5", "run", over="fit")),
    Target("seconds of `varmodel run`, cold", 8, _run(WIDE.name, "run")),
    Target("processor seconds of `import varmodel`", 0.5, _alone("import", where="import")),
    Target("seconds of a page, 300 providers", 1, _alone("others", "page 300")),
    Target("seconds of a refit of 400 draws", 0.05, _alone("others", "refit")),
    Target("seconds to read a million distinct numbers", 2, _alone("others", "covariates")),
    Target("seconds of ranks, 4,000 draws", 0.05, _alone("ranks", "rank 300")),
    Target("seconds of ranks, 4,000 draws", 1.5, _alone("ranks", "rank 6,500")),
    Target("seconds of all pairs, 4,000 draws", 0.1, _alone("ranks", "pairs 300, NumPy")),
    Target("seconds of all pairs, 4,000 draws", 0.05, _alone("ranks", "pairs 300")),
    Target("seconds of grades, 4,000 draws", 1, _alone("ranks", "grades 300")),
    Target("seconds of the demo, warm", 60, _extra("demo")),
    Target("seconds of a quarter: 30 indicators, 170 trusts, 8 quarters", 480, _extra("quarter")),
    Target("seconds of a quarter of which nothing has changed", 60, _extra("quarter_again")),
    Target("seconds of 1,200 fits of one quarter", 300, _extra("many_fits")),
    Target("seconds of 1,200 analyses of one quarter, no pages", 480, _extra("many_analyses")),
    Target("seconds from 1e7 rows of CSV to a saving", 6, _extra("records")),
    Target("peak MB from 1e7 rows of CSV to a saving", 360, _extra("records_mb")),
    Target("seconds of 50 universes of B2, 5 fits", 30, _extra("50 universes")),
    Target("seconds of 960 universes of B2, 60 fits", 180, _extra("960 universes")),
    Target("seconds of savings, 4,000 draws of 6,500", 1, _extra("wide savings")),
    Target("seconds of a certificate of B2, 200 refits", 120, _extra("certificate")),
    Target("seconds warm over glmer's (nAGQ = 1)", 1, _against("lme4_nagq1")),
    Target("seconds warm over glmer's (nAGQ = 0)", 1, _against("lme4_nagq0")),
    Target("seconds warm over the floor", 5, lambda r: r.ours("floor_ratio")),
)


def read_results() -> Results:
    """Read the latest files."""
    extras = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    return Results(pd.read_csv(LATEST, index_col=KEYS), extras)


def check(results: Results) -> pd.DataFrame:
    """Hold every target to the results: met, missed, or not measured."""
    rows = []
    for target in TARGETS:
        sense = ">=" if target.at_least else "<="
        for where, value in target.values(results):
            verdict = "met" if target.met(value) else "missed"
            verdict = "not measured" if math.isnan(value) else verdict
            rows.append((target.words, where, value, f"{sense} {target.limit:g}", verdict))
    return pd.DataFrame(rows, columns=["target", "where", "value", "limit", "verdict"])


def main() -> None:
    print(check(read_results()).to_string(index=False, float_format="%.3g"))


if __name__ == "__main__":
    main()
