"""How far each provider's level is centred: by the information its data carry.

A provider with much information should be sampled on its own level (centred), one with little
on its standardised deviation (Papaspiliopoulos, Roberts & Skoeld 2007). The posterior is the
same whatever is chosen; only the sampler's efficiency differs.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import FAMILIES, Pooled
from varmodel.frame import cells_of

#: Reliability odds at which a level is half centred. Measured on sets of 12 and 60 providers of 20
#: to 5,000 cases: with 3 no divergence in 38 runs, ESS of sd and intercept 790 or more of 4,000
#: draws; with 1 a twentieth to a half of the runs of three sets diverge; all centred, or none,
#: falls below an ESS of 100.
HALF = 3.0


def centred_share(frame: xr.Dataset) -> npt.NDArray[np.float64]:
    """Give each provider's share of centring, shape (provider,), between 0 and 1."""
    information, score = provider_information(frame)
    odds = information * moment_variance(information, score)
    return np.asarray(odds / (HALF + odds))


def provider_information(
    frame: xr.Dataset,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sum Fisher information and score of each provider at the national mean."""
    family = FAMILIES[frame.attrs["family"]]
    cells, providers = cells_of(frame), frame["provider_index"].to_numpy()
    with np.errstate(divide="ignore"):
        level = family.link.forward(np.asarray(frame.attrs["pooled_mean"], dtype=np.float64))
    eta = np.full(cells.response.shape, level if np.isfinite(level) else 0.0)
    pooled = Pooled(frame.attrs["pooled_mean"], frame.attrs["pooled_sd"])
    own = family.typical(frame.attrs["form"], pooled)
    size = frame.sizes["provider"]
    information = np.bincount(providers, family.information(cells, eta, own), minlength=size)
    score = np.bincount(providers, family.score(cells, eta, own), minlength=size)
    return information, score


def moment_variance(information: npt.NDArray[np.float64], score: npt.NDArray[np.float64]) -> float:
    """Estimate the variance between providers by moments (DerSimonian & Laird 1986)."""
    known = information > 0
    if known.sum() < 2:  # nobody to compare with
        return 0.0
    w, z = information[known], score[known]
    excess = float((z**2 / w).sum()) - (len(w) - 1)
    return max(0.0, excess / float(w.sum() - (w**2).sum() / w.sum()))
