"""One compilation a structure: quarters, indicators and variants share it.

Providers, terms and periods are padded to a few sizes. A padded provider or period owns no cell
and a padded term is a column of zeros, so they keep their prior and touch nothing; they are cut
off afterwards.
"""

from dataclasses import dataclass, replace

import numpy as np
import nutpie
import pymc as pm

from varmodel.inference.nuts.arrays import Arrays, Structure
from varmodel.inference.nuts.model import DIMS, build

LEAST_PROVIDERS = 64
LEAST_TERMS = 8
PERIODS = 4
PREDICTORS = 4
CLASSES = 4
LEAST_GROUPS = 16
_GROWTH = 2

#: Arrays that are as long as a padded dimension.
PADDED = frozenset(
    {
        *("centred", "design", "period_design", "transient_centred"),
        *("effect_design", "class_index", "class_share", "level_index"),
        "level_share",
    }
)

_COMPILED: dict[Structure, "Compiled"] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A compiled structure, and its model, which owns the starting points."""

    model: pm.Model
    sampler: nutpie.compile_pymc.CompiledPyMCModel


def pad(structure: Structure) -> Structure:
    """Enlarge a structure to the next size that is compiled."""
    return replace(
        structure,
        providers=_next_size(structure.providers, LEAST_PROVIDERS),
        terms=_next_size(structure.terms, LEAST_TERMS),
        periods=_next_part(structure.periods, PERIODS),
        predictors=_next_part(structure.predictors, PREDICTORS),
        classes=_next_part(structure.classes, CLASSES),
        groups=_next_part(structure.groups, LEAST_GROUPS),
    )


def pad_arrays(arrays: Arrays, structure: Structure) -> Arrays:
    """Enlarge arrays to a padded structure."""
    sizes = sizes_of(structure)
    padded = dict(arrays)
    for name in PADDED & arrays.keys():
        values = arrays[name]
        rest = [
            (0, sizes.get(dim, length) - length)
            for dim, length in zip(DIMS[name], values.shape, strict=True)
        ]
        padded[name] = np.pad(values, rest)
    if "period_place" in arrays:  # periods that follow the last
        known = arrays["period_place"]
        more = known[-1] + np.arange(1, structure.periods - len(known) + 1)
        padded["period_place"] = np.concatenate([known, more])
    return padded


def sizes_of(structure: Structure) -> dict[str, int]:
    """Give the lengths of the dimensions that a structure has."""
    found = {
        "period": structure.periods,
        "predictor": structure.predictors,
        "class": structure.classes,
        "level": structure.levels,
        "group": structure.groups,
    }
    always = {"provider": structure.providers, "term": structure.terms}
    return always | {name: size for name, size in found.items() if size}


def is_compiled(structure: Structure) -> bool:
    """Whether a structure's compilation is at hand."""
    return pad(structure) in _COMPILED


def compiled_with(structure: Structure, arrays: Arrays) -> nutpie.compile_pymc.CompiledPyMCModel:
    """Compile a structure once, and hand it these data."""
    padded = pad(structure)
    enlarged = pad_arrays(arrays, padded)
    if padded not in _COMPILED:
        coords = {name: np.arange(size).astype(str) for name, size in sizes_of(padded).items()}
        model = build(padded, enlarged, coords=coords)
        _COMPILED[padded] = Compiled(model, nutpie.compile_pymc_model(model))
    compiled = _COMPILED[padded]
    for name, values in enlarged.items():
        compiled.model[name].set_value(values)  # the starting points read the model's own data
    return compiled.sampler.with_data(**enlarged)


def _next_size(size: int, least: int) -> int:
    while least < size:
        least *= _GROWTH
    return least


def _next_part(size: int, least: int) -> int:
    """Give the next size of a part that a model may be without."""
    return _next_size(size, least) if size else 0
