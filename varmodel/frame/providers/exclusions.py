"""Exclusions: providers that are shown but neither fitted nor ranked."""

import numpy as np

from varmodel.errors import Problem, Where, nearest, refuse, warn
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.coded import Coded, group
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import Exclusion, ModelSpec
from varmodel.values import Mask

VARIES = Finding(
    "CONFIG.VALUE",
    "the column of an exclusion differs within a provider",
    "a provider is excluded whole: give it one value in all its rows",
)


def excluded_providers(spec: ModelSpec, rows: Rows, *, distinct: Distinct) -> dict[int, str]:
    """Say which providers are excluded, and why.

    Returns
    -------
    dict
        Code of the provider -> reasons, joined.
    """
    problems: list[Problem] = []
    reasons: dict[int, list[str]] = {}
    for exclusion, column in zip(spec.exclusions, rows.exclusions, strict=True):
        names = [spec.provider, exclusion.column]
        wrong = _varying(rows.provider, column)
        problems += refuse_where(distinct, names, wrong=wrong, finding=VARIES)
        for code in np.unique(rows.provider.codes[_matches(exclusion, column)]).tolist():
            reasons.setdefault(code, []).append(exclusion.reason)
    refuse(problems)
    for exclusion, column in zip(spec.exclusions, rows.exclusions, strict=True):
        _warn_of_misspelt(exclusion, column)
    return {code: "; ".join(dict.fromkeys(texts)) for code, texts in sorted(reasons.items())}


def _matches(exclusion: Exclusion, column: Coded) -> Mask:
    wanted = np.array([level in exclusion.values for level in column.levels], dtype=bool)
    return np.asarray(wanted[column.codes])


def _varying(provider: Coded, column: Coded) -> Mask:
    """Mark the rows of providers that hold more than one value."""
    first = group((provider, column), len(provider.codes)).first
    values = np.bincount(provider.codes[first], minlength=len(provider.levels))
    return np.asarray(values[provider.codes] > 1)


def _warn_of_misspelt(exclusion: Exclusion, column: Coded) -> None:
    """Warn of a value that no row has where another looks like it."""
    levels = [str(level) for level in column.levels.tolist()]
    for value in sorted(set(exclusion.values) - set(levels)):
        if guess := nearest(value, levels):
            message = f"no row has {value!r}, so it excludes nobody{guess}"
            where = Where(column=exclusion.column)
            fix = "give the value as the table writes it"
            warn(Problem("CONFIG.VALUE", message, where, fix=fix, value=value))
