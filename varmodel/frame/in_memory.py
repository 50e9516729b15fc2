"""A table in memory, whatever it came in: for what reads a table row by row."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from varmodel.frame.providers.successors import successor
from varmodel.frame.reading import Column, read_table
from varmodel.frame.reading.levels import objects
from varmodel.frame.rows import columns_of
from varmodel.spec import ModelSpec
from varmodel.values import Index


def read_into_memory(
    spec: ModelSpec, table: object, *, providers: Collection[str] | None = None
) -> pd.DataFrame:
    """Read the columns that a model names into a data frame.

    Parameters
    ----------
    spec : ModelSpec
    table : str, path or data frame
        As :func:`varmodel.prepare` takes it.
    providers : collection of str, optional
        Only the rows of these, by the codes that they have now; by default all.

    Returns
    -------
    pandas.DataFrame
        The rows that the model reads, sorted, each value as the table's engine gives it: texts
        of a CSV file stay texts, categories stay categories.
    """
    found = read_table(table, [*columns_of(spec), *spec.where], where=spec.where)
    repeats = found.count
    if providers is not None:
        column = found.columns[spec.provider]
        wanted = [successor(spec, str(level)) in providers for level in column.levels]
        repeats = np.where(np.array(wanted, dtype=bool)[column.codes], repeats, 0)
    rows = np.repeat(np.arange(len(repeats)), repeats)
    return pd.DataFrame({name: _values(column, rows) for name, column in found.columns.items()})


def _values(column: Column, rows: Index) -> pd.Series:
    values = objects([column.levels[code] for code in column.codes[rows].tolist()])
    return pd.Series(values, dtype="category" if column.categorical else object)
