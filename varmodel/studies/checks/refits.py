"""The total saving of another model of the same table: what a total is set beside."""

from dataclasses import dataclass

import xarray as xr

from varmodel.errors import FitError, SpecError
from varmodel.fits.diagnostics import gate, require
from varmodel.inference import fit as sample
from varmodel.spec import ModelSpec
from varmodel.studies.figures import annual_savings

#: Draws and chains of a refit.
REFIT_DRAWS, REFIT_CHAINS = 350, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """How a refit is drawn.

    Attributes
    ----------
    part : str
        Which part of the effects its saving is of.
    random_seed : int
        Of draws and prices.
    sampler : str
    draws : int
        A chain; 0 takes the usual number.
    progressbar : bool
    """

    part: str
    random_seed: int
    sampler: str = "auto"
    draws: int = 0
    progressbar: bool = True


def refitted_total(
    spec: ModelSpec, frame: xr.Dataset, *, how: Refit
) -> tuple[xr.DataArray | None, str]:
    """Give the total saving of a model, or why there is none."""
    try:
        again = sample(
            spec,
            frame,
            random_seed=how.random_seed,
            sampler=how.sampler,
            draws=how.draws or REFIT_DRAWS,
            chains=REFIT_CHAINS,
            progressbar=how.progressbar,
        )
        savings = annual_savings(again, random_seed=how.random_seed, part=how.part, plug_ins=False)
        figures = {} if savings is None else {"saving": savings["total"]}
        require(gate(figures, {}), what="total")
    except (FitError, SpecError) as error:  # a sampler may not know the two together
        return None, error.problems[0].message
    return figures.get("saving"), ""
