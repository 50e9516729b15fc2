"""The design: columns of the terms over the patterns, centred and scaled (methods 2)."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from varmodel.errors import Problem, Where
from varmodel.families.links import Array
from varmodel.frame.coded import Coded
from varmodel.frame.reading.numbers import Finding, number

FACTOR_LIMIT = 100
_DEPENDENT = 1e-7
_BLOCK = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class TermColumn:
    """A column of the design before it is taken apart: one level a pattern.

    Attributes
    ----------
    column : str
        Name in the table.
    kind : {"numeric", "factor", "period"}
        How it enters.
    coded : Coded
        Its level by pattern.
    """

    column: str
    kind: str
    coded: Coded

    @property
    def names(self) -> list[str]:
        """Names of the terms it makes: ``age``, or ``sex[M]`` for each level but the first."""
        if self.kind == "numeric":
            return [self.column]
        head = "period" if self.kind == "period" else self.column
        return [f"{head}[{level}]" for level in self.coded.levels[1:]]

    @property
    def stored(self) -> dict[str, object]:
        """What is kept with the frame: enough to build the same columns on new rows."""
        levels = [] if self.kind == "numeric" else self.coded.levels.tolist()
        return {"column": self.column, "kind": self.kind, "levels": levels}

    def raw(self) -> Iterator[Array]:
        """Give each of its columns, neither centred nor scaled."""
        if self.kind == "numeric":
            yield self.coded.values.astype(np.float64)
            return
        for level in range(1, len(self.coded.levels)):
            yield (self.coded.codes == level).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The design of all patterns.

    Attributes
    ----------
    names : list of str
        Terms, shape (term,).
    matrix : ndarray
        Centred and scaled columns, shape (pattern, term).
    mean, sd : ndarray
        What was taken off and divided by, shape (term,); sd is 1 for levels.
    """

    names: list[str]
    matrix: Array
    mean: Array
    sd: Array


def build_design(columns: Sequence[TermColumn], weight: Array) -> Design:
    """Centre each column at its weighted mean; divide numbers by their weighted sd.

    Parameters
    ----------
    columns : sequence of TermColumn
        Terms in the order of the design.
    weight : ndarray
        Weight of each pattern, summing to 1, shape (pattern,).
    """
    names = [name for column in columns for name in column.names]
    matrix = np.empty((len(weight), len(names)))
    mean, sd = np.zeros(len(names)), np.ones(len(names))
    kinds = [column.kind for column in columns for _ in column.names]
    raw = (values for column in columns for values in column.raw())
    for term, (kind, values) in enumerate(zip(kinds, raw, strict=True)):
        mean[term] = math.fsum((weight * values).tolist())
        matrix[:, term] = values - mean[term]
        if kind == "numeric":
            sd[term] = _weighted_norm(matrix[:, term], weight) or 1.0
            matrix[:, term] /= sd[term]
    return Design(names, matrix, mean, sd)


def constant_problems(columns: Sequence[TermColumn], weight: Array) -> list[Problem]:
    """Refuse a column that holds one value wherever there is any activity."""
    found = []
    for column in columns:
        used = np.unique(column.coded.codes[weight > 0])
        if len(used) < 2 and column.kind != "period":
            value = str(column.coded.levels[used[0]])
            message = f"every ranked provider has the same {column.column}"
            fix = "leave the term out of the model"
            where = Where(column=column.column)
            found.append(Problem("DESIGN.CONSTANT", message, where, fix=fix, value=value))
    return found


def collinear_problems(design: Design, weight: Array) -> list[Problem]:
    """Refuse terms that are a linear combination of others and the intercept."""
    triangle = _triangle(design.matrix, np.sqrt(weight))
    norms = np.sqrt((triangle**2).sum(axis=0))
    terms = np.flatnonzero(norms > 0)
    if not len(terms):
        return []
    _, upper, order = linalg.qr(triangle[:, terms] / norms[terms], mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(upper)) > _DEPENDENT).sum())
    names = [design.names[term] for term in terms[order]]
    shares = linalg.solve_triangular(upper[:rank, :rank], upper[:rank, rank:])
    return [
        _collinear(names[rank + k], [names[i] for i in np.flatnonzero(np.abs(share) > 1e-6)])
        for k, share in enumerate(shares.T)
    ]


def limit_problems(columns: Sequence[TermColumn]) -> list[Problem]:
    """Refuse a factor of more than a hundred levels: a code or a number read as text."""
    return [
        Problem(
            "FORMULA.LIMIT",
            f"factor {column.column} has {len(column.coded.levels)} levels, at most {FACTOR_LIMIT}",
            Where(column=column.column),
            count=len(column.coded.levels),
            fix="band it, or correct the texts that keep it from being a number",
            value=_strange(column.coded.levels),
        )
        for column in columns
        if column.kind == "factor" and len(column.coded.levels) > FACTOR_LIMIT
    ]


def name_problems(columns: Sequence[TermColumn]) -> list[Problem]:
    """Refuse two terms of one name, such as the levels of a factor called period."""
    names = Counter(name for column in columns for name in column.names)
    return [
        Problem("CONFIG.VALUE", f"two terms are called {name}", fix="rename a column", count=times)
        for name, times in names.items()
        if times > 1
    ]


def _strange(levels: npt.NDArray[np.object_]) -> str:
    """Find the first text that keeps a column from being numeric."""
    listed = levels.tolist()
    texts = (text for text in listed if isinstance(number(text, integer=False), Finding))
    return str(next(texts, listed[0]))


def _collinear(term: str, others: list[str]) -> Problem:
    rest = ", ".join(sorted(others)) or "the intercept"
    message = f"{term} is a linear combination of {rest}"
    fix = "leave one of them out of case_mix and demography"
    return Problem("DESIGN.COLLINEAR", message, Where(column=term), fix=fix)


def _weighted_norm(values: Array, weight: Array) -> float:
    """Root of the weighted sum of squares; scaled, so that no square over- or underflows."""
    largest = float(np.abs(values).max(initial=0.0))
    scaled = values / (largest or 1.0)
    return largest * math.sqrt(math.fsum((weight * scaled**2).tolist()))


def _triangle(matrix: Array, root_weight: Array) -> Array:
    """R of the QR decomposition of the weighted columns, block by block of rows."""
    upper = np.empty((0, matrix.shape[1]))
    for start in range(0, len(matrix), _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = matrix[rows] * root_weight[rows, None]
        upper = np.linalg.qr(np.vstack([upper, block]), mode="r")
    return upper
