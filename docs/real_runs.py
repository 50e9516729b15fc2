"""Run the page of real runs: ``python docs/real_runs.py FOLDER``, the tables under VARMODEL_DATA.

Runs the blocks of real_runs.md one after the other, writes the report of each run to
FOLDER/MARKER.html, and puts its figures between the markers of the page. The first block sets up;
each other one names ``analysis`` and ``beside``, a data frame of what is known from elsewhere.
"""

import os
import platform
import re
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

import varmodel as vm
from varmodel.publish.tables.printed import all_diagnostics, names_of, print_tables
from varmodel.publish.wording.numbers import probability, unit_factor
from varmodel.publish.wording.places import SURE
from varmodel.publish.wording.verdict import trust

PAGE = Path(__file__).with_suffix(".md")
BLOCK = re.compile(r"(?ms)^```python\n(.*?)^```")
MARKER = re.compile(r"(?m)^<!-- (?!end )(\w+) -->$")
#: Rows shown of either end of a longer ranking; letters of a name.
ENDS, NAME = 4, 34
#: Column of the printed ranking that its probabilities say already.
LEFT_OUT = "Placed"
PACKAGES = ("varmodel", "numba", "numpy", "scipy")


def main(folder: Path) -> None:
    """Run all blocks; write reports and figures."""
    folder.mkdir(parents=True, exist_ok=True)
    text = PAGE.read_text(encoding="utf-8")
    (setting, *blocks), (comparison, *runs) = BLOCK.findall(text), MARKER.findall(text)
    names: dict[str, Any] = {}
    exec(setting, names)  # noqa: S102  the blocks of the page itself
    found, drawn = [], []
    for run, block in zip(runs, blocks, strict=True):
        began = time.perf_counter()
        exec(block, names)  # noqa: S102
        analysis, name = names["analysis"], run.replace("_", " ")
        analysis.report(folder / f"{run}.html")
        seconds = f"{time.perf_counter() - began:.1f}"
        found.append({"run": name, **differences(analysis)})
        drawn.append({"run": name, **checks(analysis), "seconds": seconds})
        text = fill(text, run, figures(analysis, names["beside"]))
    parts = (markdown(pd.DataFrame(found)), note(), markdown(pd.DataFrame(drawn)))
    PAGE.write_text(fill(text, comparison, "\n\n".join(parts)), encoding="utf-8")


def fill(text: str, marker: str, content: str) -> str:
    """Put content between a marker and the end that follows it."""
    pattern = rf"(?s)(<!-- {marker} -->\n).*?(<!-- end -->)"
    return re.sub(pattern, lambda found: f"{found[1]}\n{content}\n\n{found[2]}", text)


def differences(analysis: vm.Analysis) -> dict[str, str]:
    """Say how far the providers of a run differ, and whether they do."""
    nil, rankability = analysis.nil, float(analysis.rankability.median())
    told = "told apart" if nil.distinguishable else "**nil**"
    return {
        "providers": f"{analysis.fit.frame.sizes['provider']:,}",
        "provider_sd": interval(analysis.fit.posterior["provider_sd"]),
        "rankability": f"{probability(rankability)}: {trust(rankability)}",
        "nil rule (p, Pr)": f"{told} ({nil.p_value:.3f}, {probability(nil.prob_relevant)})",
    }


def checks(analysis: vm.Analysis) -> dict[str, str]:
    """Say what a provider_sd means, and whether model and draws are to be believed."""
    spread = vm.variance_components(analysis.fit)
    (ratio,) = (name for name in spread if str(name).startswith("median_"))
    sizes = all_diagnostics(analysis)[["ess_bulk", "ess_tail"]]
    return {
        "median odds or rate ratio": interval(spread[ratio]),
        "shape (p)": f"{analysis.shape.p_value:.3f}",
        "smallest ESS": f"{sizes.min().min():,.0f}",
        "Pareto k": f"{float(analysis.fit.draws['sample_stats']['pareto_k']):.2f}",
    }


def interval(draws: xr.DataArray) -> str:
    """Write a mean with its 95 % interval."""
    row = vm.summarise(draws).iloc[0]
    return f"{row['mean']:.2f} ({row['lower']:.2f} to {row['upper']:.2f})"


def figures(analysis: vm.Analysis, beside: pd.DataFrame | None) -> str:
    """Write both ends of a ranking, how many are placed, and what is known from elsewhere."""
    parts = [markdown(ranking(analysis)), placing(analysis)]
    if beside is not None:
        parts.append(markdown(beside))
    return "\n\n".join(parts)


def ranking(analysis: vm.Analysis) -> pd.DataFrame:
    """Take both ends of the ranking, as the report prints it, by expected rank."""
    tables, names = analysis.tables(), names_of(analysis)
    printed = print_tables(analysis, tables)["ranking"]
    cells = [[cell.text for cell in row] for row in printed.rows]
    table = pd.DataFrame(cells, columns=list(printed.heads)).drop(columns=LEFT_OUT)
    order = [names[code] for code in tables["ranking"].query("ranked")["provider"]]
    table = table.set_index("Provider").loc[order].reset_index()
    short = table["Provider"].map(lambda name: f"{name[:NAME]}..." if len(name) > NAME else name)
    table = table.assign(Provider=short)
    if len(table) <= 3 * ENDS + 1:
        return table
    gap = pd.DataFrame([["...", *[""] * (table.shape[1] - 1)]], columns=table.columns)
    return pd.concat([table.head(ENDS), gap, table.tail(ENDS)])


def placing(analysis: vm.Analysis) -> str:
    """Say how many providers belong to an outer quarter, and how wide rank intervals are."""
    table = analysis.tables()["ranking"].query("ranked")
    top, bottom = ((table[f"prob_{end}_quarter"] >= SURE).sum() for end in ("top", "bottom"))
    width = table["upper"] - table["lower"] + 1
    spec = analysis.fit.spec
    factor, unit = unit_factor(spec), f" {spec.unit}" if spec.unit else ""
    raw, rate = (
        f"{factor * table[name].min():.3g} to {factor * table[name].max():.3g}{unit}"
        for name in ("observed", "adjusted_rate")
    )
    return (
        f"Placed in the top quarter with probability {SURE:g} or more: {top} of {len(table):,}, in "
        f"the bottom quarter {bottom}. Half of the rank intervals hold "
        f"{width.median():,.0f} places or more, the widest {width.max():,.0f}. Observed rates run "
        f"from {raw}, adjusted ones from {rate}."
    )


def note() -> str:
    """Say with what the runs were made."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Seed 2006 and defaults, that is 4,000 draws of the marginal sampler; {versions}, Python "
        f"{platform.python_version()}. Every run passed the gate. Intervals are 95 %, "
        "equal-tailed; provider_sd is on the scale of log odds or log ratios. Seconds are those "
        "of a run's block, comparisons included, and its report, in one process, on a machine "
        f"of {os.cpu_count()} cores with Numba's cache filled."
    )


def markdown(table: pd.DataFrame) -> str:
    """Write a table."""
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
