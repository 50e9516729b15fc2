"""Units: figures, expected counts and benchmarks that can hardly be in the unit of the others."""

from collections.abc import Iterator

import numpy as np

from varmodel.errors import Problem, Where, some
from varmodel.frame.checks.responses import size_field
from varmodel.frame.checks.warnings.chance import chance_of
from varmodel.frame.dataset import Parts, crude_rates
from varmodel.frame.rows import Rows
from varmodel.numerics import special
from varmodel.spec import Benchmark, ModelSpec
from varmodel.values import Array, Mask

#: Times off the others' ratio to the expected count, and robust sds of log ratios off: one pair
#: makes a ratio odd. A tenth of the unit is 6 or 7 times off where the provider is a good one.
_ODD = ((8.0, 4.0), (5.0, 6.0))
#: Times that a benchmark lies beyond all rates where no table is read.
FAR_BENCHMARK = 8.0
_MAD_TO_SD = 1.4826
#: A count that a provider three times off makes in one of a hundred tables says nothing yet.
_GENUINE, _BY_CHANCE = 3.0, 1e-2
#: Events that grow with size less than its square root, by this many standard errors, are rates.
_GROWTH, _ERRORS = 0.5, 4.0
_LEAST_EVENTS, _LEAST_SPREAD, _FEWEST = 5, 0.2, 8
_PER_CENT = 100


def odd_ratios(spec: ModelSpec, parts: Parts) -> Array:
    """Give how many times off the others' each odd ratio to the expected is, 1 for the rest.

    By provider, for expected counts and exposures; strata of the case mix at national rates.
    """
    ratio = np.ones(len(parts.rows.provider.levels))
    if spec.form.name not in {"expected", "exposure"}:
        return ratio
    found = chance_of(spec, parts, owner=parts.cells.provider_index)
    used = found.expected > 0
    usual = float(np.median(found.events[used] / found.expected[used]))
    if usual == 0:
        return ratio
    events, centre = found.events, found.expected * usual
    level = _BY_CHANCE / len(events)
    far = special.pdtrc(events - 1, _GENUINE * centre) < level
    far |= special.pdtr(events, centre / _GENUINE) < level
    distance = np.log((events + 0.5) / (centre + 0.5))
    sd = _MAD_TO_SD * float(np.median(np.abs(distance)))
    off = np.divide(events, centre, out=np.ones_like(centre), where=used)
    size = np.abs(np.log(np.maximum(off, 1e-300)))
    times = [(size > np.log(k)) & (np.abs(distance) > sds * sd) for k, sds in _ODD]
    return np.where(far & (times[0] | times[1]), off, ratio)


def unit_problems(spec: ModelSpec, parts: Parts) -> Iterator[Problem]:
    """Find figures, and a benchmark, in another unit than the rest."""
    off = odd_ratios(spec, parts)
    odd = np.flatnonzero(off != 1)
    if len(odd):
        field = spec.form.columns[1]
        names = [str(name) for name in parts.rows.provider.levels[odd]]
        said = [f"{name} ({_times(off[j])} times)" for name, j in zip(names, odd, strict=True)]
        message = f"events far from what {field} gives elsewhere: {some(said)}"
        fix = f"check the unit of their {field}, such as single against thousands; correct it"
        where = Where(column=spec.response_columns[field])
        yield Problem("DESIGN.UNIT", message, where, len(odd), fix, names[0])
    yield from _rates_for_counts(spec, parts, used=off == 1)
    if spec.benchmark is not None:
        rates, _ = crude_rates(spec.form, parts.rows)
        yield from benchmark_problems(spec.benchmark, rates)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def benchmark_problems(
    benchmark: Benchmark, rates: Array, *, factor: float = 1.0
) -> Iterator[Problem]:
    """Doubt an external benchmark that lies outside all providers' crude rates.

    Parameters
    ----------
    benchmark : Benchmark
    rates : ndarray
        Crude rates, shape (provider,).
    factor : float
        How many times beyond them it must lie; above 1, only figures above 0 are looked at.
    """
    value, lowest, highest = benchmark.value, float(np.min(rates)), float(np.max(rates))
    if benchmark.kind != "external" or value is None:
        return
    if factor > 1 and min(lowest, value) <= 0:
        return
    if lowest / factor <= value <= highest * factor:
        return
    side = "above" if value > highest else "below"
    message = (
        f"the external benchmark {value:g} lies {side} every provider's rate "
        f"({lowest:.3g} to {highest:.3g})"
    )
    fix = "give it in the unit of the rates: a ratio of 1, not 100; a share of .25, not 25"
    yield Problem("DESIGN.UNIT", message, Where(column="benchmark"), fix=fix, value=f"{value:g}")


def _rates_for_counts(spec: ModelSpec, parts: Parts, *, used: Mask) -> Iterator[Problem]:
    """Find events that do not grow with their size: rates or per cents given as counts."""
    field = size_field(spec.form)
    if field is None or not _like_rates(parts.rows, field=field, used=used):
        return
    size, events = (spec.response_columns[name] for name in (field, "numerator"))
    message = f"{events} does not grow with {size}: is it a rate or a per cent?"
    fix = f"give counts of events, such as {size} times the rate, rounded"
    yield Problem("DESIGN.UNIT", message, Where(column=events), fix=fix)


def _like_rates(rows: Rows, *, field: str, used: Mask) -> bool:
    """Tell whether mean log events rise by less than half of mean log size.

    By provider and per row: strata of the old hold fewer cases and more events.
    """
    events, size = rows.response["numerator"], rows.response[field]
    owner, count = rows.provider.codes, rows.count * (size > 0)
    held = np.bincount(owner, weights=count)
    x, y = (
        np.log(np.bincount(owner, weights=count * w)[used] / held[used] + add)
        for w, add in ((size, 0.0), (events, 0.5))
    )
    few = len(x) < _FEWEST or np.median(np.exp(y)) < _LEAST_EVENTS or np.std(x) < _LEAST_SPREAD
    if few or (field == "denominator" and events.max() > _PER_CENT):
        return False
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    left = y - y.mean() - slope * (x - x.mean())
    error = float(np.sqrt((left**2).sum() / (len(x) - 2) / ((x - x.mean()) ** 2).sum()))
    return slope + _ERRORS * error < _GROWTH
