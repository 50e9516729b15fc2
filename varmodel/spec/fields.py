"""Reading one field of a model: a rule a field, and every problem of all fields at once."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, fields, replace
from typing import Any, cast

from varmodel.errors import Problem, SpecError, Where, fail, nearest, one_of, refuse, show
from varmodel.families import EFFECTS, FAMILIES, TRANSIENT_PARAMETERS, Prior
from varmodel.spec.parts import (
    A_TEXT,
    Benchmark,
    Exclusion,
    Nil,
    Peers,
    Review,
    deny,
    is_text,
    is_texts,
)
from varmodel.spec.prices import LognormalCost, OwnCost, Price, UnitCost
from varmodel.spec.share import TransientShare
from varmodel.spec.terms import TERM_LIMIT, Term, as_term, column_problems
from varmodel.spec.text_fields import read_group, read_successors, read_unit, read_where_field
from varmodel.texts import has_unsafe
from varmodel.values import is_number

MODEL_SCHEMA = 1
#: Styles of periods that are years.
YEARLY_STYLES = ("year", "financial_year")
VOCABULARIES: dict[str, Collection[str]] = {
    "status": ("draft", "published", "archived"),
    "period_style": (
        *("quarter", "financial_quarter", "date", "month"),
        *YEARLY_STYLES,
    ),
    "rows": ("cells", "records"),
    "better": ("higher", "lower", "neither"),
    "family": FAMILIES,
    "effect": EFFECTS,
    "transient": ("auto", *TRANSIENT_PARAMETERS),
}
COLUMN_FIELDS = ("provider", "provider_name", "period")
RESPONSE_FIELDS = ("numerator", "denominator", "expected", "exposure", "value", "standard_error")
TEXT_FIELDS = ("name", "title", "why_it_matters")
REQUIRED = ("name", "provider", "better", "family")
OPTIONAL = (
    "unit",
    *("provider_name", "period", "period_style", "rows", "benchmark", "peers", "unit_cost"),
    *("annualise", "value_range", "transient_share", "classes"),
    *RESPONSE_FIELDS,
)
_PRICES = ("low", "mode", "high")

type FieldRule = Callable[[str, object], object]


def read_fields(raw: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    """Turn raw fields into a model's values; None stays None where a field may be missing.

    Returns
    -------
    tuple
        The values that could be read, and the problems of those that could not.
    """
    values: dict[str, Any] = {name: None for name, value in raw.items() if value is None}
    given = [
        (name, value)
        for name, value in raw.items()
        if value is not None or name not in OPTIONAL + REQUIRED
    ]
    read, problems = _read_each(given, lambda name, value: (name, _RULES[name](name, value)))
    return values | dict(cast(list[tuple[str, object]], read)), problems


def _read_each(
    items: Iterable[tuple[str, object]], rule: FieldRule
) -> tuple[list[object], list[Problem]]:
    """Read (place, value) pairs; give what could be read and all problems, each with a place."""
    read: list[object] = []
    problems: list[Problem] = []
    for place, value in items:
        try:
            read.append(rule(place, value))
        except SpecError as error:
            problems += [_placed(problem, place) for problem in error.problems]
    return read, problems


def _placed(problem: Problem, place: str) -> Problem:
    if problem.where.column is not None:
        return problem
    return replace(problem, where=replace(problem.where, column=place))


def _all(items: Iterable[tuple[str, object]], rule: FieldRule) -> list[object]:
    read, problems = _read_each(items, rule)
    refuse(problems)
    return read


def _schema(name: str, value: object) -> int:
    if type(value) is not int or value != MODEL_SCHEMA:
        deny(name, f"schema must be {MODEL_SCHEMA}", value=value)
    return MODEL_SCHEMA


def _text(name: str, value: object) -> str:
    """Read a text; name and title stand in one line."""
    plain = is_text(value) and not (name in {"name", "title"} and has_unsafe(value))
    if not plain or (name == "name" and not str(value).strip()):
        deny(name, f"{name} must be {A_TEXT}", value=value)
    return cast(str, value)


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not is_texts(value):
        deny(name, f"{name} must be a list of texts", value=value)
    return tuple(value)


def _column(name: str, value: object) -> str:
    refuse(column_problems(value, name))
    return cast(str, value)


def _columns(name: str, value: object) -> tuple[str, ...]:
    """Read names of columns, each once."""
    if not is_texts(value) or len(set(value)) < len(value):
        deny(name, f"{name} must be a list of different columns", value=value)
    refuse(problem for column in value for problem in column_problems(column, name))
    return tuple(value)


def _word(name: str, value: object) -> str:
    allowed = VOCABULARIES[name]
    if not isinstance(value, str) or value not in allowed:
        deny(name, f"{name} cannot be {show(value)}; {one_of(value, allowed)}")
    return value


def _positive(name: str, value: object) -> float:
    if not is_number(value) or value <= 0:
        deny(name, f"{name} must be a positive number", value=value)
    return float(value)


def _yes_or_no(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        deny(name, f"{name} must be true or false", value=value)
    return value


def _interval(name: str, value: object) -> tuple[float, float]:
    """Read [low, high]."""
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    if len(pair) != 2 or not all(map(is_number, pair)) or not pair[0] < pair[1]:
        deny(name, f"{name} must be two numbers [low, high], the lower first", value=value)
    return float(pair[0]), float(pair[1])


def _terms(name: str, value: object) -> tuple[Term, ...]:
    if not isinstance(value, list | tuple):
        deny(name, f"{name} must be a list of terms", value=value)
    if len(value) > TERM_LIMIT:
        message = f"{name} has {len(value)} terms, at most {TERM_LIMIT}"
        fail("FORMULA.LIMIT", message, where=Where(column=name), fix="join columns or levels")
    return tuple(cast(list[Term], _all([(name, item) for item in value], as_term)))


def _exclusions(name: str, value: object) -> tuple[Exclusion, ...]:
    if isinstance(value, Mapping):
        tables = [(str(key), item) for key, item in value.items()]
        value = _all(tables, lambda key, item: _part(f"{name}.{key}", item, Exclusion, column=key))
    if not isinstance(value, list | tuple) or not all(isinstance(v, Exclusion) for v in value):
        deny(name, f"{name} must hold vm.Exclusion(column, values, reason)", value=value)
    if len({item.column for item in value}) < len(value):
        deny(name, "one exclusion a column: join their values")
    return tuple(value)


def _priors(name: str, value: object) -> Mapping[str, Prior]:
    if not isinstance(value, Mapping):
        deny(name, f"{name} must map a parameter to a prior", value=value)
    read = _all([(f"{name}.{key}", item) for key, item in value.items()], _prior)
    return dict(zip(map(str, value), cast(list[Prior], read), strict=True))


def _prior(name: str, value: object) -> Prior:
    if isinstance(value, Prior):
        return value
    if not isinstance(value, Mapping) or "dist" not in value:
        deny(name, f"{name} needs dist and its parameters", value=value)
    return Prior(**{str(key): item for key, item in value.items()})


def _unit_cost(name: str, value: object) -> float | Price:
    if is_number(value):
        return UnitCost(value, value, value).low
    if not isinstance(value, Mapping | UnitCost | LognormalCost | OwnCost):
        deny(name, f"{name} must be a finite number, vm.UnitCost or a table", value=value)
    if isinstance(value, OwnCost) or (isinstance(value, Mapping) and "column" in value):
        return cast(OwnCost, _part(name, value, OwnCost))
    if isinstance(value, LognormalCost) or (
        isinstance(value, Mapping) and ("mean" in value or "sd" in value)
    ):
        return cast(LognormalCost, _part(name, value, LognormalCost))
    if isinstance(value, Mapping) and "value" in value:
        if both := [key for key in _PRICES if key in value]:
            message = f"a price is one value, or {', '.join(_PRICES)}"
            where = Where(column=f"{name}.{both[0]}")
            fail("CONFIG.KEY", message, where=where, fix="remove the one or the others")
        rest = {key: item for key, item in value.items() if key != "value"}
        price = value["value"]
        value = rest | dict.fromkeys(_PRICES, price)
        if not rest and is_number(price):
            return _unit_cost(name, price)
    return cast(UnitCost, _part(name, value, UnitCost))


def _share(name: str, value: object) -> object:
    if not isinstance(value, Mapping | TransientShare):
        deny(name, f"{name} must be a table of mean and sd", value=value)
    return _part(name, value, TransientShare)


def _part(name: str, value: object, kind: type, **given: object) -> object:
    """Read a part of the model: itself, or a table of its fields."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, Mapping):
        deny(name, f"{name} must be vm.{kind.__name__} or a table", value=value)
    allowed = [item for item in fields(kind) if item.name not in given]
    names = [item.name for item in allowed]
    problems = [
        unknown_key(f"{name}.{key}", key, allowed=names) for key in value if key not in names
    ]
    problems += [
        missing_key(f"{name}.{item.name}", item.name)
        for item in allowed
        if item.name not in value and _must_be_given(item)
    ]
    refuse(problems)
    return kind(**value, **given)


