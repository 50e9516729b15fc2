"""Orchestrators that end in pages.

spec, table -> Analysis      analyse.analyse
"""

from varmodel.analysis.analyse import Analysis, analyse

__all__ = ["Analysis", "analyse"]
