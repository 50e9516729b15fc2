"""Rows: what the table says in the columns of the model, each text read once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from varmodel.errors import Problem, refuse
from varmodel.frame.checks.labels.footers import lines_apart
from varmodel.frame.checks.labels.numeric import number_refusals
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.checks.responses import INTEGERS, Response
from varmodel.frame.checks.totals.names import NAMES_A_TOTAL, aggregates, total_finding
from varmodel.frame.coded import Coded, code_keys, texts
from varmodel.frame.providers.successors import recode, warn_of_misspelt
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding, parse_labels, parse_numbers, refusals
from varmodel.spec import Factor, ModelSpec, Spline
from varmodel.spec.rules import numbers_of_providers
from varmodel.spec.terms import MainTerm, main_terms, term_column
from varmodel.values import Array, Index, Mask

LARGEST = 1e100  # a figure's size; no square of it over- or underflows
OUT_OF_RANGE = Finding(
    "VALUE.RANGE",
    f"a figure must lie between {1 / LARGEST:g} and {LARGEST:g}, or be 0",
    "correct the figure or change its unit",
)
NO_ERROR = Finding(
    "VALUE.RANGE",
    "a standard error must be above 0",
    "give the sampling standard error of each value",
)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The table by distinct combination of its texts.

    Attributes
    ----------
    provider, provider_name, period, quarter : Coded
        Texts as given, but for providers that have a successor; the calendar quarter, or year,
        of the period. None where the model names none.
    given : Coded
        Providers as given.
    terms : tuple of Coded
        The columns of the terms (interactions have none of their own): numbers where every
        text is one, else texts.
    units : tuple of Coded
        The columns that only tell dispersion units apart.
    exclusions : tuple of Coded
        The columns of the exclusions.
    describing : tuple of Coded
        The columns that describe providers.
    response : mapping of str to ndarray
        Response field -> numbers, shape (combination,).
    count : ndarray of int64
        Rows of each combination.
    """

    provider: Coded
    given: Coded
    provider_name: Coded | None
    period: Coded | None
    quarter: Coded | None
    terms: tuple[Coded, ...]
    units: tuple[Coded, ...]
    exclusions: tuple[Coded, ...]
    describing: tuple[Coded, ...]
    response: Response
    count: Index

    def keep(self, mask: Mask) -> "Rows":
        """Keep some combinations, and only the levels that they hold."""
        one = ("provider", "given", "provider_name", "period", "quarter")
        held = {name: getattr(self, name) for name in one}
        return replace(
            self,
            **{name: column and column.keep(mask) for name, column in held.items()},
            terms=tuple(column.keep(mask) for column in self.terms),
            units=tuple(column.keep(mask) for column in self.units),
            exclusions=tuple(column.keep(mask) for column in self.exclusions),
            describing=tuple(column.keep(mask) for column in self.describing),
            response={name: values[mask] for name, values in self.response.items()},
            count=self.count[mask],
        )


def columns_of(spec: ModelSpec) -> tuple[str, ...]:
    """Name the columns of the table that a model reads, each once."""
    named = [spec.provider, spec.provider_name, spec.period, *spec.response_columns.values()]
    named += [term_column(term) for term in main_terms(spec.terms)]
    named += unit_columns_of(spec)
    named += [exclusion.column for exclusion in spec.exclusions]
    named += spec.provider_columns
    return tuple(dict.fromkeys(name for name in named if name is not None))


def unit_columns_of(spec: ModelSpec) -> list[str]:
    """Name the columns that do nothing but tell dispersion units apart."""
    others = {spec.provider, spec.period, *map(term_column, main_terms(spec.terms))}
    return [column for column in spec.unit_columns if column not in others]


def read_rows(spec: ModelSpec, distinct: Distinct) -> Rows:
    """Read every text of the model's columns; refuse all that cannot be read at once."""
    stage = _Stage(distinct, [], spec.half_counts)
    given, numbers = stage.labels(spec.provider), numbers_of_providers(spec)
    rows = Rows(
        provider=recode(spec, given),
        given=given,
        provider_name=stage.labels(spec.provider_name) if spec.provider_name else None,
        period=stage.labels(spec.period) if spec.period else None,
        quarter=None,
        terms=tuple(stage.term(term) for term in main_terms(spec.terms)),
        units=tuple(stage.labels(column) for column in unit_columns_of(spec)),
        exclusions=tuple(
            stage.labels(exclusion.column, truths=True) for exclusion in spec.exclusions
        ),
        describing=tuple(
            stage.term(name) if name in numbers else stage.labels(name)
            for name in spec.provider_columns
        ),
        response={
            field: stage.response(field, column) for field, column in spec.response_columns.items()
        },
        count=distinct.count,
    )
    if stage.problems:  # what stands beside is told too: a total, a line below the table
        refuse(
            dict.fromkeys(
                [*lines_apart(spec, distinct), *stage.problems, *_named(spec, rows, distinct)]
            )
        )
    warn_of_misspelt(spec, given)
    return rows


