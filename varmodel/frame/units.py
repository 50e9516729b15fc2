"""Units: figures, expected counts and benchmarks that can hardly be in the unit of the others."""

from collections.abc import Iterator

import numpy as np
from scipy import special

from varmodel.errors import Problem, Where
from varmodel.families.links import Array
from varmodel.frame.chance import chance_of
from varmodel.frame.dataset import Parts, crude_rates
from varmodel.frame.providers import some
from varmodel.frame.responses import size_field
from varmodel.spec import Benchmark, ModelSpec

#: A ratio to the expected count this many times off that of the others is doubted ...
FACTOR = 8.0
#: ... where even a ratio this many times off makes such a count by chance in less than ...
_GENUINE, _BY_CHANCE = 3.0, 1e-2
#: ... of all tables, and it lies this many robust sds of log ratios from their median.
_DISTANCE = 4.0
_MAD_TO_SD = 1.4826
#: Events that grow with size less than its square root, by this many standard errors, are rates.
_GROWTH, _ERRORS = 0.5, 4.0
_LEAST_EVENTS, _LEAST_SPREAD, _FEWEST = 5, 0.2, 8
_PER_CENT = 100


def odd_units(spec: ModelSpec, parts: Parts) -> list[str]:
    """Name providers whose events are far from what their expected count or exposure gives."""
    if spec.form.name not in {"expected", "exposure"}:
        return []
    found = chance_of(spec, parts, owner=parts.cells.provider_index)
    events, expected = found.events, found.expected
    used = expected > 0
    usual = float(np.median(events[used] / expected[used]))
    if usual == 0:
        return []
    centre = expected * usual
    distance = np.log((events + 0.5) / (centre + 0.5))
    limit = _DISTANCE * _MAD_TO_SD * float(np.median(np.abs(distance)))
    level = _BY_CHANCE / len(events)
    above = (events > FACTOR * centre) & (special.pdtrc(events - 1, _GENUINE * centre) < level)
    below = (events < centre / FACTOR) & (special.pdtr(events, centre / _GENUINE) < level)
    odd = (above | below) & (np.abs(distance) > limit)
    return [str(name) for name in parts.rows.provider.levels[odd]]


def unit_problems(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find figures, and a benchmark, in another unit than the rest."""
    if odd := odd_units(spec, parts):
        field = spec.form.columns[1]
        message = (
            f"events of {some(odd)} are more than {FACTOR:g} times off what {field} and the other "
            "providers give"
        )
        fix = f"check the unit of their {field}, such as single against thousands; correct it"
        where = Where(column=spec.response_columns[field])
        yield Problem("DESIGN.UNIT", message, where, len(odd), fix, odd[0])
    yield from _rates_for_counts(spec, parts)
    if spec.benchmark is not None:
        rates, _ = crude_rates(spec.form, parts.rows)
        yield from benchmark_problems(spec.benchmark, rates)


def benchmark_problems(benchmark: Benchmark, rates: Array) -> Iterator[Problem]:
    """Doubt an external benchmark that lies outside all providers' crude rates."""
    value = benchmark.value
    if benchmark.kind != "external" or value is None:
        return
    lowest, highest = float(np.min(rates)), float(np.max(rates))
    if lowest <= value <= highest:
        return
    side = "above" if value > highest else "below"
    message = (
        f"the external benchmark {value:g} lies {side} every provider's rate "
        f"({lowest:.3g} to {highest:.3g})"
    )
    fix = "give it in the unit of the rates: a ratio of 1, not 100; a share of .25, not 25"
    yield Problem("DESIGN.UNIT", message, Where(column="benchmark"), fix=fix, value=f"{value:g}")


def _rates_for_counts(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find events that do not grow with their size: rates or per cents given as counts."""
    field = size_field(spec.form)
    if field is None or not _like_rates(spec, parts, field=field):
        return
    size, events = (spec.response_columns[name] for name in (field, "numerator"))
    message = f"{events} does not grow with {size}: is it a rate or a per cent?"
    fix = f"give counts of events, such as {size} times the rate, rounded"
    yield Problem("DESIGN.UNIT", message, Where(column=events), fix=fix)


def _like_rates(spec: ModelSpec, parts: Parts, *, field: str) -> bool:
    """Tell whether mean log events rise by less than half of mean log size.

    By provider and per row: strata of the old hold fewer cases and more events.
    """
    rows = parts.rows
    events, size = rows.response["numerator"], rows.response[field]
    used = size > 0
    owner, count = rows.provider.codes[used], rows.count[used]
    held = np.bincount(owner, weights=count)
    x, y = (
        np.log(np.bincount(owner, weights=count * w[used]) / held + add)
        for w, add in ((size, 0.0), (events, 0.5))
    )
    few = len(x) < _FEWEST or np.median(np.exp(y)) < _LEAST_EVENTS or np.std(x) < _LEAST_SPREAD
    if few or (field == "denominator" and events.max() > _PER_CENT):
        return False
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    left = y - y.mean() - slope * (x - x.mean())
    error = float(np.sqrt((left**2).sum() / (len(x) - 2) / ((x - x.mean()) ** 2).sum()))
    return slope + _ERRORS * error < _GROWTH
