"""Many indicators and periods at once.

[(spec, table), ...] -> sequence of Fit      fit_many
configuration -> a quarter as published      run_quarter
"""

from varmodel.batch.quarter import Quarter, run_quarter
from varmodel.inference.many import fit_many

__all__ = ["Quarter", "fit_many", "run_quarter"]
