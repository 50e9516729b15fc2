"""The nil rule: whether there is any variation to save on (methods 7).

An interval of a sum of positive parts never holds 0. So a saving is published only where the
variation between providers is both detectable and relevant.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.errors import Problem, Where, refuse
from varmodel.estimands.draws.stacked import lasting_sd
from varmodel.families.summed import can_sum
from varmodel.fits import Fit
from varmodel.frame import prior_of_spread, tells_what_lasts
from varmodel.numerics import special
from varmodel.numerics.loops.worth import worth_drawing
from varmodel.numerics.streams import streams
from varmodel.numerics.threads import share_out
from varmodel.spec import ModelSpec
from varmodel.studies.null_model import (
    NullModel,
    fit_observed,
    read_null_model,
    simulate_tables,
    spread_statistic,
)

TABLES = 999
UPPER_PROB = 0.95
#: Tables that repeat the observed one tie with it, whatever the rounding.
_ROUNDING = 1e-9
#: Numbers that a block of tables holds of each kind: cells, or sums where it is drawn as sums.
_BLOCK_CELLS, _BLOCK_SUMS = 500_000, 2_000_000
#: On the identity link a provider sd is relevant above this share of the sd of single
#: measurements: what .0511, a median odds ratio of 1.05, is of the sd of a logistic distribution.
RELEVANT_SHARE = 0.03


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
        Posterior probability that provider_sd (where providers share effects of classes, levels
        or predictors, the sd of their effects) exceeds the smallest relevant one
        (:func:`smallest_relevant_sd`).
    upper : float
        95 % posterior quantile of the total saving (annual where the model says what a year
        is), in currency; NaN without savings.
    alpha : float
        Level of the test, ``nil.alpha``.
    prior_prob_relevant : float
        Prior probability of the same as ``prob_relevant``. Where it is itself above
        ``nil.prob`` the posterior one says nothing: the verdict is then that of the test alone.
        NaN where it was not worked out.
    several_periods : bool
        Whether more than one in ten providers has several periods. What is found then lasts
        beyond one of them, whatever the transient of the fit: tables without lasting differences
        still differ in each period.
    """

    distinguishable: bool
    p_value: float
    prob_relevant: float
    upper: float
    alpha: float = 0.05
    prior_prob_relevant: float = math.nan
    several_periods: bool = False

    @property
    def detectable(self) -> bool:
        """Whether chance alone seldom makes such a spread: ``p_value < alpha``.

        Detectable and not distinguishable means: real, but not shown to matter.
        """
        return self.p_value < self.alpha


def judge_nil(
    fit: Fit,
    *,
    total: xr.DataArray | None = None,
    random_seed: int,
    p_value: float | None = None,
) -> NilVerdict:
    """Judge whether there is variation between providers worth a saving (methods 7).

    Parameters
    ----------
    fit : Fit
    total : xarray.DataArray (chain, draw), optional
        Total saving.
    random_seed : int
        Seed of the bootstrap tables.
    p_value : float, optional
        What :func:`spread_p_value` gave of the same draws: the test takes neither benchmark nor
        price.

    Returns
    -------
    NilVerdict
        Read ``distinguishable`` first: where it is False no lower bound and no name may be
        quoted. It is falsely True in at most a share ``nil.alpha`` of tables without variation,
        whatever the prior, for the test alone has that size, under the model's own noise:
        counts that cluster, and case mix that is left out, are found as differences. Where the
        prior probability of relevance is below ``nil.prob`` it is rarer. Measured at the
        defaults, shares of some 400 cases, 12 to 150 providers: in at most 4 % of tables.

    Raises
    ------
    SpecError
        CONFIG.KEY for published values without ``nil.smallest_relevant``.
    """
    rule, least = fit.spec.nil, smallest_relevant_sd(fit)
    if p_value is None:
        p_value = spread_p_value(fit, random_seed=random_seed)
    relevant = float((lasting_sd(fit) > least).mean())
    return NilVerdict(
        distinguishable=p_value < rule.alpha and relevant >= rule.prob,
        p_value=p_value,
        prob_relevant=relevant,
        upper=math.nan if total is None else float(total.quantile(UPPER_PROB)),
        alpha=rule.alpha,
        prior_prob_relevant=prior_of_spread(fit.spec, fit.frame).prob_above(least),
        several_periods=tells_what_lasts(fit.frame),
    )


