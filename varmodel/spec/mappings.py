"""Fields of a model that map a text to a text."""

from collections.abc import Mapping
from typing import cast

from varmodel.errors import refuse
from varmodel.spec.parts import bad, deny, is_text, is_texts
from varmodel.spec.terms import column_problems


def read_where_field(name: str, value: object) -> Mapping[str, str]:
    """Read the text that each named column must hold for a row to be read."""
    if not isinstance(value, Mapping):
        deny(name, f"{name} must map a column to its text", value=value)
    problems = [problem for key in value for problem in column_problems(key, f"{name}.{key}")]
    problems += [
        bad(f"{name}.{key}", f"{name} needs the text of the rows that are read", value=text)
        for key, text in value.items()
        if not is_text(text) or not text.strip()
    ]
    refuse(problems)
    return {str(key): cast(str, text) for key, text in value.items()}


def read_successors(name: str, value: object) -> Mapping[str, str]:
    """Read old codes and new ones; none may succeed itself, by however many steps."""
    if not isinstance(value, Mapping):
        deny(name, f"{name} must map a provider's old code to its new one", value=value)
    if not is_texts([*value, *value.values()]):
        deny(name, f"{name} must hold codes of providers, in quotes", value=dict(value))
    found = {str(key): str(text) for key, text in value.items()}
    for old, new in found.items():
        now, steps = new, 1
        while now in found and steps <= len(found):
            now, steps = found[now], steps + 1
        if now in found:
            deny(name, f"{old} succeeds itself", value=f"{old} -> {new}")
    return found
