"""How providers differ in many indicators at once: effects that hang together, and what passes.

On the scale where more is worse, the effect of provider j in indicator m is

    sd_m z_jm,    z_jm = sum over factors of loading x factor_j

with independent standard normal factors: one that all indicators of a kind of provider share, one
of each group of indicators, and one of each indicator's own. Two indicators correlate by the sum
of the products of their loadings. Specialists are shifted in some indicators. The transient is an
AR(1) of each indicator's own, in its stationary distribution.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from varmodel.frame.simulation.nation.register import Register
from varmodel.frame.simulation.truth_parts import correlation_root
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.values import Array

#: Variance of z that all indicators share, and that those of a group share beside it.
COMMON_VARIANCE, GROUP_VARIANCE = 0.15, 0.25
#: Indicator -> the one whose savings come back as its cost, and minus the loading on that one.
_DISPLACED = {"readmission_30_day_rate": ("day_case_rate", 0.3)}
#: How much worse specialists look where they differ, in sds.
SPECIALIST_SHIFT = 1.2
#: The transient's sd against that of the effects, and its correlation from quarter to quarter.
DEPARTURE_SHARE, DEPARTURE_RHO = 0.4, 0.5

type Loadings = Mapping[str, float]


def loadings_of(name: str, groups: Mapping[str, str]) -> Loadings:
    """Give the loadings of an indicator's effects; their squares add up to 1.

    Parameters
    ----------
    name : str
    groups : mapping of str to str
        Indicator -> its group, of all indicators of the library.
    """
    own = {
        "all": COMMON_VARIANCE**0.5,
        f"group {groups[name]}": GROUP_VARIANCE**0.5,
        f"indicator {name}": (1 - COMMON_VARIANCE - GROUP_VARIANCE) ** 0.5,
    }
    if name not in _DISPLACED:
        return own
    cause, against = _DISPLACED[name]
    theirs = loadings_of(cause, groups)
    mixed = {
        factor: own.get(factor, 0.0) - against * theirs.get(factor, 0.0)
        for factor in {**own, **theirs}
    }
    length = sum(loading**2 for loading in mixed.values()) ** 0.5
    return {factor: loading / length for factor, loading in mixed.items()}


def correlations(names: Sequence[str], groups: Mapping[str, str]) -> Array:
    """Give the declared correlations of what providers fall short by, (indicator, indicator)."""
    loadings = [loadings_of(name, groups) for name in names]
    factors = sorted({factor for each in loadings for factor in each})
    matrix = np.array([[each.get(factor, 0.0) for factor in factors] for each in loadings])
    return np.asarray(matrix @ matrix.T)


def displacing(names: Sequence[str]) -> list[tuple[str, str]]:
    """Give the pairs (saved here, spent there) of which both indicators are listed."""
    pairs = [(cause, name) for name, (cause, _) in _DISPLACED.items()]
    return [pair for pair in pairs if set(pair) <= set(names)]


def draw_shortfalls(register: Register, loadings: Loadings) -> Array:
    """Draw z of each provider, before any shift; the same factors in every indicator."""
    found = np.zeros(len(register.codes))
    for factor, loading in loadings.items():
        key = f"{register.kind} {factor}"
        rng = generator(register.random_seed, "nation effects", source_hash=key)
        found += loading * rng.standard_normal(len(found))
    return found


def specialist_shift(register: Register, spec: ModelSpec) -> float:
    """Say by how much specialists are shifted: in half of the indicators, and where excluded."""
    if spec.exclusions:
        return SPECIALIST_SHIFT
    rng = generator(register.random_seed, "nation effects", source_hash=f"shift {spec.name}")
    return SPECIALIST_SHIFT if rng.random() < 0.5 else 0.0


def draw_transients(register: Register, spec: ModelSpec, *, sd: float, rho: float) -> Array:
    """Draw each provider's departures from its lasting level, shape (provider, quarter)."""
    key = f"{register.kind} transient {spec.name}"
    rng = generator(register.random_seed, "nation effects", source_hash=key)
    fresh = rng.standard_normal((len(register.codes), register.quarters))
    root = correlation_root(np.arange(register.quarters, dtype=np.float64), rho)
    return np.asarray(sd * fresh @ root.T)
