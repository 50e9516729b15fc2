"""Rules between the fields of a model."""

from collections.abc import Mapping
from typing import Any, cast

from varmodel.errors import Problem, Where, nearest, show
from varmodel.families import FAMILIES, FORMS, Form, Parameter, Pooled, Predictor, Prior
from varmodel.spec.fields import (
    COLUMN_FIELDS,
    REQUIRED,
    RESPONSE_FIELDS,
    YEARLY_STYLES,
    missing_key,
    read_fields,
)
from varmodel.spec.parts import WITHOUT_PEERS, Peers, bad
from varmodel.spec.prices import OwnCost
from varmodel.spec.terms import (
    Interaction,
    Term,
    absent_factors,
    main_terms,
    term_column,
    term_label,
)

#: The predictor of effects that is worked out, not read: the log of a provider's activity.
LOG_VOLUME = "log_volume"
QUARTERS_A_YEAR = 4.0


def form_of(values: Mapping[str, object]) -> Form | None:
    """Find the response form that the named columns make; None where they make none.

    Where several forms take the same columns, it is that of the family.
    """
    given = {name for name in RESPONSE_FIELDS if values.get(name) is not None}
    made = [form for form in FORMS.values() if set(form.columns) == given]
    family = FAMILIES.get(cast(str, values.get("family")))
    own = [form for form in made if family is not None and form in family.forms]
    return next(iter(own + made), None)


def make_predictor(values: Mapping[str, Any], transient: str) -> Predictor:
    """Say what the linear predictor of a model holds, given which transient is taken."""
    return Predictor(
        transient,
        predictors=bool(values.get("effect_predictors") or values.get("within_between")),
        classes=values.get("classes") is not None,
        levels=bool(values.get("levels")),
    )


def periods_a_year(values: Mapping[str, Any]) -> float | None:
    """Give the periods a year: as stated, else by their style; None where nothing is annual."""
    if values["annualise"] is not None or values["period"] is None:
        return cast(float | None, values["annualise"])
    return 1.0 if values["period_style"] in YEARLY_STYLES else QUARTERS_A_YEAR