def _named(spec: ModelSpec, rows: Rows, distinct: Distinct) -> Iterator[Problem]:
    """Give the labels that name a total, which is refused by figures later."""
    terms = zip(map(term_column, main_terms(spec.terms)), rows.terms, strict=True)
    listed = {spec.provider: rows.provider, spec.provider_name: rows.provider_name} | dict(terms)
    for column, coded in listed.items():
        if column is None or coded is None or not coded.is_text:
            continue
        called = aggregates(filter(None, coded.levels.tolist()), known=spec.not_aggregates)
        wrong = np.array([level in called for level in coded.levels], dtype=bool)[coded.codes]
        finding = total_finding(called, NAMES_A_TOTAL)
        yield from refuse_where(distinct, [column], wrong=wrong, finding=finding)


def read_figures(
    spec: ModelSpec, distinct: Distinct, *, fields: Iterable[str]
) -> tuple[Coded, Response]:
    """Read the providers and some fields of the response; refuse all that cannot be read."""
    stage = _Stage(distinct, [], spec.half_counts)
    provider = recode(spec, stage.labels(spec.provider))
    found = {field: stage.response(field, spec.response_columns[field]) for field in fields}
    refuse(dict.fromkeys(stage.problems))
    return provider, found


@dataclass(frozen=True, slots=True)
class _Stage:
    """The stage that reads values: it goes on after a problem, to find them all."""

    distinct: Distinct
    problems: list[Problem]
    halves: bool

    def labels(self, name: str, *, truths: bool = False) -> Coded:
        """Read a column of labels, or of truth values as False and True."""
        column = self.distinct.columns[name]
        found, refused = parse_labels(column, truths=truths)
        self.problems.extend(refusals(self.distinct, name, refused=refused))
        return code_keys(texts(found), column.codes)

    def term(self, term: MainTerm) -> Coded:
        """Read a covariate: numbers where every text is one, else the levels of a factor.

        Numbers among which only missing values, suppression marks or a few texts stand are
        refused, never taken for a factor; nor is any text of a spline's column. Categories and
        truth values are a factor: their type is the user's word.
        """
        name = term_column(term)
        column = self.distinct.columns[name]
        levels = column.categorical or column.is_truth
        if isinstance(term, Factor) or (levels and not isinstance(term, Spline)):
            return self.labels(name, truths=True)
        values, refused = parse_numbers(column, integer=False)
        found = (
            refused if isinstance(term, Spline) else number_refusals(name, column, refused=refused)
        )
        if found is None:
            return self.labels(name, truths=True)
        self.problems.extend(refusals(self.distinct, name, refused=found))
        self._check_size(name, values)
        return code_keys(values, column.codes)

    def response(self, field: str, name: str) -> Array:
        """Read a column of the response, one number a combination."""
        column = self.distinct.columns[name]
        values, refused = parse_numbers(column, integer=field in INTEGERS, halves=self.halves)
        self.problems.extend(refusals(self.distinct, name, refused=refused))
        if field not in INTEGERS:
            self._check_size(name, values)
        if field == "standard_error":
            self._refuse(name, wrong=values <= 0, finding=NO_ERROR)
        return np.asarray(values[column.codes])

    def _check_size(self, name: str, values: Array) -> None:
        size = np.abs(values)
        wrong = (size > LARGEST) | ((size > 0) & (size < 1 / LARGEST))
        self._refuse(name, wrong=wrong, finding=OUT_OF_RANGE)

    def _refuse(self, name: str, *, wrong: Mask, finding: Finding) -> None:
        """Refuse some levels of a column."""
        rows = wrong[self.distinct.columns[name].codes]
        self.problems.extend(refuse_where(self.distinct, [name], wrong=rows, finding=finding))
