"""One simulated panel, fitted and held to its truth: a record, a line of JSON.

A cell is (providers, periods, mean size). ``prior`` panels have a truth drawn from the fit's own
priors; ``fixed`` ones have sds of .3 and .15 and a correlation of 0, .6 or .9.
"""

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import xarray as xr
from scipy import stats

import varmodel as vm
from tests.calibration.panels import SEED, Panel, draw_panel, draw_sizes, model

PROVIDERS, PERIODS, SIZES = (12, 30, 150), (4, 8, 20), (30, 400, 20_000)
#: Panels of a cell by the number of providers: of drawn truths, and of each fixed correlation.
SETS = {12: 100, 30: 100, 150: 40}
FIXED_SETS = {12: 10, 30: 10, 150: 4}
RHOS = (0.0, 0.6, 0.9)
FIXED = {"provider_sd": 0.3, "transient_sd": 0.15}
PROB, DRAWS, CHAINS = 0.9, 500, 4
SHARED = ("intercept", "provider_sd", "transient_sd", "transient_rho")


@dataclass(frozen=True, slots=True)
class Task:
    """One panel; ``rho`` is None where the truth is drawn."""

    providers: int
    periods: int
    size: int
    number: int
    rho: float | None = None

    @property
    def key(self) -> str:
        kind = "prior" if self.rho is None else f"rho {self.rho:g}"
        return f"{self.cell} {kind} {self.number}"

    @property
    def cell(self) -> str:
        return f"{self.providers}x{self.periods}x{self.size}"


def tasks(share: float = 1.0) -> list[Task]:
    """List the panels of the whole design, or of a share of it, so that all cells grow alike."""
    return [task for done, task in sorted(_planned(), key=itemgetter(0)) if done < share]


def _planned() -> Iterator[tuple[float, Task]]:
    for cell in [(j, t, n) for j in PROVIDERS for t in PERIODS for n in SIZES]:
        for number in range(SETS[cell[0]]):
            yield number / SETS[cell[0]], Task(*cell, number)
        for rho in RHOS:
            for number in range(FIXED_SETS[cell[0]]):
                yield number / FIXED_SETS[cell[0]], Task(*cell, number, rho)


def panel_of(task: Task) -> Panel:
    """Draw the panel of a task, the same at every call."""
    fixed = task.rho is not None
    cell = (task.providers, task.periods, task.size)
    rng = np.random.default_rng([SEED, *cell, task.number, round(10 * task.rho) if fixed else 99])
    sizes = draw_sizes(rng, providers=task.providers, mean=task.size)
    given = {**FIXED, "transient_rho": task.rho} if fixed else None
    return draw_panel("binomial", sizes, periods=task.periods, rng=rng, given=given)


def record(task: Task) -> dict[str, object]:
    """Draw, fit and judge a panel; the seconds are the fit's on a processor."""
    panel, spec = panel_of(task), model("binomial")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", vm.VarmodelWarning)
        frame = vm.prepare(spec, panel.table)
        start = time.process_time()
        fit = vm.fit(
            spec,
            frame,
            random_seed=task.number,
            sampler="marginal",
            draws=DRAWS,
            chains=CHAINS,
            progressbar=False,
            provisional=True,
        )
        seconds = time.process_time() - start
        diagnosis = vm.diagnose(fit)
    about = {"key": task.key, "cell": task.cell, "rho": task.rho, "seconds": round(seconds, 3)}
    about |= {"passed": diagnosis.passed, "reasons": list(diagnosis.reasons)}
    return about | judge(panel, fit)


def judge(panel: Panel, fit: vm.Fit) -> dict[str, object]:
    """Give the share of providers in their intervals, and where shared truths lie in the draws."""
    lasting, coming = panel.truth["effect"], panel.truth["effect"] + panel.truth["passing"][:, -1]
    found = {}
    for part, truth in (("persistent", lasting), ("next", coming)):
        effects = vm.provider_effects(fit, part=part)
        ranks = vm.rank(effects, better="lower")["rank"]
        found[part] = covered(effects, truth)
        found[f"rank_{part}"] = covered(ranks, stats.rankdata(truth))
    places = {name: float((fit.posterior[name] < panel.truth[name]).mean()) for name in SHARED}
    truths = {name: float(panel.truth[name]) for name in SHARED}
    return found | {"place": places, "truth": truths}


def covered(draws: xr.DataArray, truth: np.ndarray) -> float:
    """Give the share of providers whose truth lies in the published interval."""
    table = vm.summarise(draws, prob=PROB)
    return float(((truth >= table["lower"]) & (truth <= table["upper"])).mean())
