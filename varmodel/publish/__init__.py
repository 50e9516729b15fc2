"""Numbers to pages: tables, plots, files, the headline, the report; nothing is fitted here.

figures -> what may be said of them         wording.verdict.verdict_of
figures -> data frames                      tables.data_frames.totals_table
figures -> printed tables                   tables.printed.print_tables
analysis -> page                            report.write_report
analysis -> folder of a run                 files.write_run
"""

from varmodel.publish.files import write_run, write_tables
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
from varmodel.publish.tables.data_frames import (
    ranking_table,
    rates_table,
    savings_table,
    totals_table,
)
from varmodel.publish.tables.documents import write_printed
from varmodel.publish.wording.headline import headline

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