def read_model(raw: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    """Read every field, then look at them together where each is right by itself."""
    missing = [missing_key(name, name) for name in REQUIRED if raw.get(name) is None]
    values, problems = read_fields(raw)
    return values, missing + problems or _relation_problems(values)


def _relation_problems(values: Mapping[str, object]) -> list[Problem]:
    found = _form_problems(values) + _prior_problems(values)
    found += _column_problems(values) + _unit_problems(values)
    found += _share_problems(values) + _provider_problems(values)
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


def _parameters(values: Mapping[str, object]) -> tuple[Parameter, ...]:
    """List the parameters of the model; none where its response form is not known."""
    form = form_of(values)
    return () if form is None else FAMILIES[cast(str, values["family"])].parameters(form.name)


def _prior_problems(values: Mapping[str, object]) -> list[Problem]:
    priors = cast(Mapping[str, Prior], values.get("priors") or {})
    form = form_of(values)
    if form is None:
        return []
    family, predictor = FAMILIES[cast(str, values["family"])], _fullest(values)
    own = {x.name: x for x in family.parameters(form.name)}
    known = own | {x.name: x for x in predictor.parameters(family, form.name)}
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
        if name in known and prior.support != known[name].support.ends:
            message = f"{name} needs a prior on the {known[name].support.line}"
            found.append(bad(f"priors.{name}", message, value=str(prior)))
    pooled = Pooled(mean=family.middle, sd=1.0)
    held = {**family.default_priors(form.name, pooled), **priors}
    return found + [_unstated(name) for name in own if name not in held]


def _fullest(values: Mapping[str, Any]) -> Predictor:
    """Say what the linear predictor may hold, whatever the table is: "auto" may take anything."""
    transient = cast(str, values.get("transient") or "auto")
    return make_predictor(values, "ar1" if transient == "auto" else transient)


def _unstated(name: str) -> Problem:
    message = f"{name} has no default prior for this response: priors.{name} is required"
    return Problem("CONFIG.KEY", message, Where(column=f"priors.{name}"), fix="state the prior")


def of_providers(values: Mapping[str, Any]) -> list[str]:
    """Name the columns that must be constant within a provider."""
    named = [name for name in values.get("effect_predictors") or () if name != LOG_VOLUME]
    classes = values.get("classes")
    described = [*named, *([classes] if classes else []), *(values.get("levels") or ())]
    peers = benchmark_peers(values.get("peers"))
    price = own_price(values.get("unit_cost"))
    columns = [*(() if peers is None else peers.columns), *([price] if price else [])]
    return described + [x for x in columns if x != LOG_VOLUME and x not in described]


def own_price(cost: object) -> str | None:
    """Name the column of each provider's own price; None where there is one price for all."""
    return cost.column if isinstance(cost, OwnCost) else None


def benchmark_peers(peers: Peers | None) -> Peers | None:
    """Give the peers among whom the benchmark is found; None where it is that of all."""
    return peers if peers is not None and peers.benchmark else None


def has_own_levels(spec: Any) -> bool:
    """Whether each provider has a benchmark of its own: among its peers, or as its like do."""
    conditional = spec.benchmark is not None and spec.benchmark.kind == "conditional"
    return conditional or benchmark_peers(spec.peers) is not None


def shown_columns(peers: Peers | None) -> tuple[str, ...]:
    """Name the columns of a list of providers by which peers are found that are only shown."""
    return () if peers is None or peers.benchmark else peers.columns


def _provider_problems(values: Mapping[str, Any]) -> list[Problem]:
    """Refuse predictors, classes and levels that the model gives nothing to be made of."""
    found = []
    terms = (*(values.get("case_mix") or ()), *(values.get("demography") or ()))
    held = [term_column(term) for term in main_terms(terms)]
    for column in values.get("within_between") or ():
        if column not in held:
            message = "within_between names a column that is no term of the model"
            fix = f"add {column} to case_mix or demography"
            found.append(bad("within_between", message, value=column, fix=fix))
    form = form_of(values)
    if form is not None and form.error and LOG_VOLUME in (values.get("effect_predictors") or ()):
        message = "published values have no activity, so no log_volume"
        found.append(bad("effect_predictors", message, fix="leave it out"))
    if values.get("levels_adjusted") and not (values.get("classes") or values.get("levels")):
        message = "the model has neither classes nor levels whose effects could be left out"
        fix = "name their columns (classes, levels), or leave it out"
        found.append(bad("levels_adjusted", message, value=True, fix=fix))
    peers = values["peers"].columns if values.get("peers") else ()
    if form is not None and form.error and LOG_VOLUME in peers:
        message = "published values have no activity, so no log_volume"
        found.append(bad("peers.columns", message, fix="leave it out"))
    benchmark = values.get("benchmark")
    among = benchmark_peers(values.get("peers")) is not None
    if among and benchmark is not None and benchmark.kind in WITHOUT_PEERS:
        message = f"a benchmark {benchmark.kind} is the same whoever the peers are"
        fix = "take quantile, median, mean or best_m, or benchmark = false under [peers]"
        found.append(bad("peers", message, fix=fix))
    return found


def numbers_of_providers(spec: Any) -> set[str]:
    """Name the columns of providers that may hold numbers: of predictors, peers and prices."""
    peers = set() if spec.peers is None else set(spec.peers.columns)
    price = own_price(spec.unit_cost)
    others = (peers | ({price} if price else set())) - {spec.classes, *spec.levels}
    return {*spec.effect_predictors, *others}


def _share_problems(values: Mapping[str, object]) -> list[Problem]:
    """Refuse a declared share beside a transient, or of effects of another or of several laws."""
    if values.get("transient_share") is None:
        return []
    transient, effect = (cast(str, values.get(name)) for name in ("transient", "effect"))
    if transient not in {None, "auto"}:
        message = f'transient_share beside transient = "{transient}": the share is for one period'
        return [bad("transient_share", message, fix="leave one of them out")]
    if effect not in {None, "normal"}:
        message = f"transient_share needs normal effects, not {effect}"
        return [bad("transient_share", message, fix='take effect = "normal"')]
    if values.get("classes") is not None:
        message = "transient_share beside classes: what passes has one sd, and each class its own"
        return [bad("transient_share", message, fix="name the classes in effect_predictors")]
    return []


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
    used = [*cast(list[str], list(roles.values())), *terms, *of_providers(values)]
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
