"""A quarter's configuration: TOML of a closed vocabulary in, a QuarterConfig out."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from varmodel.batch.quarter.declared.config import CONFIG_SCHEMA, QuarterConfig, QuarterIndicator
from varmodel.batch.quarter.declared.links import read_displacement, read_overlaps
from varmodel.batch.quarter.declared.providers import read_list_figures, read_register
from varmodel.errors import Problem, SpecError, VarmodelError, Where, fail, refuse, show
from varmodel.estimands.money.peers import same_in_table
from varmodel.publish.disclosure.policies import DEFAULT_POLICY, policy_of
from varmodel.spec import ModelSpec, list_models, load_model
from varmodel.spec.fields import missing_key, unknown_key
from varmodel.spec.files import NamedFile, check_regular_file, reading, refuse_unsafe_path
from varmodel.spec.library import in_file, read_text
from varmodel.spec.parts import A_TEXT, bad, deny, is_text
from varmodel.spec.rules import shown_columns
from varmodel.spec.toml import parse_text
from varmodel.texts import has_unsafe
from varmodel.values import is_number

_TOP = (
    *("schema", "title", "disclosure", "providers", "cost_of_acting"),
    *("indicator", "shared", "displacement"),
)
_REQUIRED = ("schema", "title", "indicator")
_OF_INDICATOR = ("model", "table", "cost_of_acting")
#: A unit is a folder of this name, a page a file: the same on every system.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")

type Entries = list[Mapping[str, Any]]


def read_config(path: str | os.PathLike[str]) -> QuarterConfig:
    """Read a quarter's configuration and the models it names; look for its tables.

    Parameters
    ----------
    path : str or path-like
        A TOML file. Paths in it are relative to its folder, and lead to files in it or below.

    Returns
    -------
    QuarterConfig

    Raises
    ------
    SpecError
        CONFIG.PARSE; CONFIG.KEY for a key that is unknown or missing; CONFIG.VALUE for a value
        that is not allowed, an indicator named twice, an unknown one; CONFIG.UNSAFE for a path
        out of the folder; all that :func:`varmodel.load_model` raises.
    InputError
        INPUT.NOT_FOUND, INPUT.UNSAFE_PATH for tables; all that a list of providers is refused for.
    """
    file = check_regular_file(path)
    with reading(str(file)):
        text = read_text(file)
    try:
        return _read(parse_text(text), file.parent)
    except SpecError as error:
        raise in_file(error, file) if _is_bare(error) else error from None


def _is_bare(error: SpecError) -> bool:
    """Whether no file is named yet: the problems of a model name the model's."""
    return all(problem.where.file is None for problem in error.problems)


def _read(document: Mapping[str, Any], folder: Path) -> QuarterConfig:
    refuse(_key_problems(document))
    problems: list[Problem] = []
    general = _cost(document, "", problems)
    title = _collected(lambda: _title(document["title"]), problems)
    policy = _collected(
        lambda: policy_of(document.get("disclosure", DEFAULT_POLICY)).name, problems
    )
    names, classes = _collected(lambda: _providers(document, folder), problems) or ({}, {})
    indicators = []
    for place, entry in enumerate(_tables(document, "indicator")):
        read = partial(_indicator, entry, place, folder=folder, general=general)
        found = _collected(read, problems)
        indicators += [found] if found else []
    problems += _twice(indicators)
    refuse(problems)
    indicators = _described(indicators, document, folder)
    specs = {x.name: x.spec for x in indicators}
    return QuarterConfig(
        title=title,
        indicators=tuple(indicators),
        disclosure=policy,
        names=names,
        classes=classes,
        shared=read_overlaps(_tables(document, "shared"), specs),
        displacement=read_displacement(_tables(document, "displacement"), specs),
    )


def _collected(read: Callable[[], Any], problems: list[Problem]) -> Any:
    """Read a part; what is wrong with it is told with the rest."""
    try:
        return read()
    except VarmodelError as error:
        problems += error.problems
        return None


