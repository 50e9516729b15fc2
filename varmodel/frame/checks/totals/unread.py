"""Columns that the model does not read, in the rows of a few providers: what tells them apart.

Rows of one key are added only where they are flows. A register beside another, or the list of one
month-end beside the next, is no such thing, and only a column that nobody named can say so.
"""

import json
import re
from dataclasses import dataclass

import numpy as np

from varmodel.errors import InputError
from varmodel.frame.checks.totals.names import is_aggregate, is_country
from varmodel.frame.coded import Coded, group
from varmodel.frame.reading import Column, Distinct, read_number
from varmodel.frame.reading.numbers import Finding, label
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec
from varmodel.spec.terms import main_terms, term_column
from varmodel.values import Index, Mask

#: So many providers are looked at, and so many rows of theirs.
LOOKED_AT_PROVIDERS, LOOKED_AT_ROWS = 8, 50_000
_SHOWN, _TEXTS = 3, 4
_TIMES = frozenset({"date", "day", "week", "month", "quarter", "year", "period", "time"})


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Some providers' rows with the columns that the model does not read.

    Attributes
    ----------
    distinct : Distinct
        The distinct combinations of these rows.
    stratum : Coded
        Provider, quarter and covariates: what the model tells apart.
    provider : Coded
    """

    distinct: Distinct
    stratum: Coded
    provider: Coded

    def texts(self, name: str) -> list[str]:
        """Give the texts of a column, in order."""
        found = (label(raw) for raw in self.distinct.columns[name].levels)
        return [text for text in found if isinstance(text, str)]

    def held(self, *names: str) -> tuple[Coded, Index]:
        """Give the rows of each stratum with each raw value of some columns, and its stratum."""
        columns = [coded(self.distinct.columns[name]) for name in names]
        groups = group([self.stratum, *columns], len(self.stratum.codes))
        times = np.bincount(groups.codes, weights=self.distinct.count)
        return Coded(times, groups.codes), self.stratum.codes[groups.first]


def coded(column: Column) -> Coded:
    """Take a column's raw levels by their place."""
    return Coded(np.arange(len(column.levels)), column.codes)


def look(spec: ModelSpec, rows: Rows, *, distinct: Distinct, providers: Index) -> Look | None:
    """Read the unread columns of some providers; None where there are none, or no rows to read.

    Parameters
    ----------
    spec : ModelSpec
    rows : Rows
        With their calendar quarter.
    distinct : Distinct
        The table.
    providers : ndarray of int64
        Index of raw levels of the provider's column, those to prefer first; as many are taken as
        stay below the limits.
    """
    column = distinct.columns[spec.provider]
    held = np.bincount(column.codes, distinct.count, minlength=len(column.levels))[providers]
    taken = providers[:LOOKED_AT_PROVIDERS][np.cumsum(held[:LOOKED_AT_PROVIDERS]) <= LOOKED_AT_ROWS]
    if distinct.again is None or not (distinct.unread or spec.period) or not len(taken):
        return None
    wanted = {spec.provider: [column.levels[code] for code in taken.tolist()]}
    try:
        found = distinct.again([*distinct.columns, *distinct.unread], wanted)
    except InputError:  # a column of lists, or one that only another reader can read
        return None
    return Look(found, *_strata(spec, rows, distinct=distinct, found=found))


def telling(spec: ModelSpec, seen: Look) -> list[str]:
    """Name the columns that tell rows of one stratum apart, the most telling first.

    Texts come before whole numbers, which tell by chance, but for a month or a year.
    """
    found: list[tuple[float, int, str]] = []
    for name in (name for name in seen.distinct.columns if name not in _named(spec)):
        times, stratum = seen.held(name)
        several = np.bincount(stratum)[stratum] > 1
        if not several.any() or not (holds_texts(seen, name) or is_time(name)):
            continue
        left = float((times.levels[several] > 1).mean())
        found.append((left, len(seen.distinct.columns[name].levels), name))
    return [name for _, _, name in sorted(found)][:_SHOWN]


def are_copies(seen: Look) -> bool:
    """Tell whether the rows of each stratum are the same in every column."""
    return len(seen.distinct.count) == len(np.unique(seen.stratum.codes))


def holds_texts(seen: Look, name: str) -> bool:
    """Tell a column that holds other texts than numbers."""
    texts = seen.texts(name)
    return any(isinstance(read_number(text, integer=False), Finding) for text in texts)


def words_of(name: str) -> set[str]:
    """Take the name of a column apart: registerDescription, register_description."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = re.findall(r"[a-z]+", apart.casefold())
    return {*words, *(word.removesuffix("s") for word in words)}


def example(seen: Look, name: str) -> str:
    """Write the table of a model file that reads one text: a total, the last date or the first."""
    texts = seen.texts(name)
    called = [text for text in texts if is_aggregate(text) and not is_country(text)]
    text = called[0] if called else texts[-1 if is_time(name) else 0]
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
    return f"[where] {key} = {json.dumps(text, ensure_ascii=False)}"


def show_column(seen: Look, name: str) -> str:
    """Name a column and its first texts."""
    texts = seen.texts(name)
    more = ", ..." if len(texts) > _TEXTS else ""
    return f"{name!r} ({', '.join(texts[:_TEXTS])}{more})"


def typical_providers(spec: ModelSpec, distinct: Distinct) -> Index:
    """Give the providers' raw codes, those of about the median number of rows first."""
    column = distinct.columns[spec.provider]
    held = np.bincount(column.codes, distinct.count, minlength=len(column.levels))
    order = np.argsort(held, kind="stable")
    return order[np.argsort(np.abs(np.arange(len(order)) - (len(order) - 1) // 2), kind="stable")]


def providers_of(spec: ModelSpec, distinct: Distinct, *, wrong: Mask) -> Index:
    """Give the raw codes of the providers of some combinations."""
    return np.unique(distinct.columns[spec.provider].codes[wrong])


def _strata(
    spec: ModelSpec, rows: Rows, *, distinct: Distinct, found: Distinct
) -> tuple[Coded, Coded]:
    """Number provider, quarter and covariates of the rows that were looked at."""
    provider = coded(found.columns[spec.provider])
    keys = [provider, *(coded(found.columns[term_column(t)]) for t in main_terms(spec.terms))]
    if spec.period is not None and rows.quarter is not None:
        raw = distinct.columns[spec.period]
        of_raw = {raw.levels[c]: q for c, q in zip(raw.codes, rows.quarter.codes, strict=True)}
        period = found.columns[spec.period]
        quarter = np.array([of_raw.get(level, 0) for level in period.levels], dtype=np.int64)
        keys.append(Coded(np.arange(len(rows.quarter.levels)), quarter[period.codes]))
    strata = group(keys, len(found.count))
    return Coded(strata.first, strata.codes), provider


def _named(spec: ModelSpec) -> set[str]:
    terms = [term_column(term) for term in main_terms(spec.terms)]
    named = {spec.provider, *spec.response_columns.values(), *terms}
    return {name for name in (*named, spec.provider_name) if name is not None}


def is_time(name: str) -> bool:
    """Tell the name of a column of dates or periods."""
    return bool(words_of(name) & _TIMES)
