"""A model file: TOML in, TOML out. Reading it evaluates nothing."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any

import tomli_w

from varmodel.errors import Problem, Where, fail
from varmodel.families import Prior
from varmodel.spec.fields import unknown_key
from varmodel.spec.parts import Exclusion, bad
from varmodel.spec.terms import ColumnName, Factor, Interaction, Spline, term_to_toml

_LINE = re.compile(r"at line (\d+)")
_DEEP_KEY = re.compile(r"(?:\.[^.,=\n]*){100}")  # tomllib's time grows with the square of it


def loads(text: str, tables: Mapping[str, str]) -> tuple[dict[str, object], list[Problem]]:
    """Parse a text into flat fields and the problems of keys that are no field."""
    document = parse_text(text)
    raw: dict[str, object] = {}
    problems: list[Problem] = []
    for key, value in document.items():
        if key in tables.values():
            problems += _take(raw, value, key, tables)
        elif tables.get(key) == "":
            raw[key] = value
        else:
            problems.append(_stray("", key, tables))
    return raw, problems


def dumps(values: Mapping[str, object], tables: Mapping[str, str] | None = None) -> str:
    """Write fields in their order, those of a table together; None and empty parts left out."""
    document: dict[str, Any] = {}
    for name, value in values.items():
        plain = {"value": value} if name == "unit_cost" and _is_price(value) else _plain(value)
        if plain is None or plain in ({}, []):
            continue
        table = (tables or {}).get(name, "")
        place = document.setdefault(table, {}) if table else document
        place[name] = plain
    return tomli_w.dumps(document)


def parse_text(text: str) -> dict[str, object]:
    """Parse TOML, or refuse it with its line (CONFIG.PARSE)."""
    if not isinstance(text, str):
        fail("CONFIG.VALUE", f"a model is read from a text, not from {type(text).__name__}")
    if _DEEP_KEY.search(text):
        fail("CONFIG.PARSE", "a key of more than 100 parts", fix="write a model's own keys")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number too long, tables too deep
        found = _LINE.search(str(error))
        where = Where(lines=(int(found.group(1)),) if found else ())
        fail("CONFIG.PARSE", f"not valid TOML: {error}", where=where, fix="mend the line")


def _take(
    raw: dict[str, object], value: object, table: str, tables: Mapping[str, str]
) -> list[Problem]:
    if not isinstance(value, Mapping):
        return [bad(table, f"[{table}] must be a table")]
    raw |= {key: item for key, item in value.items() if key in tables}  # a stray one is read too
    return [_stray(table, key, tables) for key in value if tables.get(key) != table]


def _stray(table: str, key: str, tables: Mapping[str, str]) -> Problem:
    """Say of a key that does not belong where it stands: unknown, or of another table."""
    place = f"{table}.{key}" if table else key
    if key not in tables:
        allowed = [name for name, home in tables.items() if home == table]
        return unknown_key(place, key, allowed=allowed if table else [*allowed, *tables.values()])
    home = f"in [{tables[key]}]" if tables[key] else "at the top level"
    message = f"{key!r} belongs {home}"
    return Problem("CONFIG.KEY", message, Where(column=place), fix=f"put it {home}")


def _is_price(value: object) -> bool:
    return isinstance(value, int | float)


def _fields(part: Any) -> Iterator[tuple[Field[Any], object]]:
    return ((item, getattr(part, item.name)) for item in fields(part))


def _plain(value: object) -> object:
    if isinstance(value, Prior):
        return {"dist": value.dist, **dict(value.parameters)}
    if isinstance(value, Factor | Spline | Interaction | ColumnName):
        return term_to_toml(value)
    if isinstance(value, tuple) and value and isinstance(value[0], Exclusion):
        return {item.column: {"values": list(item.values), "reason": item.reason} for item in value}
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({item.name: x for item, x in _fields(value) if x != item.default})
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item not in (None, ())}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
