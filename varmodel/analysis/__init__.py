"""Orchestrators that end in pages.

spec, table -> Analysis                   analyse.analyse
analysis, table -> it with a forecast     foresee.with_forecast
"""