def _must_be_given(item: Field[Any]) -> bool:
    absent = item.default is MISSING and item.default_factory is MISSING
    return absent or item.metadata.get("required", False)


def unknown_key(place: str, key: object, *, allowed: Iterable[str]) -> Problem:
    """Make a CONFIG.KEY problem that names the nearest key."""
    message = f"unknown key {show(key)}{nearest(key, allowed)}"
    return Problem("CONFIG.KEY", message, Where(column=place), fix="remove it or correct its name")


def missing_key(place: str, key: str) -> Problem:
    """Make a CONFIG.KEY problem of a key that must be given."""
    return Problem("CONFIG.KEY", f"{key} is required", Where(column=place), fix=f"add {key}")


_RULES: dict[str, FieldRule] = {
    "schema": _schema,
    **dict.fromkeys(TEXT_FIELDS, _text),
    **dict.fromkeys(COLUMN_FIELDS + RESPONSE_FIELDS, _column),
    **dict.fromkeys(VOCABULARIES, _word),
    "group": read_group,
    "annualise": _positive,
    "transient_share": _share,
    "unit": read_unit,
    "value_range": _interval,
    "half_counts": _yes_or_no,
    "not_aggregates": _texts,
    "where": read_where_field,
    "successors": read_successors,
    "caveats": _texts,
    **dict.fromkeys(("dispersion_unit", "effect_predictors", "within_between", "levels"), _columns),
    "classes": _column,
    "levels_adjusted": _yes_or_no,
    "exclusions": _exclusions,
    "case_mix": _terms,
    "demography": _terms,
    "priors": _priors,
    "benchmark": lambda name, value: _part(name, value, Benchmark),
    "peers": lambda name, value: _part(name, value, Peers),
    "unit_cost": _unit_cost,
    "nil": lambda name, value: _part(name, value, Nil),
    "review": lambda name, value: _part(name, value, Review),
}
