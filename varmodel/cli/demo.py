"""varmodel demo: published figures, simulated ones beside their truth, a small nation."""

import json
import warnings
from collections.abc import Generator, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from varmodel.analysis.analyse import Analysis, analyse
from varmodel.batch import run_quarter
from varmodel.batch.nation import NationSize, write_nation
from varmodel.errors import VarmodelWarning
from varmodel.fits.folder import is_empty, new_folder
from varmodel.frame import simulate
from varmodel.publish import write_run
from varmodel.publish.files import REPORT, neutral
from varmodel.publish.wording.money import nil_to
from varmodel.publish.wording.numbers import probability, supported
from varmodel.publish.wording.periods.annual import saving_name
from varmodel.publish.wording.plain import TEXT_WIDTH, plain_table, plain_text
from varmodel.spec import load_model
from varmodel.studies import Comparison, compare_with_truth

SEED = 2006
DEMO_MARK = "demo.json"
#: Cardiac surgery in babies, twelve hospitals: BUGS Examples volume 1, "Surgical".
SURGICAL = {
    "hospital": list("ABCDEFGHIJKL"),
    "operations": [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360],
    "deaths": [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24],
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One simulated indicator: a library model, its truth, its size."""

    model: str
    truth: dict[str, float]
    mean_denominator: float


SIMULATED = (
    Setting("day_case_rate", {"intercept": 0.9, "provider_sd": 0.2}, 700),
    Setting("low_cost_statin_share", {"intercept": -1.2, "provider_sd": 0.25}, 4_000),
    Setting("length_of_stay", {"intercept": 5.0, "provider_sd": 0.2, "residual_sd": 4.0}, 800),
)
SIMULATED_PROVIDERS = 150
NATION = NationSize(trusts=40, pcts=20, quarters=4, indicators=6)
#: Processes of the nation's quarter: as many as there are by default.
NATION_JOBS: int | None = None
HEADINGS = (
    *("true", "estimate (95 %)", "flexible", "unshrunken", "shrunken"),
    *("covered", "rms adj.", "rms raw"),
)
NOTES = (
    "flexible: estimate where the effects have no set shape;",
    "covered: share of 95 % intervals that hold the true adjusted rate; rms: root mean squared",
    "error of adjusted and of raw rates (raw rates also carry the trusts' case mix)",
)


def run_demo(out: str) -> Generator[str]:
    """Make the demo's folder, and say what is in it as it comes."""
    with new_folder(out, may_replace=_is_own) as folder:
        surgical = analyse(
            load_model("surgical_mortality"), pd.DataFrame(SURGICAL), random_seed=SEED
        )
        _write(folder / "surgical_mortality", surgical)
        yield str(surgical)
        compared = {}
        for setting in SIMULATED:
            analysis, comparison = compared[setting.model] = _simulated(setting)
            _write(folder / setting.model, analysis, comparison)
        yield _with_truth(compared)
        yield _nation(folder)
        (folder / DEMO_MARK).write_text(json.dumps({"random_seed": SEED}), encoding="utf-8")
    yield f"Written to {out}"
    yield f"Open {out}/quarter/site/index.html: the nation, each indicator, each trust"
    yield f"Open {out}/surgical_mortality/report.html: one indicator, all that is said of it"


def _nation(folder: Path) -> str:
    """Make up a small nation, run its quarter, and say what it comes to."""
    (folder / "nation").mkdir()
    made = list(write_nation(folder / "nation", NATION, random_seed=SEED))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)  # each unit keeps its own
        found = run_quarter(
            folder / "nation" / "quarter.toml",
            folder / "quarter",
            random_seed=SEED,
            jobs=NATION_JOBS,
        )
    size = f"{NATION.trusts} acute and {NATION.pcts} primary care trusts"
    told = [f"A made-up nation: {size}, {len(made)} indicators, {NATION.quarters} quarters"]
    told += [f"refused: {name}: {error.code}" for name, error in found.refused.items()]
    return "\n".join([*told, found.headline])


def _simulated(setting: Setting) -> tuple[Analysis, Comparison]:
    spec = load_model(setting.model)
    made = simulate(
        spec,
        providers=SIMULATED_PROVIDERS,
        mean_denominator=setting.mean_denominator,
        truth=dict(setting.truth),
        random_seed=SEED,
    )
    analysis = analyse(spec, made.table, random_seed=SEED)
    return analysis, compare_with_truth(analysis.fit, analysis.figures, truth=made.truth)


def _write(folder: Path, analysis: Analysis, compared: Comparison | None = None) -> None:
    folder.mkdir()
    analysis.report(folder / REPORT)
    write_run(folder, x=analysis)
    if compared is not None:
        neutral(compared.providers).to_csv(folder / "truth.csv", index=False)


def _is_own(folder: Path) -> bool:
    """Whether a folder is empty or an earlier demo's, as its mark says: all in it is our own."""
    if is_empty(folder):
        return True
    try:
        mark = json.loads((folder / DEMO_MARK).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(mark, dict) and mark.keys() == {"random_seed"}


def _with_truth(compared: dict[str, tuple[Analysis, Comparison]]) -> str:
    names = {saving_name(analysis.spec) for analysis, _ in compared.values()}
    saving = " or ".join(sorted(names))
    title = f"Simulated: {SIMULATED_PROVIDERS} trusts, truth known ({saving} in million GBP)"
    table = plain_table("model", *HEADINGS, title=title)
    for model, (analysis, comparison) in compared.items():
        table.add_row(model, *_cells(analysis, comparison))
    return plain_text(table, *NOTES, width=TEXT_WIDTH)


def _cells(analysis: Analysis, comparison: Comparison) -> list[str]:
    rows = analysis.tables()["totals"].to_dict("records")
    totals = {row["quantity"]: row for row in rows}
    plug_ins = [totals.get(name) for name in ("plug_in_observed", "plug_in_shrunken")]
    return [
        supported(comparison.saving / 1e6, 0.0),
        _million(totals["saving"], ends=True),
        _million(totals["saving_flexible"], ends=False),
        *("" if row is None else supported(row["mean"] / 1e6, 0.0) for row in plug_ins),
        probability(comparison.covered),
        *(f"{value:.3g}" for value in (comparison.rms_adjusted, comparison.rms_observed)),
    ]


def _million(row: Mapping[Hashable, Any], *, ends: bool) -> str:
    """Write a total in millions; under a nil verdict it has an upper end and nothing else."""
    names = ("mean", "lower", "upper", "mcse")
    mean, lower, upper, error = (float(row[name]) / 1e6 for name in names)
    told = [supported(end, 3 * error) for end in (lower, upper)]
    if row["ci_kind"] == "upper":
        return nil_to(told[1])
    return f"{supported(mean, error)} ({' to '.join(told)})" if ends else supported(mean, error)
