"""How far each provider's level is centred: by the information its data carry.

A provider with much information should be sampled on its own level (centred), one with little
on its standardised deviation (Papaspiliopoulos, Roberts & Skoeld 2007). The posterior is the
same whatever is chosen; only the sampler's efficiency differs.
"""

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.families import FAMILIES
from varmodel.inference.arrays import frame_cells

#: Reliability odds at which a level is half centred. Measured: 5 keeps 4,000 draws above an ESS
#: of 1,000 from 20 to 200,000 cases a provider; all centred or none falls below 100.
HALF = 5.0


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
    cells, providers = frame_cells(frame), frame["provider_index"].to_numpy()
    with np.errstate(divide="ignore"):
        level = family.link.forward(np.asarray(frame.attrs["pooled_mean"], dtype=np.float64))
    eta = np.full(cells.response.shape, level if np.isfinite(level) else 0.0)
    scale = frame.attrs["pooled_sd"]
    size = frame.sizes["provider"]
    information = np.bincount(providers, family.information(cells, eta, scale), minlength=size)
    score = np.bincount(providers, family.score(cells, eta, scale), minlength=size)
    return information, score


def moment_variance(information: npt.NDArray[np.float64], score: npt.NDArray[np.float64]) -> float:
    """Estimate the variance between providers by moments (DerSimonian & Laird 1986)."""
    known = information > 0
    w, z = information[known], score[known]
    excess = float((z**2 / w).sum()) - (len(w) - 1)
    return max(0.0, excess / float(w.sum() - (w**2).sum() / w.sum()))
