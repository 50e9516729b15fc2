"""varmodel check: what a table holds, as a model reads it."""

import xarray as xr

from varmodel.frame import annual_factor, describe, period_word, prepare
from varmodel.publish.wording.numbers import in_unit
from varmodel.spec import ModelSpec, load_model
from varmodel.spec.files import NamedFile


def check_table(model: str, table: str | NamedFile) -> list[str]:
    """Prepare a table and describe it in lines.

    Parameters
    ----------
    model : str
        A model's name or path.
    table : str or NamedFile
        Path of a CSV or Parquet file.

    Returns
    -------
    list of str
        What would be fitted: rows, providers, periods, who is left out, what a year is.
    """
    spec = load_model(model)
    frame = prepare(spec, table)
    facts = describe(frame) | {"a year": _year(spec, frame)}
    if spec.unit:
        facts |= {"in its unit": in_unit(spec, frame.attrs["pooled_mean"])}
    width = max(map(len, facts))
    return [f"{spec.name}: {table} can be fitted"] + [
        f"  {name:<{width}} {value}" for name, value in facts.items()
    ]


def _year(spec: ModelSpec, frame: xr.Dataset) -> str:
    """Say what activity, and so a saving, of a year is."""
    factor = annual_factor(spec, frame)
    if factor is None:
        return "nothing is called annual: activity is over the time of the table"
    if spec.period is None:
        return f"{factor:g} times the activity of the table"
    return f"{factor:g} times the mean activity of a {period_word(frame)}"
