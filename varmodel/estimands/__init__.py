"""From joint draws to numbers: pure functions, every functional in each draw, summarised last.

fit -> rates (chain, draw, provider)           rates.provider_rates.adjusted_rates
rates -> ranks                                 ranks.ranking.rank
rates, benchmark, price -> savings             money.savings.savings
fit -> how much variation there is             variation.components.variance_components
fit -> the story behind each crude rate        variation.decomposition.decompose
fit, new rows -> what they would show          prediction.new_rows.predict
draws of anything -> a table                   draws.summary.summarise
counts, expected -> limits of chance           classical.limits.poisson_limits
fit or frame -> ratios, limits, flags          classical.funnel.funnel
"""

from varmodel.estimands.draws.summary import summarise
from varmodel.estimands.money.benchmarks import benchmark_rates, unshrunken_rates
from varmodel.estimands.money.savings import savings
from varmodel.estimands.prediction.log_densities import with_log_densities
from varmodel.estimands.prediction.new_rows import predict
from varmodel.estimands.prediction.predictive import posterior_predictive, predictive_check
from varmodel.estimands.ranks.comparisons import exceedance, pairwise
from varmodel.estimands.ranks.over_time import change, rank_overlap
from varmodel.estimands.ranks.ranking import rank, rank_probabilities
from varmodel.estimands.rates.provider_rates import (
    adjusted_rates,
    observed_rates,
    provider_effects,
    standardised_ratios,
)
from varmodel.estimands.variation.components import persistence_share, variance_components
from varmodel.estimands.variation.decomposition import decompose
from varmodel.estimands.variation.reliabilities import rankability, reliability

__all__ = [
    "adjusted_rates",
    "benchmark_rates",
    "change",
    "decompose",
    "exceedance",
    "observed_rates",
    "pairwise",
    "persistence_share",
    "posterior_predictive",
    "predict",
    "predictive_check",
    "provider_effects",
    "rank",
    "rank_overlap",
    "rank_probabilities",
    "rankability",
    "reliability",
    "savings",
    "standardised_ratios",
    "summarise",
    "unshrunken_rates",
    "variance_components",
    "with_log_densities",
]
