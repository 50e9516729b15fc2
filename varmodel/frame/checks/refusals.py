"""A problem of some combinations of a table."""

from collections.abc import Sequence

import numpy as np

from varmodel.errors import Problem
from varmodel.frame.coded import Coded, group
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.values import Mask


def refuse_where(
    distinct: Distinct, columns: Sequence[str], *, wrong: Mask, finding: Finding
) -> list[Problem]:
    """Make one problem of all combinations that are wrong in some columns; none where none is.

    Parameters
    ----------
    distinct : Distinct
        The table.
    columns : sequence of str
        The columns whose raw values make the mistake.
    wrong : ndarray of bool
        Shape (combination,).
    finding : Finding
        Code, message and fix.
    """
    if not wrong.any():
        return []
    wanted = _raw(distinct, columns, rows=wrong)
    return [
        distinct.problem(
            finding.code, finding.message, columns=columns, wanted=wanted, fix=finding.fix
        )
    ]


def _raw(distinct: Distinct, columns: Sequence[str], *, rows: Mask) -> list[tuple[object, ...]]:
    """Give the distinct raw values of some columns in some combinations."""
    held = [distinct.columns[name] for name in columns]
    coded = [Coded(np.empty(len(column.levels)), column.codes[rows]) for column in held]
    first = group(coded, int(rows.sum())).first
    shown = [
        [raw.levels[code] for code in column.codes[first]]
        for raw, column in zip(held, coded, strict=True)
    ]
    return list(zip(*shown, strict=True))
