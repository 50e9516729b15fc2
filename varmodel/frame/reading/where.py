"""Rows that are read: those that hold the texts which the model names, and no others."""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from varmodel.errors import Where, fail, nearest
from varmodel.frame.reading.distinct import Distinct, Finder, FoundRows, combinations_of
from varmodel.frame.reading.levels import Column, Raw, typed
from varmodel.frame.reading.numbers import label
from varmodel.texts import spell

type Only = Mapping[str, Collection[object]]
type Read = Callable[..., Distinct]

_SHOWN = 12


def read_where(read: Read, columns: Sequence[str], *, where: Mapping[str, str]) -> Distinct:
    """Read some columns of the rows that hold a text in each of some others.

    Parameters
    ----------
    read : callable
        Takes columns and ``only``, raw values of some of them, which may leave other rows in.
    columns : sequence of str
    where : mapping of str to str

    Returns
    -------
    Distinct
        It can be asked for other columns of these rows.
    """
    held = _held(read(list(where), only={}), where) if where else {}
    whole = read(list(dict.fromkeys([*columns, *where])), only=held)
    found = _narrow(whole, columns, held) if where else whole
    return replace(found, again=partial(_again, read, held))


def _again(read: Read, held: Only, columns: Sequence[str], only: Only) -> Distinct:
    """Read other columns of the rows with some raw values of others."""
    wanted = {**only, **held}
    whole = read(list(dict.fromkeys([*columns, *wanted])), only=wanted)
    return _narrow(whole, columns, wanted)


def _held(found: Distinct, where: Mapping[str, str]) -> dict[str, tuple[object, ...]]:
    """Give the raw values that are the texts wanted; refuse where no row holds them."""
    held = {
        name: tuple(raw for raw in found.columns[name].levels if text_of(raw) == text)
        for name, text in where.items()
    }
    for name, text in where.items():
        if not held[name]:
            texts = [text_of(raw) for raw in found.columns[name].levels]
            _refuse(name, text, texts, file=found.file)
    if not _mask(found, held).any():
        message = "no row holds all the texts of [where] at once"
        names = ", ".join(where)
        fix = "name texts that stand in one row"
        fail("INPUT.EMPTY", message, where=Where(file=found.file, column=names), fix=fix)
    return held


def _refuse(name: str, text: str, texts: Sequence[str], *, file: str | None) -> None:
    rest = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    message = f"no row has the text {text!r} that [where] names{nearest(text, texts)}"
    fix = f"name one of the column's texts: {', '.join(map(repr, texts[:_SHOWN]))}{rest}"
    fail("INPUT.EMPTY", message, where=Where(file=file, column=name), fix=fix)


def text_of(raw: object) -> str:
    """Give the text of a raw value: as of a label; of a whole number without its point."""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    found = label(raw)
    return found if isinstance(found, str) else "" if raw is None else spell(raw)


def _narrow(whole: Distinct, columns: Sequence[str], held: Only) -> Distinct:
    """Keep the rows with the raw values, and only the levels of the columns that they hold."""
    mask = _mask(whole, held)
    kept = {name: _keep(whole.columns[name], mask) for name in columns}
    names = [*whole.columns, *whole.unread]
    finder = partial(_find, whole.finder, held)
    return combinations_of(kept, whole.count[mask], file=whole.file, finder=finder, header=names)


def _mask(found: Distinct, held: Only) -> npt.NDArray[np.bool_]:
    """Mark the combinations whose raw values are wanted; 1, 1.0, True and "1" are different."""
    mask = np.ones(len(found.count), dtype=np.bool_)
    for name, raws in held.items():
        column, wanted = found.columns[name], set(typed(tuple(raws)))
        marked = np.array([key in wanted for key in typed(column.levels)], dtype=np.bool_)
        mask &= marked[column.codes]
    return mask


def _keep(column: Column, mask: npt.NDArray[np.bool_]) -> Column:
    codes = column.codes[mask]
    used = np.bincount(codes, minlength=len(column.levels)) > 0
    levels = tuple(itertools.compress(column.levels, used.tolist()))
    return Column(levels, (np.cumsum(used) - 1)[codes], column.categorical)


def _find(finder: Finder, held: Only, columns: Sequence[str], wanted: Collection[Raw]) -> FoundRows:
    """Look rows up among those that are read."""
    others = [name for name in held if name not in columns]
    combinations = list(itertools.product(*(held[name] for name in others)))
    wide = [(*raw, *more) for raw in wanted for more in combinations]
    found = finder([*columns, *others], wide)
    return [(place, raw[: len(columns)]) for place, raw in found]
