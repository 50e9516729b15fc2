"""Two real totals under every choice: ``python docs/assumptions.py``, data under VARMODEL_DATA.

Writes the tables of docs/real_runs.md between its markers: what each choice makes of the total,
what prior, likelihood and single providers do to it, and a paragraph that may be quoted.
"""

import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from panels import england

import varmodel as vm
from varmodel.publish.wording.numbers import supported

DATA = Path(os.environ.get("VARMODEL_DATA", "../shared/data"))
PAGE = Path(__file__).with_name("real_runs.md")
SEED = 2006
#: Quarters of the English panel that are taken, the last ones.
QUARTERS = 8
#: Choices of the English panel; each effect shape of a panel takes minutes.
PANEL_CHOICES = ("prior", "transient", "size", "benchmark")


def statins() -> tuple[vm.ModelSpec, object, dict, float]:
    """Give model, table, plan and the unit of the total (GBP million a year)."""
    spec = vm.load_model("low_cost_statin_share")
    table = DATA / "statins_ccg" / "data.csv"
    plan = vm.studies.default_plan(spec)
    plan["release"] = {"all of it": {}, "half is cash": {"releasable": 0.5}}
    return spec, table, plan, 1e6


def emergency() -> tuple[vm.ModelSpec, object, dict, float]:
    """Give the same of waits over 4 hours: the total counts patients, in thousands a year."""
    _, spec, table = england()
    last = sorted(table["quarter"].unique())[-QUARTERS:]
    spec = spec.replace(benchmark=vm.Benchmark("quantile", 0.75), unit_cost=1.0)
    plan = vm.studies.default_plan(spec)
    kept = {name: plan[name] for name in PANEL_CHOICES}
    return spec, table[table["quarter"].isin(last)], kept, 1e3


RUNS = {"statins": statins, "emergency": emergency}


def study(name: str) -> dict[str, object]:
    """Run all choices alone, then weigh the draws of the base."""
    spec, table, plan, unit = RUNS[name]()
    count = 1 + sum(len(options) - 1 for options in plan.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", vm.VarmodelWarning)
        options = {"random_seed": SEED, "progressbar": False}
        found = vm.studies.sensitivity(spec, table, plan, sample=count, jobs=1, **options)
        fit = vm.fit(spec, vm.prepare(spec, table), **options)
        powered = vm.studies.power_scaling(fit, random_seed=SEED)
        left = vm.studies.leave_one_out(fit, random_seed=SEED, jobs=1)
    return {"found": found, "powered": powered, "left": left, "unit": unit}


def tables(done: Mapping) -> str:
    """Write the figures of a study."""
    found, unit = done["found"], done["unit"]
    base = found.table.iloc[0]
    rows = [("as the model stands", "", base, "")]
    rows += [
        (row.dimension, row.option, found.table.loc[row.universe], row.code)
        for row in found.tornado.itertuples()
    ]
    shown = pd.DataFrame(
        {
            "choice": choice,
            "option": option,
            "total (95 %)": code or interval(row, unit),
            "verdict": row["verdict"],
            "order (correlation)": f"{row['rank_correlation']:.3f}",
        }
        for choice, option, row, code in rows
    )
    return f"{markdown(shown)}\n\n{sentences(done)}"


def sentences(done: Mapping) -> str:
    """Say what powers and single providers move."""
    powered, left = done["powered"], done["left"]
    shift = powered["shift"].sel(quantity="total saving")
    k = float(powered["pareto_k"].max())
    most = left["influence_sd"].to_series().abs().sort_values().tail(3).index[::-1]
    moves = [f"{code} ({float(left['influence_sd'].sel(provider=code)):+.2f})" for code in most]
    names = ", ".join(moves)
    parts = [
        f"{name} to the power {alpha:g}: {float(shift.sel(component=name, alpha=alpha)):+.3f}"
        for name in ("prior", "likelihood")
        for alpha in (0.8, 1.25)
    ]
    said = done["found"].flips["provider"].nunique()
    return (
        f"Moves of the total in its posterior sds, {'; '.join(parts)} (largest k-hat {k:.2f}). "
        f"Leaving one provider out moves the others' total most for {names}, in sds; "
        f"{int(left['refitted'].sum())} needed a refit. Something else is said of "
        f"{said} providers under some choice."
    )


def interval(row: pd.Series, unit: float) -> str:
    """Write a total with its interval."""
    error = (row["upper"] - row["lower"]) / 100 / unit
    mean, low, high = (supported(row[x] / unit, error) for x in ("total", "lower", "upper"))
    return f"{mean} ({low} to {high})"


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown."""
    lines = [list(table.columns), ["---"] * table.shape[1]]
    lines += [list(map(str, row)) for row in table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Run all studies and put them on the page."""
    for name in RUNS:
        content = tables(study(name))
        marker = f"<!-- assumptions of {name}: written by assumptions.py -->"
        pattern = rf"(?s)({re.escape(marker)}\n).*?(<!-- assumptions: end -->)"
        text = PAGE.read_text(encoding="utf-8")
        put = re.sub(pattern, lambda at, c=content: f"{at[1]}\n{c}\n\n{at[2]}", text)
        PAGE.write_text(put, encoding="utf-8")


if __name__ == "__main__":
    main()
