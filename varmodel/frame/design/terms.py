"""Columns of the design: what each term makes of the columns of a table."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from varmodel.frame.coded import Coded
from varmodel.frame.design.splines import Curve
from varmodel.values import Array

#: (position of the term, kind, raw values) -> what is taken off and divided by.
type Scale = Callable[[int, str, Array], tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class TermColumn:
    """A column of the design before it is taken apart: one level a pattern.

    Attributes
    ----------
    column : str
        Name in the table.
    kind : {"numeric", "factor", "period", "spline"}
        How it enters.
    coded : Coded
        Its level by pattern.
    curve : Curve or None
        Of a spline.
    """

    column: str
    kind: str
    coded: Coded
    curve: Curve | None = None

    @property
    def names(self) -> list[str]:
        """Names of its terms: ``age``, ``age[spline 1]``, ``sex[M]`` for levels but one."""
        if self.kind == "numeric":
            return [self.column]
        if self.kind == "spline":
            df = self.curve.df if self.curve else 0
            return [f"{self.column}[spline {k + 1}]" for k in range(df)]
        head = "period" if self.kind == "period" else self.column
        return [f"{head}[{level}]" for level in self.coded.levels[1:]]

    @property
    def stored(self) -> dict[str, object]:
        """What is kept with the frame: enough to build the same columns on new rows."""
        has_levels = self.kind in {"factor", "period"}
        levels = self.coded.levels.tolist() if has_levels else []
        curve = self.curve.stored if self.curve else {}
        return {"column": self.column, "kind": self.kind, "levels": levels, **curve}

    def raw(self) -> Iterator[Array]:
        """Give each of its columns, neither centred nor scaled."""
        if self.kind == "numeric":
            yield self.coded.values.astype(np.float64)
        elif self.curve is not None:
            for values in self.curve.columns(self.coded.levels.astype(np.float64)):
                yield values[self.coded.codes]
        else:
            for level in range(1, len(self.coded.levels)):
                yield (self.coded.codes == level).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """An interaction: each term of one column times each of the others.

    Attributes
    ----------
    parts : tuple of TermColumn
    """

    parts: tuple[TermColumn, ...]
    kind: str = "interaction"

    @property
    def column(self) -> str:
        """Its columns, joined."""
        return ":".join(part.column for part in self.parts)

    @property
    def names(self) -> list[str]:
        """Names of its terms: ``age_band[b]:sex[M]``, the last column's running fastest."""
        return [":".join(names) for names in itertools.product(*(p.names for p in self.parts))]

    @property
    def stored(self) -> dict[str, object]:
        """What is kept with the frame: which columns are multiplied."""
        columns = [part.column for part in self.parts]
        return {"column": self.column, "kind": self.kind, "levels": [], "columns": columns}

    def raw(self, coded: Mapping[str, Sequence[Array]]) -> Iterator[Array]:
        """Multiply coded columns: numbers centred and scaled, levels 0 or 1."""
        for factors in itertools.product(*(coded[part.column] for part in self.parts)):
            product = factors[0]
            for factor in factors[1:]:
                product = product * factor
            yield product


type DesignColumn = TermColumn | Product


def term_names(columns: Sequence[DesignColumn]) -> list[str]:
    """Name the terms of a design in its order."""
    return [name for column in columns for name in column.names]


def fill_design(columns: Sequence[DesignColumn], *, rows: int, scale: Scale) -> Array:
    """Fill a design, row by row alone: the same row gives the same bits in any table.

    Parameters
    ----------
    columns : sequence of TermColumn or Product
        In the order of the design.
    rows : int
        Number of rows.
    scale : callable
        What is taken off and divided by, learnt from the values or known.

    Returns
    -------
    ndarray
        Shape (row, term).
    """
    counts = [len(column.names) for column in columns]
    ends = np.cumsum(counts).tolist()
    matrix = np.empty((rows, sum(counts)))
    coded: dict[str, list[Array]] = {}
    placed = list(zip(columns, ends, counts, strict=True))
    for column, end, count in sorted(placed, key=lambda item: isinstance(item[0], Product)):
        raw = column.raw(coded) if isinstance(column, Product) else column.raw()
        terms = range(end - count, end)
        for term, values in zip(terms, raw, strict=True):
            mean, sd = scale(term, column.kind, values)
            matrix[:, term] = (values - mean) / sd
        if isinstance(column, TermColumn):
            is_number = column.kind in {"numeric", "spline"}
            found = [matrix[:, term] for term in terms] if is_number else list(column.raw())
            coded[column.column] = found
    return matrix
