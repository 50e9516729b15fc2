"""Data in: a table becomes a frame of labelled arrays, or is refused with every reason."""

from varmodel.frame.contents import cells_of
from varmodel.frame.describe import describe
from varmodel.frame.prepare import prepare
from varmodel.frame.providers import LEAST_SUPPORT
from varmodel.frame.simulate import Simulation, simulate

__all__ = ["LEAST_SUPPORT", "Simulation", "cells_of", "describe", "prepare", "simulate"]
