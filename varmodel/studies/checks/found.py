"""What is looked for beside chance and shape: size, clusters, the unlike, the excluded.

None of it changes a figure; what is found is said with the figures (methods 2, 9).
"""

from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from varmodel.fits import Fit
from varmodel.studies.checks.excluded import Excluded, rates_of_excluded
from varmodel.studies.clustering import Clustering, judge_clustering
from varmodel.studies.shape import Compared, mixed_predictive
from varmodel.studies.volume import Volume, judge_volume, refit_with_volume

#: A provider whose two-sided mixed-predictive p-value is below this is unlike the others.
UNLIKE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """What the checks found; what was not looked at is None, or empty.

    Attributes
    ----------
    volume : Volume or None
        Whether performance goes with size.
    clustering : Clustering or None
        Whether cells differ by more than the model says.
    exchangeable : xarray.DataArray (provider,) or None
        Mixed-predictive p-value of each provider, as ``mixed_predictive`` gives it.
    excluded : mapping of str to Excluded
        What each provider that the model excludes would show.
    """

    volume: Volume | None = None
    clustering: Clustering | None = None
    exchangeable: xr.DataArray | None = None
    excluded: dict[str, Excluded] = field(default_factory=dict)

    @property
    def unlike(self) -> dict[str, float]:
        """Two-sided p-values of the providers that the model does not fit, the smallest first."""
        if self.exchangeable is None:
            return {}
        one = self.exchangeable.to_numpy()
        both = 2 * np.minimum(one, 1 - one)
        labels = self.exchangeable["provider"].to_numpy()
        order = np.argsort(both, kind="stable")
        return {str(labels[k]): float(both[k]) for k in order if both[k] < UNLIKE}


def make_checks(
    fit: Fit,
    *,
    table: object,
    total: xr.DataArray | None,
    random_seed: int,
    progressbar: bool = True,
    compared: Compared | None = None,
) -> Checks:
    """Look at a fit.

    Parameters
    ----------
    fit : Fit
    table : str, path or data frame
        That of the fit.
    total : xarray.DataArray (chain, draw) or None
        Total saving; where there is one and size matters, another model is fitted.
    random_seed : int
        Seed of new tables, of effects of the excluded, and of that model.
    progressbar : bool
        Whether a terminal shows that model's fit.
    compared : Compared, optional
        What ``compare_with_like`` gave of the same fit and seed.

    Returns
    -------
    Checks
    """
    volume = judge_volume(fit)
    if total is not None:
        volume = refit_with_volume(
            volume,
            fit,
            table=table,
            total=total,
            random_seed=random_seed,
            progressbar=progressbar,
        )
    return Checks(
        volume,
        judge_clustering(fit, random_seed=random_seed),
        mixed_predictive(fit, random_seed=random_seed, compared=compared),
        rates_of_excluded(fit, table, random_seed=random_seed),
    )
