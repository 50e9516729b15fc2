"""What becomes of providers and of their order from one period to another (methods 10, 14)."""

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.labelled import sign_of
from varmodel.estimands.draws.stacked import label_draws, label_providers, read_period_means
from varmodel.estimands.draws.transient import StackedTransient, read_transient, require_transient
from varmodel.estimands.ranks.ranking import mid_ranks
from varmodel.estimands.rates.parts import read_periods
from varmodel.fits import Fit
from varmodel.numerics import special
from varmodel.values import Array, Index


def change(fit: Fit, *, earlier: str, later: str) -> xr.Dataset:
    """Compare two periods of each provider, from one joint fit (methods 10).

    Parameters
    ----------
    fit : Fit
        Joint posterior draws of a model with a transient.
    earlier, later : str
        Two periods of the frame, as its coordinate ``period`` or ``period_label`` names them.

    Returns
    -------
    xarray.Dataset
        ``difference`` (chain, draw, provider): adjusted rate of the later period less that of
        the earlier, on the reference population, the national change in it; ``relative``: the
        same on the link scale without the national change; ``prob_improved``,
        ``prob_improved_relative`` (provider): their probabilities of lying in the better
        direction. A change against the others is real where ``prob_improved_relative`` lies
        outside .025 to .975. Regression to the mean is in it: both periods are shrunken, so that
        a bad period followed by a usual one is no improvement by itself.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a period that the frame has not, or twice the same, for a model without
        a transient, and where the spec's ``better`` is ``"neither"``.
    """
    sign, transient = sign_of(fit.spec.better), require_transient(fit, "change")
    one, two = (_place(fit, label) for label in (earlier, later))
    if one == two:
        fail("CONFIG.VALUE", f"earlier and later are the same period, {show(earlier)}")
    before, after = (x.rates("reference") for x in read_periods(fit, np.array([one, two])))
    found = {
        "difference": after - before,
        "relative": transient.effect[:, :, two] - transient.effect[:, :, one],
    }
    periods = fit.posterior["period"].to_numpy()
    attrs = {"better": fit.spec.better, "earlier": str(periods[one]), "later": str(periods[two])}
    names = {"difference": "prob_improved", "relative": "prob_improved_relative"}
    result = {name: label_draws(fit, x, name=name, **attrs) for name, x in found.items()}
    for name, x in found.items():
        improved = (sign * x > 0).mean(axis=0)
        result[names[name]] = label_providers(fit, improved, name=names[name], **attrs)
    return xr.Dataset(result, attrs=fit.provenance | attrs)


def rank_overlap(fit: Fit) -> xr.DataArray:
    """Give the probability that two neighbours of the ranking keep their order next period.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw)
        Neighbours of the ranking by expected rank of what lasts; in each draw the mean, over the
        pairs, of the probability that the one ahead is ahead in the period after the last. The
        mean over draws is the probability: .5 says that the order of neighbours is anybody's
        guess. NaN for a model without a transient.
    """
    transient, lasting = read_transient(fit), read_period_means(fit).effect
    if transient is None:
        return label_draws(fit, np.full(len(lasting), np.nan), name="rank_overlap")
    order = np.argsort(mid_ranks(lasting, sign=1).mean(axis=0), kind="stable")
    ahead = _lead(transient, lasting, order)
    return label_draws(fit, ahead.mean(axis=1), name="rank_overlap")


def _lead(transient: StackedTransient, lasting: Array, order: Index) -> Array:
    """Give the probability that each provider is above the next of the order: (S, J - 1)."""
    rho, sd = transient.rho[:, np.newaxis], transient.sd[:, np.newaxis]
    expected = (lasting + rho * transient.effect[:, :, -1])[:, order]
    gap, noise = -np.diff(expected, axis=1), sd * np.sqrt(2 * (1 - rho**2))
    score = np.divide(gap, noise, out=np.copysign(np.full_like(gap, np.inf), gap), where=noise > 0)
    return np.asarray(special.ndtr(score))


def _place(fit: Fit, label: object) -> int:
    """Find a period of the frame by its name or by how the table writes it."""
    frame = fit.frame
    names = [name for name in ("period", "period_label") if name in frame.coords]
    for name in names:
        labels = frame[name].to_numpy().astype(str).tolist()
        if label in labels:
            return labels.index(str(label))
    known = fit.posterior["period"].to_numpy().astype(str).tolist()
    fail("CONFIG.VALUE", f"the fit has no period {show(label)}; {one_of(label, known)}")
