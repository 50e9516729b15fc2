"""Fields that are texts, or map texts to texts: kind and unit, rows that are read, new codes."""

import re
from collections.abc import Mapping
from typing import cast

from varmodel.errors import one_of, refuse, show
from varmodel.spec.parts import bad, deny, is_text, is_texts
from varmodel.spec.terms import column_problems
from varmodel.texts import has_unsafe

#: Kinds of indicators, in the order of lists.
INDICATOR_GROUPS = (
    *("clinical", "prescribing", "workforce", "procurement"),
    *("mental health", "community"),
)
#: A unit of so many cases: per 1,000.
UNIT_SIZE = re.compile(r"per ([1-9][0-9]*(?:,[0-9]{3})*)")


def read_group(name: str, value: object) -> str:
    """Read the kind of indicator; "" is none."""
    if value != "" and (not isinstance(value, str) or value not in INDICATOR_GROUPS):
        deny(name, f"{name} cannot be {show(value)}; {one_of(value, INDICATOR_GROUPS)}")
    return str(value)


def read_unit(name: str, value: object) -> str:
    """Read the unit in which a page shows a rate: %, per 1,000, days."""
    if not is_text(value) or not value.strip() or has_unsafe(value):
        deny(name, f'{name} must be a text, such as "%", "per 1,000" or "days"', value=value)
    if value.split()[0] == "per" and UNIT_SIZE.fullmatch(value) is None:
        deny(name, f'{name} must name a whole number of cases, such as "per 1,000"', value=value)
    return value


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
