"""The model: all that fixes a published number, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self, cast

from varmodel.errors import Problem, refuse
from varmodel.families import FAMILIES, Family, Form, Predictor, Prior
from varmodel.spec import toml
from varmodel.spec.canonical import file_tables, sha256_of, stated, values_of
from varmodel.spec.fields import MODEL_SCHEMA, unknown_key
from varmodel.spec.parts import Benchmark, Exclusion, Nil, Peers, Review
from varmodel.spec.prices import Price
from varmodel.spec.rules import form_of, make_predictor, of_providers, periods_a_year, read_model
from varmodel.spec.share import TransientShare
from varmodel.spec.shown import facts_html, facts_of_model, facts_text
from varmodel.spec.terms import Term

#: Fields that change what is published, not what is fitted; the draws depend on all others.
PUBLISHED_FIELDS = (
    *("name", "title", "status", "group", "provider_name", "unit", "better", "annualise"),
    *("why_it_matters", "caveats", "benchmark", "unit_cost", "nil", "review", "levels_adjusted"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """An indicator model: what is measured, how it is modelled, what it is compared with.

    Fields are the leaf keys of a model file's [indicator] and [model] tables, and one field for
    each other table (docs/reference.md lists them). Change one with :meth:`replace`.

    Parameters
    ----------
    name, title, status, group : str
        Identity; status is "draft", "published" or "archived", group the kind of indicator.
    provider, provider_name, period : str
        Columns of the table; the last two optional.
    period_style : str, optional
        How periods are written, where their texts leave a doubt.
    rows : {"cells", "records"}, optional
        Whether a (provider, period, stratum) stands once or equal keys are added. By default
        "cells" where a denominator, expected, exposure or standard error is named.
    numerator, denominator, expected, exposure, value, standard_error : str
        Columns of exactly one response form.
    value_range : pair of float, optional
        Lowest and highest number of the column ``value``; one beyond them is refused.
    half_counts : bool
        Whether counts may be multiples of .5, as where two providers share a patient.
    unit : str, optional
        Unit in which a page shows the rate: "%" or "per 1,000" of a share or ratio; of a value its
        own unit, such as "days".
    better : {"higher", "lower", "neither"}
        Which direction is good; "neither" refuses ranks and savings.
    annualise : float, optional
        Periods a year. By default 4 with quarters, 1 with years; else nothing is called annual.
    why_it_matters : str
    caveats : sequence of str
    not_aggregates : sequence of str
        Labels of real providers or levels that look like totals.
    where : mapping of str to str
        Column -> text: only rows that hold it are read, as from a file of many measures.
    successors : mapping of str to str
        Old code of a provider -> the code that it has now, as which its rows are read.
    exclusions : sequence of Exclusion
    family : str
        A row of :data:`FAMILIES`. It also says how a column ``value`` is read.
    case_mix, demography : sequence of str, Factor, Spline or Interaction
        Terms that are adjusted for; they enter the model alike.
    effect : {"normal", "student_t", "mixture", "flexible"}
        Law of the provider effects.
    transient : {"auto", "none", "iid", "ar1"}
        How a provider departs from its lasting level in a period; "auto" takes what the table
        can tell: see :attr:`Fit.transient`.
    transient_share : mapping of mean and sd, optional
        Believed share of the variance in one period that passes with it (a beta).
    effect_predictors, within_between : sequence of str
        Columns that predict providers' effects (constant in each; ``log_volume``: the log of
        activity), and terms whose provider means do.
    classes : str, optional
        Column of the class of a provider; each class has a mean and an sd of its own.
    levels, levels_adjusted : sequence of str; bool
        Columns of groups of providers that have effects; whether rates leave these out.
    dispersion_unit : sequence of str
        Columns of the row of over-dispersed counts that has a rate of its own, by default the
        provider's and the period's. Rows are added up to it and no further.
    priors : mapping of str to Prior
        Departures from the defaults, by name of a parameter.
    benchmark : Benchmark, optional
    peers : Peers, optional
    unit_cost : float, UnitCost, LognormalCost or OwnCost, optional
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
    group: str = ""
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
    unit: str | None = field(default=None, metadata={"table": "indicator"})
    better: str = field(metadata={"table": "indicator"})
    annualise: float | None = field(default=None, metadata={"table": "indicator"})
    why_it_matters: str = field(default="", metadata={"table": "indicator"})
    caveats: tuple[str, ...] = field(default=(), metadata={"table": "indicator"})
    not_aggregates: tuple[str, ...] = field(default=(), metadata={"table": "indicator"})
    where: Mapping[str, str] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    family: str = field(metadata={"table": "model"})
    case_mix: tuple[Term, ...] = field(default=(), metadata={"table": "model"})
    demography: tuple[Term, ...] = field(default=(), metadata={"table": "model"})
    effect: str = field(default="normal", metadata={"table": "model"})
    transient: str = field(default="auto", metadata={"table": "model"})
    transient_share: TransientShare | None = field(default=None, metadata={"table": "model"})
    effect_predictors: tuple[str, ...] = field(default=(), metadata={"table": "model"})
    within_between: tuple[str, ...] = field(default=(), metadata={"table": "model"})
    classes: str | None = field(default=None, metadata={"table": "model"})
    levels: tuple[str, ...] = field(default=(), metadata={"table": "model"})
    levels_adjusted: bool = field(default=False, metadata={"table": "model"})
    dispersion_unit: tuple[str, ...] = field(default=(), metadata={"table": "model"})
    priors: Mapping[str, Prior] = field(default_factory=dict)
    benchmark: Benchmark | None = None
    peers: Peers | None = None
    unit_cost: float | Price | None = None
    nil: Nil = field(default_factory=Nil)
    review: Review = field(default_factory=Review)

    def __post_init__(self) -> None:
        values, problems = read_model(values_of(self))
        refuse(problems)
        values["rows"] = values["rows"] or self.form.rows
        for name, value in values.items():
            object.__setattr__(self, name, value)
        for name in ("priors", "where", "successors"):
            ordered = dict(sorted(getattr(self, name).items()))
            object.__setattr__(self, name, MappingProxyType(ordered))

    def __repr__(self) -> str:
        """Say what is measured and how it is modelled; :meth:`to_toml` says everything."""
        return facts_text(f"ModelSpec {self.name}", facts_of_model(self))

    def _repr_html_(self) -> str:
        return facts_html(f"ModelSpec {self.name}", facts_of_model(self))

    def __hash__(self) -> int:
        """Hash the canonical text."""
        return hash(self.digest)

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and send the model as its canonical text, checked again on arrival."""
        return type(self).from_toml, (self.to_toml(),)

    @property
    def form(self) -> Form:
        """The response form that the named columns make."""
        return cast(Form, form_of(values_of(self)))

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
    def provider_columns(self) -> tuple[str, ...]:
        """Columns that are constant within a provider: predictors, class, levels, peers'."""
        return tuple(of_providers(values_of(self)))

    @property
    def unit_columns(self) -> tuple[str, ...]:
        """Columns of the dispersion unit; none where the counts of a family add up."""
        if self.family_row.adds_up:
            return ()
        by_default = (self.provider, *((self.period,) if self.period else ()))
        return self.dispersion_unit or by_default

    def predictor(self, transient: str) -> Predictor:
        """Say what the linear predictor holds beside national level, terms and effects.

        Parameters
        ----------
        transient : str
            The one that is taken.

        Returns
        -------
        Predictor
        """
        return make_predictor(values_of(self), transient)

    @property
    def annual_factor(self) -> float | None:
        """Periods a year: as stated, else 4, or 1 where ``period_style`` is of years.

        None where nothing is annual. Where the style is found from the table:
        :attr:`Fit.annual_factor`.
        """
        return periods_a_year(values_of(self))

    @property
    def digest(self) -> str:
        """SHA-256 of :meth:`to_toml`: two models with one digest publish the same numbers."""
        return sha256_of(self.to_toml())

    @property
    def fit_digest(self) -> str:
        """SHA-256 of the fields that fix the draws: benchmark and prices may differ."""
        kept = {name: x for name, x in stated(self).items() if name not in PUBLISHED_FIELDS}
        return sha256_of(toml.dumps(kept))

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
        raw, unknown = toml.loads(text, file_tables(cls))
        return cls._from_raw(raw, unknown)

    def to_toml(self) -> str:
        """Write the canonical text of the model.

        Returns
        -------
        str
            TOML in a fixed order. A field at its default is left out, so that a field which
            is new in a later version moves no digest.
        """
        return toml.dumps(stated(self), file_tables(self))

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
        raw = values_of(self)
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
