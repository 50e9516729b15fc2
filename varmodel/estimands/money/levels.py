"""The benchmark that savings measure against: one a draw, and one for each plug-in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail
from varmodel.estimands.draws.labelled import (
    DRAW_DIMS,
    check_draws,
    labels_of,
    match_providers,
    provider_names,
    refuse_nonfinite,
)
from varmodel.estimands.money.benchmarks import benchmark_attrs
from varmodel.estimands.money.kinds.targets import level_of
from varmodel.spec import Benchmark
from varmodel.values import Array

PLUG_IN = "plug_in"
#: What attrs["figure"] says of standardised ratios, which are no rates.
RATIO = "ratio"


@dataclass(frozen=True, slots=True, eq=False)
class BenchmarkLevel:
    """A benchmark among rates.

    Attributes
    ----------
    drawn : ndarray, shape (chain, draw, provider) or (chain, draw, 1)
        The level in each draw.
    plug_in : Benchmark or ndarray
        How the level is found among a plug-in's own rates, or the level: (provider,) or (1,).
    sign : int
        +1 where high is good, -1 where low is good.
    attrs : dict
        What the results say of it.
    activity : ndarray, shape (provider,), or None
        What a national level weighs by.
    """

    drawn: Array
    plug_in: Benchmark | Array
    sign: int
    attrs: dict[str, Any]
    activity: Array | None = None

    def among(self, rates: Array) -> Array:
        """Find the level of a plug-in with these rates (provider,)."""
        if isinstance(self.plug_in, Benchmark):
            return level_of(rates, self.plug_in, sign=self.sign, activity=self.activity)
        return self.plug_in


def find_level(
    benchmark: object, rates: xr.DataArray, *, sign: int, activity: Array | None = None
) -> BenchmarkLevel:
    """Find a Benchmark among the draws of ``rates``, or read the draws of one."""
    _refuse_unlike(benchmark, rates)
    if isinstance(benchmark, Benchmark):
        drawn = level_of(rates.to_numpy(), benchmark, sign=sign, activity=activity)
        attrs = dict(benchmark_attrs(benchmark))
        return BenchmarkLevel(drawn, benchmark, sign, attrs, activity)
    if not isinstance(benchmark, xr.DataArray):
        kind = type(benchmark).__name__
        fail("CONFIG.VALUE", f"benchmark must be a Benchmark or a DataArray, not {kind}")
    level = _read_level(benchmark, rates)
    attrs = {to: benchmark.attrs[name] for name, to in _SAID.items() if name in benchmark.attrs}
    return BenchmarkLevel(_columns(level), _plug_in(level), sign, attrs)


_SAID = {
    "benchmark": "benchmark",
    "benchmark_value": "benchmark_value",
    "population": "benchmark_population",
    "peers": "benchmark_peers",
    "peer_overlap": "benchmark_peer_overlap",
}


_PAIR = "price adjusted_rates(fit, population='own') against benchmark_rates(fit, benchmark)"
_WHOM = {"own": "each provider's own cases", "reference": "the reference population"}


def _refuse_unlike(benchmark: object, rates: xr.DataArray) -> None:
    """Refuse what would price case mix, or is no pair of rates, as far as the attrs tell."""
    if "link" in rates.attrs:
        message = f"rates are effects on the {rates.attrs['link']} scale"
        fail("CONFIG.VALUE", message, fix=_PAIR)
    one_level = not isinstance(benchmark, xr.DataArray) or "provider" not in benchmark.dims
    if one_level and rates.attrs.get("population") == "own":
        message = "rates are on each provider's own cases: a gap to one level for all is case mix"
        fail("CONFIG.VALUE", message, fix=_PAIR)
    if isinstance(benchmark, xr.DataArray):
        refuse_populations(rates, benchmark, name="benchmark")
        ratios = {x.attrs.get("figure") == RATIO for x in (rates, benchmark) if _is_ours(x)}
        if len(ratios) > 1:
            fail("CONFIG.VALUE", "one of rates and benchmark is a ratio, one a rate", fix=_PAIR)


def refuse_periods(rates: object) -> None:
    """Refuse rates of each period: a saving is on what lasts, or on the period to come."""
    if isinstance(rates, xr.DataArray) and (
        "period" in rates.dims or rates.attrs.get("part") == "period"
    ):
        message = "rates are of single periods: what passes would be priced as if it stayed"
        fix = 'take adjusted_rates(fit, population="own"), with part="next" where it says so'
        fail("CONFIG.VALUE", message, fix=fix)


def refuse_populations(rates: xr.DataArray, other: xr.DataArray, *, name: str) -> None:
    """Refuse two figures whose attrs say that they are on different cases, or other parts."""
    parts = [x.attrs.get("part") for x in (rates, other)]
    if None not in parts and parts[0] != parts[1]:
        message = f"rates are of the part {parts[0]!r}, {name} is of {parts[1]!r}"
        fail("CONFIG.VALUE", message, fix="give both the same part")
    one, two = (x.attrs.get("population") for x in (rates, other))
    if one in _WHOM and two in _WHOM and one != two:
        message = f"rates are on {_WHOM[one]}, {name} on {_WHOM[two]}: the gap holds case mix"
        fail("CONFIG.VALUE", message, fix=_PAIR)


def _is_ours(x: xr.DataArray) -> bool:
    """Whether its attrs say what it is."""
    return "figure" in x.attrs or "population" in x.attrs


def _read_level(benchmark: xr.DataArray, rates: xr.DataArray) -> xr.DataArray:
    """Check draws against those of the rates, put providers in their order."""
    has_providers = "provider" in benchmark.dims
    dims = (*DRAW_DIMS, "provider") if has_providers else DRAW_DIMS
    level = check_draws(benchmark, dims, name="benchmark")
    for dim in DRAW_DIMS:
        if not _same_draws(level, rates, dim):
            message = f"benchmark has other draws than rates along {dim}"
            fail("CONFIG.VALUE", message, fix="take both from one fit, without thinning either")
    if not has_providers:
        return level
    index = level["provider"].to_numpy() if "provider" in level.coords else None
    have = labels_of(index, level.sizes["provider"], name="benchmark")
    return level.isel(provider=match_providers(have, provider_names(rates), name="benchmark"))


def _same_draws(level: xr.DataArray, rates: xr.DataArray, dim: str) -> bool:
    if level.sizes[dim] != rates.sizes[dim]:
        return False
    if dim in level.coords and dim in rates.coords:
        return np.array_equal(level[dim].to_numpy(), rates[dim].to_numpy())
    return True


def _plug_in(level: xr.DataArray) -> Array:
    """Read the plug-in's level, by default the mean over draws: (provider,) or (1,)."""
    if PLUG_IN not in level.coords:
        return _columns(level).mean(axis=(0, 1))
    values = level[PLUG_IN].to_numpy().astype(np.float64).reshape(-1)
    refuse_nonfinite(values, PLUG_IN)
    return values


def _columns(level: xr.DataArray) -> Array:
    values = level.to_numpy()
    return values if values.ndim == 3 else values[:, :, np.newaxis]
