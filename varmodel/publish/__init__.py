"""Numbers to pages: tables, plots, files, the headline, the report; nothing is fitted here."""

from varmodel.publish.documents import write_printed
from varmodel.publish.files import write_run, write_tables
from varmodel.publish.headline import headline
from varmodel.publish.plots import (
    plot_predictive_check,
    plot_rank_probabilities,
    plot_ranks,
    plot_rates,
    plot_savings,
    plot_shrinkage,
    plot_trace,
    plot_volume,
)
from varmodel.publish.report import write_report
from varmodel.publish.tables import ranking_table, rates_table, savings_table, totals_table

__all__ = [
    "headline",
    "plot_predictive_check",
    "plot_rank_probabilities",
    "plot_ranks",
    "plot_rates",
    "plot_savings",
    "plot_shrinkage",
    "plot_trace",
    "plot_volume",
    "ranking_table",
    "rates_table",
    "savings_table",
    "totals_table",
    "write_printed",
    "write_report",
    "write_run",
    "write_tables",
]
