"""The design: columns of the terms over the patterns, centred and scaled (methods 2)."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from varmodel.errors import Problem, Where
from varmodel.frame.design.terms import DesignColumn, Product, TermColumn, fill_design, term_names
from varmodel.frame.reading.numbers import Finding, read_number
from varmodel.numerics.sums import exact_sum
from varmodel.values import Array

FACTOR_LIMIT = 100
_DEPENDENT = 1e-7
_BLOCK = 65_536


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
        What was taken off and divided by, shape (term,); sd is 1 for all but plain numbers.
    """

    names: list[str]
    matrix: Array
    mean: Array
    sd: Array


def build_design(columns: Sequence[DesignColumn], weight: Array) -> Design:
    """Centre each column at its weighted mean; divide numbers by their weighted sd.

    Parameters
    ----------
    columns : sequence of TermColumn or Product
        Terms in the order of the design.
    weight : ndarray
        Weight of each pattern, summing to 1, shape (pattern,).
    """
    names = term_names(columns)
    mean, sd = np.zeros(len(names)), np.ones(len(names))

    def _learn(term: int, kind: str, values: Array) -> tuple[float, float]:
        mean[term] = exact_sum(weight * values)
        if kind == "numeric":
            sd[term] = _weighted_norm(values - mean[term], weight) or 1.0
        return mean[term], sd[term]

    return Design(names, fill_design(columns, rows=len(weight), scale=_learn), mean, sd)


def constant_problems(columns: Sequence[DesignColumn], weight: Array) -> list[Problem]:
    """Refuse a column that holds one value wherever there is any activity."""
    found = []
    for column in _read(columns):
        used = np.flatnonzero(np.bincount(column.coded.codes[weight > 0]))
        if len(used) < 2 and column.kind != "period":
            value = str(column.coded.levels[used[0]])
            message = f"every ranked provider has the same {column.column}"
            fix = "leave the term out of the model"
            where = Where(column=column.column)
            found.append(Problem("DESIGN.CONSTANT", message, where, fix=fix, value=value))
    return found


def curve_problems(columns: Sequence[DesignColumn], weight: Array) -> list[Problem]:
    """Refuse a spline of more columns than its numbers can tell apart."""
    found = []
    for column in _read(columns):
        if column.kind == "spline" and column.curve is None:
            count = np.count_nonzero(np.bincount(column.coded.codes[weight > 0]))
            message = f"{column.column} has {count} different numbers: too few for its spline"
            fix = "take a spline of fewer columns, the plain column, or a factor"
            where = Where(column=column.column)
            found.append(Problem("DESIGN.COLLINEAR", message, where, fix=fix))
    return found


def collinear_problems(design: Design, weight: Array) -> list[Problem]:
    """Refuse terms that are a linear combination of others and the intercept."""
    from scipy import linalg

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


def rank_of(matrix: Array, root_weight: Array) -> int:
    """Count the independent columns of a weighted matrix, whose columns are of length 1 or less."""
    upper = _triangle(matrix, root_weight)
    return int((np.linalg.svd(upper, compute_uv=False) > _DEPENDENT).sum())


def empty_problems(
    columns: Sequence[DesignColumn], design: Design, *, weight: Array
) -> list[Problem]:
    """Refuse products that are 0 wherever there is any activity: levels that never meet."""
    products = {name for column in columns if isinstance(column, Product) for name in column.names}
    used = (design.matrix[weight > 0] != 0).any(axis=0)
    return [
        Problem(
            "DESIGN.COLLINEAR",
            f"no case of any ranked provider is in {name}",
            Where(column=name),
            fix="join levels until each combination has cases, or leave the interaction out",
        )
        for name, held in zip(design.names, used.tolist(), strict=True)
        if name in products and not held
    ]


def limit_problems(columns: Sequence[DesignColumn]) -> list[Problem]:
    """Refuse a factor, or an interaction, of more than a hundred levels."""
    return _product_limits(columns) + [
        Problem(
            "FORMULA.LIMIT",
            f"factor {column.column} has {len(column.coded.levels)} levels, at most {FACTOR_LIMIT}",
            Where(column=column.column),
            count=len(column.coded.levels),
            fix="band it, or correct the texts that keep it from being a number",
            value=_strange(column.coded.levels),
        )
        for column in _read(columns)
        if column.kind == "factor" and len(column.coded.levels) > FACTOR_LIMIT
    ]


def _product_limits(columns: Sequence[DesignColumn]) -> list[Problem]:
    found = []
    for column in columns:
        parts = column.parts if isinstance(column, Product) else ()
        count = math.prod(len(part.names) for part in parts)
        if parts and count > FACTOR_LIMIT:
            message = f"interaction {column.column} has {count} terms, at most {FACTOR_LIMIT}"
            where = Where(column=column.column)
            fix = "join levels of its columns"
            found.append(Problem("FORMULA.LIMIT", message, where, count=count, fix=fix))
    return found


def _read(columns: Sequence[DesignColumn]) -> list[TermColumn]:
    """Leave out products: they read no column of their own."""
    return [column for column in columns if isinstance(column, TermColumn)]


def name_problems(columns: Sequence[DesignColumn]) -> list[Problem]:
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
    texts = (text for text in listed if isinstance(read_number(text, integer=False), Finding))
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
    return largest * math.sqrt(exact_sum(weight * scaled**2))


def _triangle(matrix: Array, root_weight: Array) -> Array:
    """R of the QR decomposition of the weighted columns, block by block of rows."""
    upper = np.empty((0, matrix.shape[1]))
    for start in range(0, len(matrix), _BLOCK):
        rows = slice(start, start + _BLOCK)
        block = matrix[rows] * root_weight[rows, None]
        upper = np.linalg.qr(np.vstack([upper, block]), mode="r")
    return upper
