"""Data in: a table becomes a frame of labelled arrays, or is refused with every reason.

table -> distinct combinations of texts      reading.tables.read_table
texts -> rows of numbers and labels          rows.read_rows
rows -> cells                                cells.aggregate
terms -> design                              design.matrix.build_design
all of it -> frame                           prepare.prepare
spec -> a table made up, and its truth       simulation.simulate.simulate
"""

from varmodel.frame.checks.warnings.units import FAR_BENCHMARK, benchmark_problems
from varmodel.frame.contents import annual_factor, cells_of, has_years, period_word
from varmodel.frame.describe import describe
from varmodel.frame.prepare import prepare
from varmodel.frame.providers.lasting import level_groups, shared_effect
from varmodel.frame.providers.presence import absent_periods
from varmodel.frame.providers.support import LEAST_SUPPORT
from varmodel.frame.simulation.simulate import Simulation, simulate
from varmodel.frame.transient import (
    calendar,
    periods_of,
    pin_transient,
    predictor_of,
    prior_of_spread,
    resolve_priors,
    tells_what_lasts,
    transient_of,
)

__all__ = [
    "FAR_BENCHMARK",
    "LEAST_SUPPORT",
    "Simulation",
    "absent_periods",
    "annual_factor",
    "benchmark_problems",
    "calendar",
    "cells_of",
    "describe",
    "has_years",
    "level_groups",
    "period_word",
    "periods_of",
    "pin_transient",
    "predictor_of",
    "prepare",
    "prior_of_spread",
    "resolve_priors",
    "shared_effect",
    "simulate",
    "tells_what_lasts",
    "transient_of",
]
