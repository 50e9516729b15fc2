"""The nil rule: whether there is any variation to save on (methods 7).

An interval of a sum of positive parts never holds 0. So a saving is published only where the
variation between providers is both detectable and relevant.
"""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import special

from varmodel.fits import Fit
from varmodel.fits.threads import share_out
from varmodel.studies.null_model import (
    block_sizes,
    dispersion,
    fit_observed,
    read_null_model,
    simulate_tables,
)

TABLES = 999
UPPER_PROB = 0.95
#: Tables that repeat the observed one tie with it, whatever the rounding.
_ROUNDING = 1e-9
#: On the identity link a provider sd is relevant above this share of the national mean.
RELEVANT_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class NilVerdict:
    """Whether the providers can be told apart at all.

    Attributes
    ----------
    distinguishable : bool
        Both ``p_value < nil.alpha`` and ``prob_relevant >= nil.prob``. Where False, the saving
        is published as "nil to ``upper``" and no provider is named.
    p_value : float
        Parametric bootstrap of the spread between providers under no true variation.
    prob_relevant : float
        Posterior probability that provider_sd exceeds the smallest relevant one.
    upper : float
        95 % posterior quantile of the total saving (annual where the model says what a year
        is), in currency; NaN without savings.
    alpha : float
        Level of the test, ``nil.alpha``.
    prior_prob_relevant : float
        Prior probability of the same as ``prob_relevant``; where it is itself above
        ``nil.prob`` the posterior one says nothing. NaN where it was not worked out.
    """

    distinguishable: bool
    p_value: float
    prob_relevant: float
    upper: float
    alpha: float = 0.05
    prior_prob_relevant: float = math.nan

    @property
    def detectable(self) -> bool:
        """Whether chance alone seldom makes such a spread: ``p_value < alpha``.

        Detectable and not distinguishable means: real, but not shown to matter.
        """
        return self.p_value < self.alpha


def judge_nil(fit: Fit, *, total: xr.DataArray | None = None, random_seed: int) -> NilVerdict:
    """Judge whether there is variation between providers worth a saving (methods 7).

    Parameters
    ----------
    fit : Fit
    total : xarray.DataArray (chain, draw), optional
        Total saving.
    random_seed : int
        Seed of the bootstrap tables.

    Returns
    -------
    NilVerdict
        Read ``distinguishable`` first: where it is False no lower bound and no name may be
        quoted. Measured: falsely True in at most 4 % of tables without variation.
    """
    rule = fit.spec.nil
    p_value = spread_p_value(fit, random_seed=random_seed)
    sd = fit.posterior["provider_sd"]
    relevant = float((sd > smallest_relevant_sd(fit)).mean())
    upper = math.nan if total is None else float(total.quantile(UPPER_PROB))
    told_apart = p_value < rule.alpha and relevant >= rule.prob
    return NilVerdict(told_apart, p_value, relevant, upper, alpha=rule.alpha)


def smallest_relevant_sd(fit: Fit) -> float:
    """Give the provider sd of the smallest relevant median odds (rate) ratio."""
    if fit.spec.family_row.link_name == "identity":
        return RELEVANT_SHARE * abs(float(fit.frame.attrs["pooled_mean"]))
    mor = fit.spec.nil.smallest_relevant_mor
    return math.log(mor) / (math.sqrt(2) * float(special.ndtri(0.75)))


def spread_p_value(fit: Fit, *, random_seed: int, tables: int = TABLES) -> float:
    """Compare the spread between providers with tables drawn from the model without it.

    The statistic is X2 = sum_j (O_j - E_j)^2 / V_j at the fit without provider effects; each of
    the ``tables`` bootstrap tables is fitted again. p = (1 + #{X2_b >= X2}) / (1 + tables).
    """
    null = read_null_model(fit)
    fitted = fit_observed(null)
    observed = dispersion(null, fitted)[0] * (1 - _ROUNDING)

    def beyond(block: tuple[int, np.random.SeedSequence]) -> int:
        count, seed = block
        drawn = simulate_tables(null, fitted, tables=count, rng=np.random.default_rng(seed))
        return int((dispersion(null, drawn) >= observed).sum())

    counts = block_sizes(null, tables=tables)
    seeds = np.random.SeedSequence(random_seed).spawn(1)[0].spawn(len(counts))
    found = share_out(beyond, zip(counts, seeds, strict=True))
    return (1 + sum(found)) / (1 + tables)
