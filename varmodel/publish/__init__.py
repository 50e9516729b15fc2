"""Numbers to pages: tables, plots, files, the headline, the report; nothing is fitted here.

figures -> what may be said of them         wording.verdict.verdict_of
fit, figures, verdicts -> Published         published.Published
figures -> data frames                      tables.data_frames.tables_of
figures -> printed tables                   tables.printed.print_tables
analysis -> page                            report.write_report
label -> text as it is shown                names.literal
analysis -> folder of a run                 files.write_run
"""

from varmodel.publish.files import write_run, write_tables
from varmodel.publish.plots import (
    plot_change,
    plot_decomposition,
    plot_predictive_check,
    plot_rank_probabilities,
    plot_ranks,
    plot_rates,
    plot_savings,
    plot_sensitivity,
    plot_shrinkage,
    plot_tornado,
    plot_trace,
    plot_trend,
    plot_volume,
)
from varmodel.publish.published import Published
from varmodel.publish.report import write_report
from varmodel.publish.tables.data_frames import tables_of
from varmodel.publish.tables.documents import write_printed
from varmodel.publish.wording.headline import headline

__all__ = [
    "Published",
    "headline",
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
    "tables_of",
    "write_printed",
    "write_report",
    "write_run",
    "write_tables",
]
