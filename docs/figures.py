"""Draw the figures of the pages: ``python docs/figures.py FOLDER``.

Simulated with fixed seeds, or drawn from the published Surgical example: the same on every run of
the same versions. Those of the tutorials are what their own blocks draw.
"""

import re
import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import varmodel as vm
from varmodel.families.effects import EFFECTS

SEED = 2006
#: Ratio of estimated to true total by reliability: 150 providers, 400 simulated sets.
RELIABILITY = np.array([0.30, 0.61])
MEASURED = {
    "unshrunken rates": ((2.05, 1.32), "s", "tab:red"),
    "joint draws": ((1.00, 1.00), "o", "black"),
    "shrunken means": ((0.52, 0.77), "^", "tab:blue"),
}
#: One shape of each distribution: degrees of freedom; weight, distance; three directions.
SHAPES = {
    "normal": ((), "-"),
    "student_t": ((3.0,), "--"),
    "mixture": ((0.25, 3.5), "-."),
    "flexible": ((0.55, 0.2, -0.2), ":"),
}


def bias(ax: Axes) -> None:
    """Three estimators of the total against reliability: measured, and in the limit."""
    rho = np.linspace(0.2, 1, 200)
    for name, (ratios, mark, colour) in MEASURED.items():
        ax.plot(RELIABILITY, ratios, mark, color=colour, label=f"from {name}", markersize=8)
    ax.plot(rho, rho**-0.5, color="tab:red", linewidth=1)
    ax.plot(rho, rho**0.5, color="tab:blue", linewidth=1)
    ax.axhline(1, color="black", linewidth=1)
    ax.set(xlabel="reliability of a provider's rate", ylabel="estimated total / true total")
    ax.legend(frameon=False)


def distributions(ax: Axes) -> None:
    """Densities of the four distributions at mean 0 and sd 1."""
    b = np.linspace(-4, 4, 801)
    for name, (shape, line) in SHAPES.items():
        density = np.exp(EFFECTS[name].log_density(b, 1.0, np.array(shape)))
        ax.plot(b, density, line, label=name, linewidth=1.8)
    ax.set(xlabel="effect / provider_sd", ylabel="density", ylim=(0, None))
    ax.legend(frameon=False)


def nil(ax: Axes) -> None:
    """Savings of 150 providers without and with true differences: an interval is never at 0."""
    spec = vm.ModelSpec(
        name="nil",
        provider="trust",
        numerator="events",
        denominator="cases",
        better="lower",
        family="binomial",
        benchmark=vm.Benchmark("quantile", 0.75),
    )
    for row, sd in enumerate((0.0, 0.2)):
        true, low, middle, high, raw = _savings(spec, sd)
        ax.plot([low, high], [row, row], color="black", linewidth=2)
        marks = {"true": (true, "*"), "joint draws, 95 %": (middle, "o"), "unshrunken": (raw, "s")}
        for (name, (x, mark)), colour in zip(
            marks.items(), ("tab:green", "black", "tab:red"), strict=True
        ):
            ax.plot(x, row, mark, color=colour, markersize=9, label=None if row else name)
    ax.set(ylim=(-0.5, 1.5), xlim=(-40, None), xlabel="total saving, events a year")
    ax.set_yticks([0, 1], ["no differences", "provider_sd .2"])
    ax.legend(frameon=False, loc="center right")


def _savings(spec: vm.ModelSpec, sd: float) -> tuple[float, ...]:
    """Give the true total, the ends and middle of its interval, and that of unshrunken rates."""
    made = vm.simulate(
        spec, mean_denominator=400, truth={"intercept": -1.0, "provider_sd": sd}, random_seed=SEED
    )
    frame = vm.prepare(spec, made.table)
    fit = vm.fit(spec, frame, random_seed=SEED, progressbar=False)
    priced = vm.savings(
        vm.adjusted_rates(fit, population="own"),
        activity=frame["activity"],
        benchmark=vm.benchmark_rates(fit, spec.benchmark),
        unit_cost=1.0,
        better=spec.better,
        random_seed=SEED,
        observed=vm.unshrunken_rates(fit, spec.benchmark),
    )
    rate = made.truth["rate"]
    level = np.quantile(rate, 0.25)
    true = float((frame["activity"] * np.maximum(rate - level, 0)).sum())
    ends = np.quantile(priced["total"], [0.025, 0.5, 0.975])
    return true, *map(float, ends), float(priced["plug_in_observed"].sum())


def surgical() -> vm.Analysis:
    """Analyse the twelve hospitals of the published example."""
    deaths = [0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24]
    operations = [47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360]
    table = pd.DataFrame(
        {"hospital": list("ABCDEFGHIJKL"), "deaths": deaths, "operations": operations}
    )
    spec = vm.load_model("surgical_mortality")
    return vm.analyse(spec, table, random_seed=SEED, progressbar=False)


def draw(folder: Path) -> None:
    """Draw all figures into a folder."""
    mpl.rcParams["svg.hashsalt"] = "varmodel"
    folder.mkdir(parents=True, exist_ok=True)
    small: dict[str, Callable[[Axes], None]] = {
        "bias": bias,
        "distributions": distributions,
        "nil": nil,
    }
    for name, into in small.items():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        into(figure.add_subplot())
        save(figure, folder / f"{name}.svg")
    analysis = surgical()
    whole = {"shrinkage": vm.plot_shrinkage, "ranks": vm.plot_ranks}
    whole["rank_probabilities"] = vm.plot_rank_probabilities
    for name, of in whole.items():
        save(of(analysis).figure, folder / f"{name}.svg")
    narrow = {"front": Figure(figsize=(4.6, 4.6), layout="constrained")}  # whole on a phone
    for name, figure in narrow.items():
        vm.plot_ranks(analysis, ax=figure.add_subplot())
        save(figure, folder / f"{name}.svg")


def draw_tutorials(folder: Path) -> None:
    """Run the tutorials, and keep their pictures: a folder each."""
    for page in sorted(Path(__file__).parent.glob("tutorial*.md")):
        steps = re.findall(r"(?ms)^```python\n(.*?)^```", page.read_text(encoding="utf-8"))
        kept = (folder / page.stem).resolve()
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as empty, chdir(empty):
            Path("steps.py").write_text("\n".join(steps), encoding="utf-8")
            with mpl.rc_context({"savefig.dpi": 150}):
                runpy.run_path("steps.py")
            for picture in Path(empty).glob("*.png"):
                shutil.copy(picture, kept)


def save(figure: Figure, path: Path) -> None:
    """Write a figure without the hour."""
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
    draw_tutorials(Path(sys.argv[1]))
