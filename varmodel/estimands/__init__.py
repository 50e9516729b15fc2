"""From joint draws to numbers: pure functions, every functional in each draw, summarised last."""

from varmodel.estimands.benchmarks import benchmark_rates, unshrunken_rates
from varmodel.estimands.comparisons import exceedance, pairwise
from varmodel.estimands.money import savings
from varmodel.estimands.prediction import predict
from varmodel.estimands.predictive import posterior_predictive, predictive_check
from varmodel.estimands.ranking import rank, rank_probabilities
from varmodel.estimands.rates import (
    adjusted_rates,
    observed_rates,
    provider_effects,
    standardised_ratios,
)
from varmodel.estimands.reliabilities import order_reliability, rankability, reliability
from varmodel.estimands.summary import summarise
from varmodel.estimands.variation import variance_components

__all__ = [
    "adjusted_rates",
    "benchmark_rates",
    "exceedance",
    "observed_rates",
    "order_reliability",
    "pairwise",
    "posterior_predictive",
    "predict",
    "predictive_check",
    "provider_effects",
    "rank",
    "rank_probabilities",
    "rankability",
    "reliability",
    "savings",
    "standardised_ratios",
    "summarise",
    "unshrunken_rates",
    "variance_components",
]
