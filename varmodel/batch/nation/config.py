"""The quarter of a made-up nation: which tables are run by which models."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import tomli_w

from varmodel.batch.nation.chosen import displacements_of, overlaps_of
from varmodel.spec import ModelSpec

#: Cost of acting on one provider's figure for a year, in the models' currency.
COST_OF_ACTING = 20_000


def write_config(
    folder: Path, models: Mapping[str, ModelSpec], *, title: str, changed: Sequence[str]
) -> None:
    """Write quarter.toml, and the models that are not the library's as they stand.

    Parameters
    ----------
    folder : Path
    models : mapping of str to ModelSpec
        As they read the tables.
    title : str
    changed : sequence of str
        Those that differ from the library's: they are written into models/.
    """
    for name in changed:
        (folder / "models").mkdir(exist_ok=True)
        (folder / "models" / f"{name}.toml").write_text(models[name].to_toml(), encoding="utf-8")
    head = {
        "schema": 1,
        "title": title,
        "disclosure": "hes",
        "providers": "providers.csv",
        "cost_of_acting": COST_OF_ACTING,
    }
    parts = [tomli_w.dumps(head)]
    for table, entries in _tables(models, changed).items():
        parts += [f"[[{table}]]\n{tomli_w.dumps(entry)}" for entry in entries]
    (folder / "quarter.toml").write_text("\n".join(parts), encoding="utf-8")


def _tables(
    models: Mapping[str, ModelSpec], changed: Sequence[str]
) -> dict[str, list[dict[str, object]]]:
    """Give the entries of each table of the file, in its order."""
    priced = [name for name, spec in models.items() if spec.unit_cost is not None]
    return {
        "indicator": [
            {
                "model": f"models/{name}.toml" if name in changed else name,
                "table": f"tables/{name}.csv",
            }
            for name in models
        ],
        "shared": [
            {"name": x.name, "indicators": list(x.indicators), "cost_base": x.cost_base}
            for x in overlaps_of(priced)
        ],
        "displacement": [
            {"from": cause, "to": effect, "delta": delta}
            for cause, effect, delta in displacements_of(list(models))
        ],
    }
