"""What indicators of a quarter have to do with each other: money they share, money that moves."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from varmodel.batch.quarter.declared.config import Displacement, SharedSaving
from varmodel.errors import Problem, one_of, refuse, show
from varmodel.publish.quarter.identity import kind_of_level
from varmodel.spec import ModelSpec
from varmodel.spec.fields import missing_key, unknown_key
from varmodel.spec.parts import bad, is_text, is_texts
from varmodel.texts import has_unsafe
from varmodel.values import is_number

type Specs = Mapping[str, ModelSpec]

#: Parts that add up to 1 may do so but for rounding.
_ROUNDING = 1e-9
_SHARED = ("name", "indicators", "cost_base")
_DISPLACEMENT = ("from", "to", "delta")


def read_overlaps(entries: Sequence[Mapping[str, Any]], specs: Specs) -> tuple[SharedSaving, ...]:
    """Read each [[shared]]; an indicator is in one at most."""
    problems: list[Problem] = []
    taken: dict[str, str] = {}
    found = []
    for place, entry in enumerate(entries):
        wrong = _shared_problems(entry, f"shared[{place}]", specs, taken)
        problems += wrong
        if not wrong:
            members = tuple(entry["indicators"])
            taken |= dict.fromkeys(members, entry["name"])
            found.append(SharedSaving(entry["name"], members, entry["cost_base"]))
    refuse(problems)
    return tuple(found)


def read_displacement(
    entries: Sequence[Mapping[str, Any]], specs: Specs
) -> tuple[Displacement, ...]:
    """Read each [[displacement]]; of one saving no more than all is displaced."""
    problems: list[Problem] = []
    moved: dict[str, float] = defaultdict(float)
    found = []
    for place, entry in enumerate(entries):
        key = f"displacement[{place}]"
        wrong = _displacement_problems(entry, key, specs)
        if not wrong:
            found.append(Displacement(entry["from"], entry["to"], float(entry["delta"])))
            moved[entry["from"]] += found[-1].delta
            if moved[entry["from"]] > 1 + _ROUNDING:
                message = f"more than all of the saving on {entry['from']} is displaced"
                wrong = [bad(f"{key}.delta", message, value=moved[entry["from"]])]
        problems += wrong
    refuse(problems)
    return tuple(found)


def _shared_problems(
    entry: Mapping[str, Any], key: str, specs: Specs, taken: Mapping[str, str]
) -> list[Problem]:
    problems = _key_problems(entry, _SHARED, key)
    if problems:
        return problems
    title, members, base = (entry[name] for name in _SHARED)
    if not is_text(title) or not title.strip() or has_unsafe(title):
        problems.append(bad(f"{key}.name", "name must be a text", value=title))
    if not is_texts(members) or len(set(members)) < max(2, len(members)):
        message = "indicators must be a list of at least two, each once"
        return [*problems, bad(f"{key}.indicators", message, value=members)]
    for member in (*members, base):
        problems += _unknown(member, key, specs)
    problems += [
        bad(f"{key}.indicators", f"{member} is also in [[shared]] {show(taken[member])}")
        for member in members
        if member in taken
    ]
    return problems or _kind_problems((*members, base), key, specs)


def _kind_problems(names: Sequence[str], key: str, specs: Specs) -> list[Problem]:
    """Refuse indicators of different kinds of providers: none of them shares a cost.

    What a column of providers is called says nothing but where it names a kind; codes tell the
    rest, once tables are read.
    """
    levels = dict.fromkeys(specs[name].provider for name in names)
    kinds = dict.fromkeys(kind for level in levels if (kind := kind_of_level(level)))
    if len(kinds) < 2:
        return []
    message = f"indicators of {' and '.join(f'{kind}s' for kind in kinds)} share no provider's cost"
    return [bad(f"{key}.indicators", message, fix="name indicators of the same providers")]


def _displacement_problems(entry: Mapping[str, Any], key: str, specs: Specs) -> list[Problem]:
    problems = _key_problems(entry, _DISPLACEMENT, key)
    if problems:
        return problems
    source, target, delta = (entry[name] for name in _DISPLACEMENT)
    problems += _unknown(source, f"{key}.from", specs) + _unknown(target, f"{key}.to", specs)
    if not problems and source == target:
        problems.append(bad(f"{key}.to", "a saving is displaced to another indicator"))
    if not is_number(delta) or not 0 <= delta <= 1:
        problems.append(bad(f"{key}.delta", "delta is a share, from 0 to 1", value=delta))
    return problems


def _key_problems(entry: Mapping[str, Any], keys: Sequence[str], place: str) -> list[Problem]:
    unknown = [unknown_key(f"{place}.{x}", x, allowed=keys) for x in entry if x not in keys]
    return unknown + [missing_key(f"{place}.{x}", x) for x in keys if x not in entry]


def _unknown(name: object, key: str, specs: Specs) -> list[Problem]:
    if is_text(name) and name in specs:
        return []
    return [bad(key, f"no indicator of this name: {one_of(name, specs)}", value=name)]