def require_relevance(spec: ModelSpec) -> None:
    """Refuse published values of which the model does not say what spread matters.

    Their table holds no single measurements whose sd could set a scale.

    Parameters
    ----------
    spec : ModelSpec

    Raises
    ------
    SpecError
        CONFIG.KEY where ``nil.smallest_relevant`` is missing.
    """
    if spec.form.name != "published" or spec.nil.smallest_relevant is not None:
        return
    where = Where(column="nil.smallest_relevant")
    message = "published values need [nil] smallest_relevant: the smallest provider sd that matters"
    fix = f"state it under [nil], in the units of {spec.value}"
    refuse([Problem("CONFIG.KEY", message, where, fix=fix)])


def smallest_relevant_sd(fit: Fit) -> float:
    """Give the smallest relevant provider sd on the link scale.

    Identity link: ``nil.smallest_relevant``, or a share of the pooled sd of single measurements.
    Others: that of the smallest relevant median odds (rate) ratio.
    """
    require_relevance(fit.spec)
    rule = fit.spec.nil
    if fit.spec.family_row.link_name == "identity":
        if rule.smallest_relevant is not None:
            return rule.smallest_relevant
        return RELEVANT_SHARE * float(fit.frame.attrs["pooled_sd"])
    return math.log(rule.smallest_relevant_mor) / (math.sqrt(2) * float(special.ndtri(0.75)))


def spread_p_value(
    fit: Fit, *, random_seed: int, tables: int = TABLES, known: dict[str, float] | None = None
) -> float:
    """Compare the spread between providers with tables drawn from the model without it.

    The statistic is X2 = sum_j (O_j - E_j)^2 / V_j at the fit without provider effects; each of
    the ``tables`` bootstrap tables is fitted again. p = (1 + #{X2_b >= X2}) / (1 + tables).
    ``known`` holds what was found of this seed and so many tables: fits that differ in what the
    model without provider effects has not, such as the prior of their sd, share it.
    """
    null, table = read_null_model(fit), str(fit.frame.attrs["source_hash"])
    found = {} if known is None else known
    key = _digest(null, table)
    if key not in found:
        found[key] = _p_value(null, table=table, random_seed=random_seed, tables=tables)
    return found[key]


def _digest(null: NullModel, table: str) -> str:
    """Name all that bootstrap tables of a seed depend on; ``table`` names the observed cells."""
    own = sorted((name, np.asarray(x).tolist()) for name, x in null.own.items())
    said = (table, null.family.name, null.residual, null.level, own)
    arrays = [null.prior_mean, null.prior_precision, null.design, null.pattern_index, null.starts]
    if null.units is not None:
        arrays += [null.units.of_cell, null.units.place]
    whole = hashlib.sha256(repr(said).encode())
    for values in arrays:
        whole.update(repr(values.shape).encode() + values.tobytes())
    return whole.hexdigest()


def _p_value(null: NullModel, *, table: str, random_seed: int, tables: int) -> float:
    fitted = fit_observed(null)
    observed = spread_statistic(null, fitted)[0] * (1 - _ROUNDING)

    def beyond(block: tuple[int, np.random.SeedSequence]) -> int:
        count, seed = block
        rng = np.random.default_rng(seed)
        drawn = simulate_tables(null, fitted, tables=count, rng=rng, summed=summed)
        return int((spread_statistic(null, drawn) >= observed).sum())

    summed = _worth_summing_tables(null, tables=tables)
    counts = block_sizes(null, tables=tables, summed=summed)
    seeds = streams(random_seed, "nil tables", source_hash=table).spawn(len(counts))
    found = share_out(beyond, zip(counts, seeds, strict=True))
    return (1 + sum(found)) / (1 + tables)


def _worth_summing_tables(null: NullModel, *, tables: int) -> bool:
    """Say whether tables are drawn as sums: by what they are, so that a seed gives one answer."""
    if null.grouped is None or not can_sum(null.family, null.cells):
        return False
    return worth_drawing(null.grouped.size.nnz * tables)


def block_sizes(null: NullModel, *, tables: int, summed: bool = False) -> list[int]:
    """Part tables into blocks of bounded memory; few, where their drawing shares itself out."""
    width, largest = null.cells.response.size, _BLOCK_CELLS
    if summed and null.grouped is not None:
        width, largest = sum(null.grouped.size.shape), _BLOCK_SUMS
    per_block = max(1, largest // width)
    return [min(per_block, tables - first) for first in range(0, tables, per_block)]
