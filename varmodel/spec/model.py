"""The model: all that fixes a published number, frozen."""

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self, cast

from varmodel.errors import Problem, refuse
from varmodel.families import FAMILIES, Family, Form, Prior
from varmodel.spec import toml
from varmodel.spec.fields import MODEL_SCHEMA, unknown_key
from varmodel.spec.parts import Benchmark, Exclusion, Nil, Review, UnitCost
from varmodel.spec.rules import form_of, read_model
from varmodel.spec.shown import facts_html, facts_of, facts_text
from varmodel.spec.terms import Term

#: Fields that change what is published, not what is fitted; the draws depend on all others.
PUBLISHED_FIELDS = (
    *("name", "title", "status", "provider_name", "better", "annualise", "why_it_matters"),
    *("caveats", "benchmark", "unit_cost", "nil", "review"),
)
QUARTERS_A_YEAR = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """An indicator model: what is measured, how it is modelled, what it is compared with.

    Fields are the leaf keys of a model file's [indicator] and [model] tables, and one field for
    each other table (docs/reference.md lists them). Change one with :meth:`replace`.

    Parameters
    ----------
    name, title, status : str
        Identity; status is "draft", "published" or "archived".
    provider, provider_name, period : str
        Columns of the table; the last two optional.
    period_style : {"quarter", "financial_quarter", "date", "month"}, optional
        How the period column is written, where its texts leave a doubt.
    rows : {"cells", "records"}, optional
        Whether a (provider, period, stratum) stands once or equal keys are added. By default
        "cells" where a denominator, expected, exposure or standard error is named.
    numerator, denominator, expected, exposure, value, standard_error : str
        Columns of exactly one response form.
    value_range : pair of float, optional
        Lowest and highest number that the column ``value`` can sensibly hold; one beyond them is
        refused.
    half_counts : bool
        Whether counts may be multiples of .5, as where two providers share a patient.
    better : {"higher", "lower", "neither"}
        Which direction is good; "neither" refuses ranks and savings.
    annualise : float, optional
        Periods a year: the factor from one period's saving to a year's. By default 4 where a
        period is named (quarters), else none: then nothing is called annual.
    why_it_matters : str
    caveats : sequence of str
    not_aggregates : sequence of str
        Labels of real providers or levels that look like totals, such as a trust called UK.
    where : mapping of str to str
        Column -> text: only rows that hold it are read, as from a file of many measures.
    exclusions : sequence of Exclusion
    family : str
        "binomial", "beta_binomial", "poisson", "negative_binomial", "normal", "lognormal" or
        "gamma". It also says how a column ``value`` is read.
    case_mix, demography : sequence of str, Factor, Spline or Interaction
        Terms that are adjusted for; they enter the model alike.
    effect : {"normal", "student_t", "mixture", "flexible"}
        Law of the provider effects.
    dispersion_unit : sequence of str
        Columns that name the row of over-dispersed counts (beta_binomial, negative_binomial) that
        has a rate of its own; the provider's is one of them. By default the provider's and the
        period's. Rows are added up to it and no further.
    priors : mapping of str to Prior
        Departures from the family's defaults: intercept, coefficients, provider_sd and the
        family's own parameter (residual_sd, dispersion).
    benchmark : Benchmark, optional
    unit_cost : float or UnitCost, optional
    nil : Nil
    review : Review

    Raises
    ------
    SpecError
        CONFIG.KEY, CONFIG.VALUE, FORMULA.UNSAFE, FORMULA.LIMIT; all problems at once.
    """

    schema: int = MODEL_SCHEMA
    name: str
    title: str = ""
    status: str = "draft"
    provider: str = field(metadata={"table": "indicator"})
    provider_name: str | None = field(default=None, metadata={"table": "indicator"})
    period: str | None = field(default=None, metadata={"table": "indicator"})
    period_style: str | None = field(default=None, metadata={"table": "indicator"})
    rows: str | None = field(default=None, metadata={"table": "indicator"})
    numerator: str | None = field(default=None, metadata={"table": "indicator"})
    denominator: str | None = field(default=None, metadata={"table": "indicator"})
    expected: str | None = field(default=None, metadata={"table": "indicator"})
    exposure: str | None = field(default=None, metadata={"table": "indicator"})
    value: str | None = field(default=None, metadata={"table": "indicator"})
    standard_error: str | None = field(default=None, metadata={"table": "indicator"})
    value_range: tuple[float, float] | None = field(default=None, metadata={"table": "indicator"})
    half_counts: bool = field(default=False, metadata={"table": "indicator"})
    better: str = field(metadata={"table": "indicator"})
    annualise: float | None = field(default=None, metadata={"table": "indicator"})
    why_it_matters: str = field(default="", metadata={"table": "indicator"})
    caveats: tuple[str, ...] = field(default=(), metadata={"table": "indicator"})
    not_aggregates: tuple[str, ...] = field(default=(), metadata={"table": "indicator"})
    where: Mapping[str, str] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    family: str = field(metadata={"table": "model"})
    case_mix: tuple[Term, ...] = field(default=(), metadata={"table": "model"})
    demography: tuple[Term, ...] = field(default=(), metadata={"table": "model"})
    effect: str = field(default="normal", metadata={"table": "model"})
    dispersion_unit: tuple[str, ...] = field(default=(), metadata={"table": "model"})
    priors: Mapping[str, Prior] = field(default_factory=dict)
    benchmark: Benchmark | None = None
    unit_cost: float | UnitCost | None = None
    nil: Nil = field(default_factory=Nil)
    review: Review = field(default_factory=Review)

    def __post_init__(self) -> None:
        values, problems = read_model(_values(self))
        refuse(problems)
        values["rows"] = values["rows"] or self.form.rows
        for name, value in values.items():
            object.__setattr__(self, name, value)
        for name in ("priors", "where"):
            ordered = dict(sorted(getattr(self, name).items()))
            object.__setattr__(self, name, MappingProxyType(ordered))

    def __repr__(self) -> str:
        """Say what is measured and how it is modelled; :meth:`to_toml` says everything."""
        return facts_text(f"ModelSpec {self.name}", _facts(self))

    def _repr_html_(self) -> str:
        return facts_html(f"ModelSpec {self.name}", _facts(self))

    def __hash__(self) -> int:
        """Hash the canonical text."""
        return hash(self.digest)

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and send the model as its canonical text, checked again on arrival."""
        return type(self).from_toml, (self.to_toml(),)

    @property
    def form(self) -> Form:
        """The response form that the named columns make."""
        return cast(Form, form_of(_values(self)))

    @property
    def family_row(self) -> Family:
        """The family's row of the table."""
        return FAMILIES[self.family]

    @property
    def response_columns(self) -> dict[str, str]:
        """Response field -> column of the table."""
        return {name: getattr(self, name) for name in self.form.columns}

    @property
    def terms(self) -> tuple[Term, ...]:
        """Case mix, then demography."""
        return self.case_mix + self.demography

    @property
    def unit_columns(self) -> tuple[str, ...]:
        """Columns of the dispersion unit; none where the counts of a family add up."""
        if self.family_row.adds_up:
            return ()
        by_default = (self.provider, *((self.period,) if self.period else ()))
        return self.dispersion_unit or by_default

    @property
    def annual_factor(self) -> float | None:
        """Periods a year: as stated, else 4 for quarters; None where nothing is annual."""
        if self.annualise is None and self.period is not None:
            return QUARTERS_A_YEAR
        return self.annualise

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`to_toml`: two models with one digest publish the same numbers."""
        return _sha256(self.to_toml())

    @property
    def fit_digest(self) -> str:
        """SHA-256 of the fields that fix the draws: benchmark and prices may differ."""
        kept = {name: x for name, x in _stated(self).items() if name not in PUBLISHED_FIELDS}
        return _sha256(toml.dumps(kept))

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a model file's text.

        Parameters
        ----------
        text : str
            TOML with the tables of docs/reference.md; nothing in it is evaluated.

        Returns
        -------
        ModelSpec

        Raises
        ------
        SpecError
            CONFIG.PARSE where it is not TOML; otherwise as the class, all problems at once.
        """
        raw, unknown = toml.loads(text, _tables(cls))
        return cls._from_raw(raw, unknown)

    def to_toml(self) -> str:
        """Write the canonical text of the model.

        Returns
        -------
        str
            TOML in a fixed order. A field at its default is left out, so that a field which
            is new in a later version moves no digest.
        """
        return toml.dumps(_stated(self), _tables(self))

    def replace(self, **changes: object) -> Self:
        """Make a model with some fields replaced whole, checked again.

        Parameters
        ----------
        **changes
            Field names with their new values; TOML's tables are accepted for parts.

        Returns
        -------
        ModelSpec

        Raises
        ------
        SpecError
            CONFIG.KEY for an unknown name (the nearest is named); otherwise as the class.
        """
        raw = _values(self)
        unknown = [unknown_key(key, key, allowed=raw) for key in changes if key not in raw]
        raw |= {key: value for key, value in changes.items() if key in raw}
        if self.rows == self.form.rows and "rows" not in changes:
            raw["rows"] = None  # a default follows the response form
        return self._from_raw(raw, unknown)

    @classmethod
    def _from_raw(cls, raw: Mapping[str, object], unknown: list[Problem]) -> Self:
        values, problems = read_model(raw)
        refuse([*unknown, *problems])
        return cls(**values)


def _values(spec: ModelSpec) -> dict[str, Any]:
    return {item.name: getattr(spec, item.name) for item in fields(spec)}


def _facts(spec: ModelSpec) -> list[tuple[str, str]]:
    over = " / ".join(spec.response_columns.values())
    return facts_of(_values(spec), over=over, link=spec.family_row.link_name)


def _stated(spec: ModelSpec) -> dict[str, Any]:
    """Give the fields that differ from their defaults, and the schema by which they are read."""
    defaults = {item.name: item.default for item in fields(spec)} | {"rows": spec.form.rows}
    made = {item.name: item.default_factory for item in fields(spec)}
    defaults |= {name: make() for name, make in made.items() if make is not MISSING}
    values = _values(spec).items()
    return {name: x for name, x in values if name == "schema" or x != defaults[name]}


def _tables(spec: type[ModelSpec] | ModelSpec) -> dict[str, str]:
    """Map each field to its table of the file; '' is the top level."""
    return {item.name: item.metadata.get("table", "") for item in fields(spec)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
