"""What the national figures need of a unit's draws, in a small file: no fit is opened for them.

analysis -> SavingDraws (savings_of) -> savings.nc (write_savings) -> SavingDraws (read_savings)
"""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from varmodel.estimands import adjusted_rates, unshrunken_rates
from varmodel.fits.fit import WEIGHT
from varmodel.fits.netcdf import netcdf_bytes, read_netcdf
from varmodel.publish.published import Published
from varmodel.studies.figures import declared_peers, mean_price

_FILE = "savings.nc"


@dataclass(frozen=True, slots=True, eq=False)
class SavingDraws:
    """An indicator's savings, as joint draws.

    Attributes
    ----------
    saving : xarray.DataArray (chain, draw, provider)
        With its stamps; ``attrs["units"]`` is the currency.
    unshrunken : xarray.Dataset
        As :func:`varmodel.unshrunken_rates` gives them: how far each falls short.
    cost_base : xarray.DataArray (provider)
        What the activity costs a provider: mean price x activity x rate.
    """

    saving: xr.DataArray
    unshrunken: xr.Dataset
    cost_base: xr.DataArray


def savings_of(x: Published) -> SavingDraws | None:
    """Keep what the savings of an analysis are made of; None where it has none."""
    fit, spec = x.fit, x.spec
    if x.savings is None or spec.benchmark is None:
        return None
    activity = fit.frame["activity"] * (fit.annual_factor or 1.0)
    rates = adjusted_rates(fit, population="own", part=x.figures.part)
    return SavingDraws(
        x.savings["saving"],
        unshrunken_rates(fit, spec.benchmark, peers=declared_peers(fit)),
        mean_price(x.savings) * activity * rates.mean(("chain", "draw")),
    )


def write_savings(folder: Path, savings: SavingDraws) -> None:
    """Write them into a unit's folder; equal savings give equal bytes."""
    groups = {
        "saving": savings.saving.rename("saving").to_dataset(),
        "unshrunken": savings.unshrunken,
        "cost_base": savings.cost_base.rename("cost_base").to_dataset(),
    }
    kept = {name: _bare(group) for name, group in groups.items()}
    (folder / _FILE).write_bytes(netcdf_bytes(xr.DataTree.from_dict(kept)))


def read_savings(folder: Path) -> SavingDraws | None:
    """Read what a unit kept; None where it has no savings."""
    path = folder / _FILE
    if not path.is_file():
        return None
    tree = read_netcdf(path)
    saving, unshrunken, base = (tree[x].to_dataset() for x in ("saving", "unshrunken", "cost_base"))
    return SavingDraws(saving["saving"], unshrunken, base["cost_base"])


def _bare(group: xr.Dataset) -> xr.Dataset:
    """Keep no coordinates but the labels and the weights of the draws."""
    extra = [name for name in group.coords if name not in {*group.dims, WEIGHT}]
    return group.drop_vars(extra)
