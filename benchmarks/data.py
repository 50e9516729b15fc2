"""One problem as files: what every adapter reads, in any language (NumPy only)."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

META = "meta.json"


@dataclass(frozen=True)
class Data:
    """The arrays of a problem, read when they are asked for.

    Attributes
    ----------
    folder : Path
        ``response``, ``size``, ``provider``, ``pattern`` by cell; ``spread`` of measurements;
        ``period`` where there are several, every provider in each;
        ``design`` (pattern, term), centred and scaled; of measurements also each row:
        ``row_value`` (its log for lognormal), ``row_provider``, ``row_pattern``.
    """

    folder: Path

    @cached_property
    def meta(self) -> dict[str, Any]:
        """Family, effect, priors (mu, sigma), providers, whether to centre, seconds."""
        return json.loads((self.folder / META).read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> np.ndarray:
        return np.load(self.folder / f"{name}.npy")

    def has(self, name: str) -> bool:
        return (self.folder / f"{name}.npy").exists()

    @property
    def likelihood(self) -> str:
        """The family of the linear predictor: lognormal stays are normal on the log scale."""
        return {"lognormal": "normal"}.get(self.meta["family"], self.meta["family"])

    @property
    def providers(self) -> int:
        return int(self.meta["providers"])

    @property
    def periods(self) -> int:
        """Number of periods of a panel; 0 where nothing passes."""
        return int(self["period"].max()) + 1 if self.meta["transient"] == "ar1" else 0

    def scale(self, name: str) -> float:
        """Give the prior sd of a parameter."""
        return float(self.meta["priors"][name][1])

    def location(self, name: str) -> float:
        return float(self.meta["priors"][name][0])

    def cell_design(self) -> np.ndarray:
        """Give the design by cell."""
        return self["design"][self["pattern"]]

    def rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give value, provider and design of each measurement: for peers that take no sums."""
        return self["row_value"], self["row_provider"], self["design"][self["row_pattern"]]
