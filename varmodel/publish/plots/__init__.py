"""Pictures: one file a plot; an Axes in, an Axes out, matplotlib imported when one is drawn.

what a user has -> what it is about, and what must be said       annotation.annotation_of_fit
no axes -> axes                                                  parts.layout.axes_for
"""

from varmodel.publish.plots.changes import plot_change
from varmodel.publish.plots.one_provider.decomposition import plot_decomposition
from varmodel.publish.plots.predictive_check import plot_predictive_check
from varmodel.publish.plots.rank_probabilities import plot_rank_probabilities
from varmodel.publish.plots.ranks import plot_ranks
from varmodel.publish.plots.rates import plot_rates
from varmodel.publish.plots.savings import plot_savings
from varmodel.publish.plots.shrinkage import plot_shrinkage
from varmodel.publish.plots.trace import plot_trace
from varmodel.publish.plots.trend import plot_trend
from varmodel.publish.plots.universes import plot_sensitivity, plot_tornado
from varmodel.publish.plots.volume import plot_volume

__all__ = [
    "plot_change",
    "plot_decomposition",
    "plot_predictive_check",
    "plot_rank_probabilities",
    "plot_ranks",
    "plot_rates",
    "plot_savings",
    "plot_sensitivity",
    "plot_shrinkage",
    "plot_tornado",
    "plot_trace",
    "plot_trend",
    "plot_volume",
]
