"""Numbers to pages: tables, CSV files, the printed headline; nothing is fitted here."""

from varmodel.publish.files import write_run, write_tables
from varmodel.publish.headline import headline
from varmodel.publish.tables import ranking_table, rates_table, savings_table, totals_table

__all__ = [
    "headline",
    "ranking_table",
    "rates_table",
    "savings_table",
    "totals_table",
    "write_run",
    "write_tables",
]
