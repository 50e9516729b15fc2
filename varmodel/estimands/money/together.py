"""How alike the shortfalls of several indicators are, and what that does to a sum (methods 15).

Draws of separate fits are independent, but what is not known of providers may not be: a trust
whose stays were long by bad luck of coding may have other figures off in the same direction.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.estimands.draws.labelled import by_provider, labels_of, sign_of
from varmodel.values import Array

#: Providers that two indicators must share for a correlation to be taken.
_LEAST = 4


def widening(
    effects: Mapping[str, xr.Dataset], directions: Mapping[str, object]
) -> dict[str, float]:
    """Give by how much the sd of a sum of indicators grows with the correlation of shortfalls.

    sqrt(1 + (k - 1) r (1 - R)): r the mean over pairs of the correlation of unshrunken
    shortfalls over sqrt(R_a R_b), R the mean reliability. ``directions`` holds the indicators,
    and which end is better as far as their savings say.
    """
    names = list(directions)
    absent, unknown = (
        [x for x in a if x not in b] for a, b in ((names, effects), (effects, names))
    )
    if absent:
        message = f"effects lack indicator {absent[0]!r}"
        fail("CONFIG.VALUE", message, fix="give unshrunken_rates of every indicator, or of none")
    if unknown:
        message = f"effects have an unknown indicator {unknown[0]!r}; {one_of(unknown[0], names)}"
        fail("CONFIG.VALUE", message)
    read = {
        name: _shortfall(effects[name], name, better=better) for name, better in directions.items()
    }
    reliability = {name: _reliability(effects[name], name) for name in names}
    pairs = [
        _correlation(read[a], read[b], names=(a, b)) / np.sqrt(reliability[a] * reliability[b])
        for a, b in combinations(names, 2)
        if reliability[a] * reliability[b] > 0
    ]
    r = float(np.clip(np.mean(np.clip(pairs, -1, 1)), 0, 1)) if pairs else 0.0
    lost = 1 - float(np.mean(list(reliability.values())))
    found = {"correlation": r, "mean_reliability": 1 - lost}
    return found | {"widened_by": widened_by(len(names), **found)}


def widened_by(count: int, *, correlation: float, mean_reliability: float) -> float:
    """Give by how much the sd of a sum of so many indicators grows."""
    return float(np.sqrt(1 + (count - 1) * correlation * (1 - mean_reliability)))


def widen_sum(values: Array, *, mean: float, by: float, least: float = 0.0) -> Array:
    """Spread draws of a sum, or the ends of its interval, out about its mean.

    No saving is below 0: what would be is held at ``least``.
    """
    return np.maximum(mean + by * (values - mean), least)


def enough_in_common(effects: Mapping[str, xr.Dataset]) -> bool:
    """Whether any two indicators share providers enough for a correlation to be taken."""
    labels = [set(map(str, x["provider"].to_numpy())) for x in effects.values()]
    return all(len(a & b) >= _LEAST for a, b in combinations(labels, 2))


def _shortfall(effects: object, name: str, *, better: object) -> dict[str, float]:
    """Give how far each provider falls short, without shrinkage; positive is worse."""
    if not isinstance(effects, xr.Dataset) or not {"rate", "benchmark"} <= set(effects):
        message = f"effects of {name!r} must be the Dataset of unshrunken_rates"
        fail("CONFIG.VALUE", message, fix="give vm.unshrunken_rates(fit, benchmark)")
    sign = sign_of(effects.attrs.get("better", better))
    rate = effects["rate"]
    labels = labels_of(rate["provider"].to_numpy(), rate.size, name=f"effects of {name!r}")
    values = [by_provider(effects[x], labels, name=f"{name} {x}") for x in ("benchmark", "rate")]
    return dict(zip(labels, (sign * (values[0] - values[1])).tolist(), strict=True))


def _reliability(effects: xr.Dataset, name: str) -> float:
    """Read the mean reliability that unshrunken_rates stated, or that of each provider."""
    value = effects.attrs.get("mean_reliability")
    if "reliability" in effects:
        value = float(effects["reliability"].mean())
    if value is None or not 0 <= float(value) <= 1:
        message = f"effects of {name!r} do not say how reliable they are"
        fix = 'give unshrunken_rates as it comes, or attrs["mean_reliability"] from 0 to 1'
        fail("CONFIG.VALUE", message, fix=fix)
    return float(value)


def _correlation(
    one: dict[str, float], other: dict[str, float], *, names: tuple[str, str]
) -> float:
    both = sorted(set(one) & set(other))
    if len(both) < _LEAST:
        message = f"{names[0]!r} and {names[1]!r} share {len(both)} providers, fewer than {_LEAST}"
        fail("CONFIG.VALUE", message, fix="leave effects out: the sum is then provisional")
    values: Array = np.array([[x[label] for label in both] for x in (one, other)])
    if (np.ptp(values, axis=1) == 0).any():
        return 0.0
    a, b = values - values.mean(axis=1, keepdims=True)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))
