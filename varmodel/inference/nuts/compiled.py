"""One compilation a structure: quarters, indicators and variants share it.

Providers and terms are padded to a few sizes. A padded provider owns no cell and a padded term
a column of zeros, so both keep their prior and touch nothing; they are cut off afterwards.
"""

from dataclasses import dataclass, replace

import numpy as np
import nutpie
import pymc as pm

from varmodel.inference.nuts.arrays import Arrays, Structure
from varmodel.inference.nuts.model import build

LEAST_PROVIDERS = 64
LEAST_TERMS = 8
_GROWTH = 2

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
    )


def pad_arrays(arrays: Arrays, structure: Structure) -> Arrays:
    """Enlarge arrays to a padded structure."""
    padded = dict(arrays)
    rest = structure.providers - len(arrays["centred"])
    padded["centred"] = np.pad(arrays["centred"], (0, rest))
    design = arrays["design"]
    padded["design"] = np.pad(design, ((0, 0), (0, structure.terms - design.shape[1])))
    return padded


def is_compiled(structure: Structure) -> bool:
    """Whether a structure's compilation is at hand."""
    return pad(structure) in _COMPILED


def compiled_with(structure: Structure, arrays: Arrays) -> nutpie.compile_pymc.CompiledPyMCModel:
    """Compile a structure once, and hand it these data."""
    padded = pad(structure)
    enlarged = pad_arrays(arrays, padded)
    if padded not in _COMPILED:
        coords = {
            "provider": np.arange(padded.providers).astype(str),
            "term": np.arange(padded.terms).astype(str),
        }
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
