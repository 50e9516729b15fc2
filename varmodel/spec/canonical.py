"""The canonical content of a model: what it states, in a fixed order, and its hash."""

import hashlib
from dataclasses import MISSING, fields
from typing import Any


def values_of(spec: Any) -> dict[str, Any]:
    """Give all fields of a model by name."""
    return {item.name: getattr(spec, item.name) for item in fields(spec)}


def stated(spec: Any) -> dict[str, Any]:
    """Give the fields that differ from their defaults, and the schema by which they are read.

    A field that a later version adds moves no digest of a model that does not state it.
    """
    defaults = {item.name: item.default for item in fields(spec)} | {"rows": spec.form.rows}
    made = {item.name: item.default_factory for item in fields(spec)}
    defaults |= {name: make() for name, make in made.items() if make is not MISSING}
    values = values_of(spec).items()
    return {name: x for name, x in values if name == "schema" or x != defaults[name]}


def file_tables(spec: Any) -> dict[str, str]:
    """Map each field of a model, or of its class, to its table of the file; '' is the top level."""
    return {item.name: item.metadata.get("table", "") for item in fields(spec)}


def sha256_of(text: str) -> str:
    """Hash a text."""
    return hashlib.sha256(text.encode()).hexdigest()
