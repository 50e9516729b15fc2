"""Data in: a table becomes a frame of labelled arrays, or is refused with every reason."""

from varmodel.frame.contents import annual_factor, cells_of, has_years
from varmodel.frame.describe import describe
from varmodel.frame.lasting import level_groups, shared_effect
from varmodel.frame.prepare import prepare
from varmodel.frame.priors import resolve_priors
from varmodel.frame.providers import LEAST_SUPPORT
from varmodel.frame.simulate import Simulation, simulate
from varmodel.frame.transient import calendar, periods_of, predictor_of, transient_of
from varmodel.frame.units import FAR_BENCHMARK, benchmark_problems

__all__ = [
    "FAR_BENCHMARK",
    "LEAST_SUPPORT",
    "Simulation",
    "annual_factor",
    "benchmark_problems",
    "calendar",
    "cells_of",
    "describe",
    "has_years",
    "level_groups",
    "periods_of",
    "predictor_of",
    "prepare",
    "resolve_priors",
    "shared_effect",
    "simulate",
    "transient_of",
]
