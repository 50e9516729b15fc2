"""Rules between the fields of a model."""

from collections.abc import Mapping
from typing import Any, cast

from varmodel.errors import Problem, Where, nearest, show
from varmodel.families import EFFECTS, FAMILIES, FORMS, Form, Parameter, Pooled, Prior
from varmodel.spec.fields import (
    COLUMN_FIELDS,
    REQUIRED,
    RESPONSE_FIELDS,
    missing_key,
    read_fields,
)
from varmodel.spec.parts import bad
from varmodel.spec.terms import (
    Interaction,
    Term,
    absent_factors,
    main_terms,
    term_column,
    term_label,
)

#: Coordinates (log sds, shape of the effects) over which the marginal sampler lays its grid.
MOST_GRIDDED = 3


def form_of(values: Mapping[str, object]) -> Form | None:
    """Find the response form that the named columns make; None where they make none.

    Where several forms take the same columns, it is that of the family.
    """
    given = {name for name in RESPONSE_FIELDS if values.get(name) is not None}
    made = [form for form in FORMS.values() if set(form.columns) == given]
    family = FAMILIES.get(cast(str, values.get("family")))
    own = [form for form in made if family is not None and form in family.forms]
    return next(iter(own + made), None)


def read_model(raw: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    """Read every field, then look at them together where each is right by itself."""
    missing = [missing_key(name, name) for name in REQUIRED if raw.get(name) is None]
    values, problems = read_fields(raw)
    return values, missing + problems or _relation_problems(values)


def _relation_problems(values: Mapping[str, object]) -> list[Problem]:
    found = _form_problems(values) + _effect_problems(values)
    found += _prior_problems(values) + _column_problems(values) + _unit_problems(values)
    if values.get("period_style") is not None and values.get("period") is None:
        found.append(bad("period_style", "period_style is named without a period column"))
    if values.get("value_range") is not None and values.get("value") is None:
        found.append(bad("value_range", "value_range is named without a column value"))
    if values.get("half_counts") and values.get("numerator") is None:
        found.append(bad("half_counts", "half_counts is named without a numerator"))
    return found


def _form_problems(values: Mapping[str, object]) -> list[Problem]:
    form = form_of(values)
    if form is None:
        options = "; ".join(dict.fromkeys(" + ".join(row.columns) for row in FORMS.values()))
        given = [name for name in RESPONSE_FIELDS if values.get(name) is not None]
        message = "exactly one response form must be named"
        named = ", ".join(given) or None
        fix = f"name the columns of one: {options}"
        return [Problem("CONFIG.KEY", message, Where(column="indicator"), fix=fix, value=named)]
    family = FAMILIES.get(cast(str, values.get("family")))
    found = []
    if family is not None and form not in family.forms:
        wanted = " or ".join(" + ".join(row.columns) for row in family.forms)
        message = f"family {family.name} needs {wanted}, not {' + '.join(form.columns)}"
        found.append(bad("family", message))
    if form.name == "published" and values.get("rows") == "records":
        found.append(bad("rows", "published values are one row a provider and period: cells"))
    return found


def _effect_problems(values: Mapping[str, object]) -> list[Problem]:
    """Refuse what the marginal sampler cannot lay a grid over."""
    gridded = [x.name for x in _parameters(values) if x.support.positive]
    effect = cast(str, values.get("effect", "normal"))
    room = MOST_GRIDDED - len(gridded)
    if len(EFFECTS[effect].ranges) <= room:
        return []
    other = [name for name, distribution in EFFECTS.items() if len(distribution.ranges) <= room]
    message = f"effect {effect} has too many parameters beside {' and '.join(gridded)}"
    fix = f"take one of {', '.join(other)}, or give value + standard_error"
    return [bad("effect", message, value=effect, fix=fix)]


def _parameters(values: Mapping[str, object]) -> tuple[Parameter, ...]:
    """List the parameters of the model; none where its response form is not known."""
    form = form_of(values)
    return () if form is None else FAMILIES[cast(str, values["family"])].parameters(form.name)


def _prior_problems(values: Mapping[str, object]) -> list[Problem]:
    priors = cast(Mapping[str, Prior], values.get("priors") or {})
    known = {parameter.name: parameter for parameter in _parameters(values)}
    if not known:
        return []
    found = [
        Problem(
            "CONFIG.KEY",
            f"no parameter {show(name)}{nearest(name, known)}",
            Where(column="priors"),
            fix=f"known: {', '.join(known)}",
        )
        for name in priors
        if name not in known
    ]
    for name, prior in priors.items():
        if name in known and prior.positive != known[name].support.positive:
            message = f"{name} needs a prior on the {known[name].support.line}"
            found.append(bad(f"priors.{name}", message, value=str(prior)))
    return found + [_unstated(name) for name in _without_default(values) if name not in priors]


def _without_default(values: Mapping[str, object]) -> list[str]:
    """Name the parameters whose prior the model must state."""
    family, form = FAMILIES[cast(str, values["family"])], cast(Form, form_of(values)).name
    defaults = family.default_priors(form, Pooled(mean=family.middle, sd=1.0))
    return [x.name for x in family.parameters(form) if x.name not in defaults]


def _unstated(name: str) -> Problem:
    message = f"{name} has no default prior for this response: priors.{name} is required"
    return Problem("CONFIG.KEY", message, Where(column=f"priors.{name}"), fix="state the prior")


def _unit_problems(values: Mapping[str, object]) -> list[Problem]:
    """Refuse a dispersion unit that no dispersion acts on, or that is no part of a provider."""
    family = FAMILIES[cast(str, values["family"])]
    unit = cast(tuple[str, ...], values.get("dispersion_unit") or ())
    if family.adds_up:
        fix = "leave it out, or take beta_binomial or negative_binomial"
        message = f"family {family.name} has no dispersion"
        return [bad("dispersion_unit", message, value=", ".join(unit), fix=fix)] if unit else []
    found = []
    if values.get("half_counts"):
        found.append(bad("half_counts", f"family {family.name} counts whole events only"))
    if unit and values["provider"] not in unit:
        message = "a dispersion unit is a part of a provider: its column must be named"
        found.append(bad("dispersion_unit", message, fix=f"add {values['provider']}"))
    wrong = [values[name] for name in RESPONSE_FIELDS if values.get(name) in unit]
    message = "a column of the response cannot tell units apart"
    return found + [bad("dispersion_unit", message, value=column) for column in wrong]


def _column_problems(values: Mapping[str, object]) -> list[Problem]:
    roles = {name: values[name] for name in (*COLUMN_FIELDS, *RESPONSE_FIELDS) if values.get(name)}
    listed = [values.get(name) or () for name in ("case_mix", "demography")]
    every = [term for terms in listed for term in cast(tuple[Term, ...], terms)]
    terms = [term_column(term) for term in main_terms(every)]
    pairs = [frozenset(term.columns) for term in every if isinstance(term, Interaction)]
    used = [*cast(list[str], list(roles.values())), *terms]
    twice = sorted({column for column in used if used.count(column) > 1})
    found = [bad("columns", "a column can have one role only", value=column) for column in twice]
    if len(set(pairs)) < len(pairs):
        found.append(bad("case_mix", "an interaction stands twice", fix="leave one of them out"))
    return found + [
        bad(
            "case_mix",
            f"interaction {term_label(term)} without {', '.join(lacking)}",
            fix=f"add {', '.join(lacking)} to case_mix or demography",
        )
        for term, lacking in absent_factors(every).items()
    ]
