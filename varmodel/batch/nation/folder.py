"""The folder of a made-up nation, written table by table."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from varmodel.batch.nation.chosen import (
    choose_indicators,
    displacements_of,
    nation_models,
    overlaps_of,
)
from varmodel.batch.nation.config import write_config
from varmodel.batch.nation.money import displaced_savings, shared_savings
from varmodel.batch.nation.providers import provider_table
from varmodel.batch.nation.readme import README
from varmodel.batch.nation.truth import TruthTables
from varmodel.frame.simulation.layout import quarter_label
from varmodel.frame.simulation.nation import (
    FIRST_QUARTER,
    correlations,
    found_nation,
    register_kind,
    simulate_indicator,
)
from varmodel.spec import ModelSpec

#: Of declared correlations.
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class NationSize:
    """How large a nation is; ``indicators`` None takes all of the library."""

    trusts: int = 170
    pcts: int = 150
    quarters: int = 8
    indicators: int | None = None


def write_nation(folder: Path, size: NationSize, *, random_seed: int) -> Generator[str]:
    """Write a nation into an empty folder.

    Parameters
    ----------
    folder : Path
    size : NationSize
    random_seed : int
        The same seed and size give the same bytes; the table of an indicator does not depend on
        how many there are.

    Yields
    ------
    str
        The name of each indicator whose table is written.

    Raises
    ------
    SpecError
        CONFIG.VALUE for more indicators than the library has.
    """
    library = nation_models()
    models = choose_indicators(library, size.indicators)
    groups = {name: spec.group for name, spec in library.items()}
    nation = found_nation(
        trusts=size.trusts, pcts=size.pcts, quarters=size.quarters, random_seed=random_seed
    )
    for name in ("tables", "truth"):
        (folder / name).mkdir()
    truth, read = TruthTables(), {}
    truth.add_nation(nation)
    for name, spec in models.items():
        made = simulate_indicator(spec, nation, groups=groups)
        write_table(folder / "tables" / f"{name}.csv", made.table)
        truth.add(made)
        read[name] = made.spec
        yield name
    title = (
        f"Better Care, Better Value, {quarter_label(FIRST_QUARTER + size.quarters - 1)} (simulated)"
    )
    write_config(folder, read, title=title, changed=[x for x in read if read[x] != models[x]])
    write_table(folder / "providers.csv", provider_table(nation, read))
    tables = truth.tables() | _between(read, truth, groups=groups)
    for name, table in tables.items():
        write_table(folder / "truth" / f"{name}.csv", table)
    (folder / "truth" / "README.md").write_text(README, encoding="utf-8")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV: numbers as they are, lines ended alike on every system."""
    table.to_csv(path, index=False, lineterminator="\n")


def _between(
    models: Mapping[str, ModelSpec], truth: TruthTables, *, groups: Mapping[str, str]
) -> dict[str, pd.DataFrame]:
    """Make the tables of what indicators have to do with each other."""
    names, savings = list(models), truth.savings
    found = {"correlations": _correlations(models, groups)}
    shared = [
        shared_savings(overlap, savings, cost=truth.costs[overlap.cost_base])
        for overlap in overlaps_of(list(savings))
    ]
    displaced = [
        displaced_savings(pair, savings) for pair in displacements_of(names) if pair[0] in savings
    ]
    found |= {"overlap": pd.concat(shared)} if shared else {}
    return found | ({"displacement": pd.concat(displaced)} if displaced else {})


def _correlations(models: Mapping[str, ModelSpec], groups: Mapping[str, str]) -> pd.DataFrame:
    """List the declared correlations; nothing where two indicators have no provider in common."""
    names = list(models)
    kinds = np.array([register_kind(spec) for spec in models.values()])
    values = np.round(correlations(names, groups), _DECIMALS)
    values[kinds[:, None] != kinds] = np.nan
    matrix = pd.DataFrame(values, index=names, columns=names)
    return matrix.rename_axis("indicator").reset_index()
