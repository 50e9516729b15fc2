"""Roll over real panels, one period ahead: ``python docs/panels.py``, data under VARMODEL_DATA.

Each of the last periods of a panel is left out in turn; what is before it is fitted, the period is
predicted, and scored. Writes the table of docs/real_runs.md between its markers.
"""

import math
import os
import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import varmodel as vm
from varmodel.studies.forecast import FULL, RAW, SHRUNKEN, score_forecast

DATA = Path(os.environ.get("VARMODEL_DATA", "../shared/data"))
PAGE = Path(__file__).with_name("real_runs.md")
#: Periods of each panel that are left out in turn, and the claim of the intervals.
ORIGINS, PROB = 3, 0.9
SCOTTISH = {
    "day_case_rate": ("Scottish hospitals, day cases", "higher"),
    "ae_over_4h": ("Scottish emergency departments, over 4 hours", "lower"),
    "mortality_30d_crude": ("Scottish hospitals, deaths in 30 days", "lower"),
}


def panels() -> Iterator[tuple[str, vm.ModelSpec, pd.DataFrame]]:
    """Give each panel: its name, its model, its table."""
    yield england()
    for indicator in SCOTTISH:
        yield scotland(indicator)
    yield glasgow()
    yield mortality_ratios()


def england() -> tuple[str, vm.ModelSpec, pd.DataFrame]:
    """Give waits of over 4 hours in departments of type 1, whole quarters."""
    table = pd.read_csv(DATA / "england_ae_quarter" / "data.csv")
    kept = (table["type"] == "1") & (table["months"] == 3) & (table["attendances"] > 0)
    spec = vm.ModelSpec(
        name="england_ae",
        provider="org_code",
        period="quarter",
        numerator="breaches",
        denominator="attendances",
        better="lower",
        family="binomial",
    )
    columns = {"breaches": int, "attendances": int}
    return "English emergency departments, over 4 hours", spec, table[kept].astype(columns)


def scotland(indicator: str) -> tuple[str, vm.ModelSpec, pd.DataFrame]:
    """Give one indicator of Scottish hospitals, up to the last quarter before the pandemic."""
    name, better = SCOTTISH[indicator]
    table = pd.read_csv(DATA / "scot_hospital_quarter" / "indicators.csv")
    of_it = (table["indicator"] == indicator) & (table["denominator"] > 0)
    kept = table[of_it & (table["quarter"] <= "2019Q4")]
    spec = vm.ModelSpec(
        name=indicator,
        provider="hospital",
        period="quarter",
        numerator="numerator",
        denominator="denominator",
        better=better,
        family="binomial",
    )
    columns = ["hospital", "quarter", "numerator", "denominator"]
    return name, spec, kept[columns].astype({"numerator": int, "denominator": int})


def glasgow() -> tuple[str, vm.ModelSpec, pd.DataFrame]:
    """Give respiratory admissions of the zones of Glasgow, by year."""
    spec = vm.ModelSpec(
        name="glasgow",
        provider="IZ",
        period="year",
        numerator="observed",
        expected="expected",
        better="lower",
        family="poisson",
    )
    return "Glasgow, admissions", spec, pd.read_csv(DATA / "glasgow_respiratory" / "data.csv")


def mortality_ratios() -> tuple[str, vm.ModelSpec, pd.DataFrame]:
    """Give published mortality ratios of English trusts, one a year."""
    table = pd.read_csv(DATA / "england_shmi_panel" / "data.csv").dropna(subset=["shmi"])
    spec = vm.ModelSpec(
        name="shmi",
        provider="trust",
        period="year",
        value="shmi",
        better="lower",
        family="normal",
    )
    return "English trusts, mortality ratio (SHMI)", spec, table


def roll(spec: vm.ModelSpec, table: pd.DataFrame) -> pd.DataFrame:
    """Score the last periods, each predicted from those before it."""
    periods = sorted(table[spec.period].unique())
    found = []
    for origin in range(ORIGINS):
        seen = table[table[spec.period] <= periods[len(periods) - 1 - origin]]
        began = time.perf_counter()
        forecast = score_forecast(spec, seen, random_seed=1, prob=PROB, progressbar=False)
        seconds = time.perf_counter() - began
        alone = {"method": "one period", "covered": one_period(spec, seen), "places": math.nan}
        rows = pd.concat([forecast.table, pd.DataFrame([alone])])
        found.append(rows.assign(period=forecast.period, seconds=seconds))
    return pd.concat(found)


def one_period(spec: vm.ModelSpec, table: pd.DataFrame) -> float:
    """Give how often the ranks of a fit of the period before hold the crude rank of the last."""
    before, last = (
        table[table[spec.period] == p] for p in sorted(table[spec.period].unique())[-2:]
    )
    alone = spec.replace(period=None, period_style=None, transient="none")
    if spec.form.name == "measurements":
        return math.nan  # one measurement a provider: its effect and the noise are one number
    fit = vm.fit(alone, vm.prepare(alone, before), random_seed=1, progressbar=False)
    observed = vm.observed_rates(vm.prepare(alone, last)).to_series()
    both = observed.index.intersection(fit.frame["provider"].to_series().index)
    rates = vm.adjusted_rates(fit).sel(provider=list(both))
    ranks = vm.rank(rates, better=spec.better)["rank"]
    sign = 1 if spec.better == "lower" else -1
    seen = (sign * observed[both]).rank()
    lower, upper = (ranks.quantile(q, ("chain", "draw")).to_series() for q in (0.05, 0.95))
    return float(((seen >= lower.round()) & (seen <= upper.round())).mean())


def row(name: str, scores: pd.DataFrame) -> dict[str, str]:
    """Give one line of the page's table: means over the periods left out."""
    mean = scores.groupby("method")[["covered", "places", "log_score"]].mean()
    full, count = mean.loc[FULL], int(scores["providers"].max())
    alone = float(mean.loc["one period", "covered"])
    return {
        "panel": name,
        "providers": f"{count}",
        "periods left out": ", ".join(sorted(scores["period"].astype(str).unique())),
        "held": f"**{full['covered']:.2f}**",
        "places": f"{full['places']:.0f} of {count}",
        "without time": f"{mean.loc[SHRUNKEN, 'covered']:.2f}",
        "raw": f"{mean.loc[RAW, 'covered']:.2f}",
        "one period": "" if math.isnan(alone) else f"{alone:.2f}",
        "log score": f"{full['log_score'] - mean.loc[SHRUNKEN, 'log_score']:+,.0f}",
    }


def main() -> None:
    """Roll over all panels and write the table."""
    warnings.simplefilter("ignore", vm.VarmodelWarning)
    rows = []
    for name, spec, table in panels():
        rows.append(row(name, roll(spec, table)))
        write(rows)


def write(rows: list[dict[str, str]]) -> None:
    """Write the table of the panels that are done."""
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(each.values()) + " |" for each in rows]
    text, table = PAGE.read_text(encoding="utf-8"), "\n".join(lines)
    pattern = r"(?s)(<!-- panels: written by panels.py -->\n).*?(<!-- panels: end -->)"
    PAGE.write_text(re.sub(pattern, rf"\g<1>\n{table}\n\n\g<2>", text), encoding="utf-8")


if __name__ == "__main__":
    main()