def _key_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Say which keys are unknown, missing or of the wrong kind."""
    found = [unknown_key(key, key, allowed=_TOP) for key in document if key not in _TOP]
    found += [missing_key(key, key) for key in _REQUIRED if key not in document]
    if document.get("schema", CONFIG_SCHEMA) != CONFIG_SCHEMA:
        message = f"schema must be {CONFIG_SCHEMA}"
        found.append(bad("schema", message, value=document["schema"]))
    for key in ("indicator", "shared", "displacement"):
        tables = document.get(key, [{}])
        if not isinstance(tables, list) or not all(isinstance(x, Mapping) for x in tables):
            found.append(bad(key, f"write each {key} as a table headed [[{key}]]"))
    if document.get("indicator") == []:
        found.append(bad("indicator", "no indicator is named", fix="add [[indicator]]"))
    return found


def _tables(document: Mapping[str, Any], key: str) -> Entries:
    return list(document.get(key, []))


def _title(value: object) -> str:
    if not is_text(value) or not value.strip() or has_unsafe(value):
        deny("title", f"title must be {A_TEXT}", value=value)
    return value


def _cost(table: Mapping[str, Any], place: str, problems: list[Problem]) -> float | None:
    value = table.get("cost_of_acting")
    if value is None:
        return None
    if not is_number(value) or value < 0:
        message = "cost_of_acting must be a number of at least 0"
        problems.append(bad(f"{place}cost_of_acting", message, value=value))
        return None
    return float(value)


def _providers(
    document: Mapping[str, Any], folder: Path
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    named = document.get("providers")
    return ({}, {}) if named is None else read_register(_find(folder, named, key="providers"))


def _described(
    indicators: Iterable[QuarterIndicator], document: Mapping[str, Any], folder: Path
) -> list[QuarterIndicator]:
    """Give each indicator what the list of providers says by which it finds those alike."""
    held, named = list(indicators), document.get("providers")
    wanted = {x.name: shown_columns(x.spec.peers) for x in held}
    columns = sorted({name for names in wanted.values() for name in names})
    if named is None or not columns:
        return held
    file = _find(folder, named, key="providers")
    told = read_list_figures(file, columns)
    found = [
        replace(x, described={name: told[name] for name in wanted[x.name] if name in told})
        for x in held
    ]
    refuse(list(_alike_problems(found, file)))
    return found


def _alike_problems(indicators: Iterable[QuarterIndicator], file: NamedFile) -> Iterator[Problem]:
    """Refuse columns by which no provider could be told from another, before a fit is made."""
    for columns in dict.fromkeys(tuple(x.described) for x in indicators if x.described):
        figures = next(x.described for x in indicators if tuple(x.described) == columns)
        if same_in_table(pd.DataFrame({k: pd.Series(v, dtype=float) for k, v in figures.items()})):
            message = f"the columns {', '.join(columns)} say the same of all providers of the list"
            where = Where(file=file.name, column=columns[-1])
            fix = "leave one of them out of the models' [peers], or correct the list"
            yield Problem("CONFIG.VALUE", message, where, fix=fix)


def _indicator(
    entry: Mapping[str, Any], place: int, *, folder: Path, general: float | None
) -> QuarterIndicator:
    """Read one [[indicator]]; ``general`` is the cost of acting where it states none."""
    key = f"indicator[{place}]."
    problems = [
        unknown_key(f"{key}{name}", name, allowed=_OF_INDICATOR)
        for name in entry
        if name not in _OF_INDICATOR
    ]
    problems += [missing_key(f"{key}{x}", x) for x in _OF_INDICATOR[:2] if x not in entry]
    cost = _cost(entry, key, problems)
    refuse(problems)
    spec = _collected(lambda: _model(entry["model"], folder, key=f"{key}model"), problems)
    table = _collected(lambda: _find(folder, entry["table"], key=f"{key}table"), problems)
    refuse(problems)
    return QuarterIndicator(
        spec=spec,
        table=table.path,
        shown=table.name,
        cost_of_acting=general if cost is None else cost,
    )


def _model(value: object, folder: Path, *, key: str) -> ModelSpec:
    """Load a model of the library by its name, or of a file in the folder."""
    if not is_text(value):
        deny(key, "model must be a name of the library or a path", value=value)
    is_name = value in list_models() or not value.endswith(".toml")
    spec = load_model(value if is_name else _find(folder, value, key=key).path)
    if _NAME.fullmatch(spec.name) is None:
        message = "a model of a quarter has a name of letters, digits, _ and -"
        deny(key, message, value=spec.name)
    return spec


def _find(folder: Path, value: object, *, key: str) -> NamedFile:
    """Find a file that the configuration names, in its folder or below."""
    if not is_text(value) or not value.strip():
        deny(key, "a file is named by a text", value=value)
    path = folder / refuse_unsafe_path(value)
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        message = f"{key} leads out of the configuration's folder: {show(value)}"
        fail("CONFIG.UNSAFE", message, fix="put the file into the folder, or below")
    found = NamedFile(path, value)
    check_regular_file(found)
    return found


def _twice(indicators: Iterable[QuarterIndicator]) -> list[Problem]:
    """Refuse two indicators of one name, letters of either case being one on some systems."""
    seen: dict[str, str] = {}
    found = []
    for indicator in indicators:
        name = indicator.name
        if name.casefold() in seen:
            message = "two indicators have the name of one model"
            fix = "copy the model, and give the copy a name of its own"
            found.append(bad("indicator", message, value=name, fix=fix))
        seen[name.casefold()] = name
    return found
