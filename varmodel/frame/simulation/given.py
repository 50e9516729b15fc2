"""The part of a simulation's truth that the caller fixes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The part of the truth that the caller fixes.

    Attributes
    ----------
    values : mapping of str to object
        By name: parameters of the model and provider_effect.
    """

    values: Mapping[str, object]

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of the terms whose coefficients are given by name."""
        coefficients = self.values.get("coefficients")
        if isinstance(coefficients, xr.DataArray) and "term" in coefficients.coords:
            return tuple(str(name) for name in coefficients["term"].values)
        return tuple(map(str, coefficients)) if isinstance(coefficients, Mapping) else ()

    def scalar(self, name: str, drawn: float) -> float:
        """Take a number that is given, or the one that was drawn."""
        return float(self.array(name, np.asarray(drawn)))

    def array(self, name: str, drawn: Array) -> Array:
        """Take finite numbers of the shape that was drawn, or those."""
        if name not in self.values:
            return drawn
        raw = self.values[name]
        listed = list(raw.values()) if isinstance(raw, Mapping) else raw
        try:
            values = np.asarray(cast(Array, listed), dtype=np.float64)
        except (TypeError, ValueError):
            values = np.full(1, np.nan)
        if values.shape != drawn.shape or not np.isfinite(values).all():
            wanted = f"{drawn.size} finite numbers" if drawn.ndim else "a finite number"
            fail("CONFIG.VALUE", f"truth {name} must be {wanted}, not shape {values.shape}")
        return values

    def coefficients(self, names: list[str], drawn: Array) -> Array:
        """Take coefficients in the order of the terms, or by name, those not named as drawn."""
        named = self.term_names
        if not named:
            return self.array("coefficients", drawn)
        for name in named:
            if name not in names:
                fail("CONFIG.VALUE", f"the design has no term {name!r}; {one_of(name, names)}")
        values = self.array("coefficients", np.empty(len(named)))
        found = dict(zip(names, drawn, strict=True)) | dict(zip(named, values, strict=True))
        return np.array([found[name] for name in names])
