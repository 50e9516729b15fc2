"""Many indicators and periods at once.

[(spec, table), ...] -> sequence of Fit      fit_many
"""

from varmodel.inference.many import fit_many

__all__ = ["fit_many"]
