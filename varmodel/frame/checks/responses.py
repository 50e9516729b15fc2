"""The response: which of its numbers cannot belong together."""

from collections.abc import Iterator, Mapping

import numpy as np

from varmodel.errors import Problem, Where, refuse, warn
from varmodel.families import Form
from varmodel.frame.checks.refusals import refuse_where
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.numerics.sums import EXACT
from varmodel.spec import ModelSpec
from varmodel.values import Array, Index, Mask

type Response = Mapping[str, Array]

#: Fields that hold whole numbers.
INTEGERS = frozenset({"numerator", "denominator"})
_SIZES = ("denominator", "expected", "exposure")

NEGATIVE = Finding(
    "COUNT.NEGATIVE",
    "a figure is below 0",
    "correct the figure; net off reversed records before they are counted",
)
TOO_MANY = Finding(
    "VALUE.RANGE", "the column adds to more than 2^53; its largest figure", "correct the figure"
)
NOT_A_TRIAL = Finding(
    "COUNT.EXCEEDS",
    "without a denominator each row is one trial, but the numerator is above 1",
    "write 0 or 1, or name the denominator's column in the model",
)
EXCEEDS = Finding(
    "COUNT.EXCEEDS",
    "the numerator exceeds the denominator",
    "count the same cases in both, or model events against an exposure (poisson)",
)
OF_NOTHING = Finding(
    "COUNT.ZERO_DENOMINATOR",
    "events of 0 cases",
    "correct the figures, or move the events to the row that holds their cases",
)
NOT_POSITIVE = Finding(
    "VALUE.RANGE",
    "the model's family takes measurements above 0 only",
    "correct the figure, choose family normal, or leave the row out and say why it was 0",
)
OUTSIDE = Finding(
    "VALUE.RANGE",
    "a value outside the value_range of the model",
    "correct the figure, leave the row out where it is a code for missing, or state the range "
    "that values can have",
)
NOTHING = Finding(
    "COUNT.ZERO_DENOMINATOR",
    "0 in every row",
    "name the column that holds the cases",
)


def check_counts(spec: ModelSpec, response: Response, *, distinct: Distinct) -> None:
    """Refuse counts below 0, more events than trials, events of nothing, nothing in all.

    Measurements of a positive family must lie above 0, values within the model's value_range.
    """
    problems: list[Problem] = []
    for columns, wrong, finding in _rules(spec, response, count=distinct.count):
        problems += refuse_where(distinct, columns, wrong=wrong, finding=finding)
    refuse(problems)


def size_field(form: Form) -> str | None:
    """Name the field that holds the size of a row; None where each row has size 1."""
    return next((field for field in form.columns if field in _SIZES), None)


def warn_of_empty(spec: ModelSpec, response: Response, *, distinct: Distinct) -> None:
    """Warn of rows of 0 of 0."""
    field = size_field(spec.form)
    if field is None or np.all(response[field] > 0):
        return
    where = Where(file=distinct.file, column=spec.response_columns[field])
    message = "rows of 0 of 0 carry no information"
    fix = "none where nobody was treated; otherwise fill in the figures"
    count = int(distinct.count[response[field] == 0].sum())
    warn(Problem("COUNT.ZERO_DENOMINATOR", message, where, count, fix))


def _rules(
    spec: ModelSpec, response: Response, *, count: Index
) -> Iterator[tuple[tuple[str, ...], Mask, Finding]]:
    """Give columns, the combinations that are wrong in them, and why."""
    names = spec.response_columns
    for field, values in response.items():
        if field in INTEGERS or field in _SIZES:
            yield (names[field],), values < 0, NEGATIVE
        if field in INTEGERS:
            size = np.abs(values)
            most = EXACT / 2 if spec.half_counts else EXACT
            yield (names[field],), (size == size.max()) & (size @ count > most), TOO_MANY
    if spec.form.positive:
        yield (names["value"],), response["value"] <= 0, NOT_POSITIVE
    if spec.value_range is not None:
        low, high = spec.value_range
        value = response["value"]
        yield (names["value"],), (value < low) | (value > high), OUTSIDE
    if spec.form.name == "trial":
        yield (names["numerator"],), response["numerator"] > 1, NOT_A_TRIAL
    sized = size_field(spec.form)
    if sized is None:
        return
    events, size, both = response["numerator"], response[sized], tuple(names.values())
    if sized == "denominator":
        yield both, (events > size) & (size > 0), EXCEEDS
    yield both, (events > 0) & (size == 0), OF_NOTHING
    if not size.any() and not events.any():
        yield (names[sized],), size == 0, NOTHING
