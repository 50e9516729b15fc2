"""Data in: a table becomes a frame of labelled arrays, or is refused with every reason."""

from varmodel.frame.contents import cells_of
from varmodel.frame.describe import describe
from varmodel.frame.prepare import prepare
from varmodel.frame.priors import resolve_priors
from varmodel.frame.simulate import Simulation, simulate

__all__ = ["Simulation", "cells_of", "describe", "prepare", "resolve_priors", "simulate"]
