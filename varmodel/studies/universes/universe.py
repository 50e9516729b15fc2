"""A universe: a model, and how much of its saving is released as cash.

The share is no field of a model: it is an option of a dimension beside the fields, and touches no
draw.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr

from varmodel.estimands.money import released
from varmodel.estimands.money.netted import Share, share_ends
from varmodel.spec import ModelSpec
from varmodel.spec.canonical import sha256_of

#: What an option may name beside the fields of a model.
RELEASABLE, CLOSURE = RELEASE_FIELDS = ("releasable", "closure")


@dataclass(frozen=True, slots=True)
class Universe:
    """One combination of choices.

    Attributes
    ----------
    spec : ModelSpec
    releasable : float, or three numbers
        The share of the saving that is cash: a number, or a PERT distribution.
    closure : float
        The share of the gap that is closed.
    """

    spec: ModelSpec
    releasable: Share = 1.0
    closure: float = 1.0

    @property
    def gross(self) -> bool:
        """Whether all of the saving counts, at average cost."""
        return share_ends(self.releasable) == (1.0, 1.0, 1.0) and self.closure == 1

    @property
    def digest(self) -> str:
        """Name what is published: the model's own digest where the saving is gross."""
        if self.gross:
            return self.spec.digest
        released = share_ends(self.releasable), float(self.closure)
        return sha256_of(json.dumps([self.spec.digest, *released]))

    @property
    def draws_digest(self) -> str:
        """Name what fixes the draws: peers, unlike other columns of a frame, are not fitted."""
        spec = self.spec if self.spec.peers is None else self.spec.replace(peers=None)
        return spec.fit_digest

    def cash(self, savings: xr.Dataset, *, random_seed: int) -> xr.Dataset:
        """Put what is released in the place of the gross saving; who is named is left as it is."""
        if self.gross:
            return savings
        found = released(
            savings, releasable=self.releasable, closure=self.closure, random_seed=random_seed
        )
        return savings.assign(saving=found["saving"], total=found["total"])


def release_of(fields: Mapping[str, object]) -> dict[str, object]:
    """Take what is no field of a model from the fields of an option."""
    return {name: value for name, value in fields.items() if name in RELEASE_FIELDS}
