"""A fit: spec, frame and draws, frozen; its diagnosis; its folder on disk."""

from varmodel.fits.artifact import load_fit, save_fit
from varmodel.fits.diagnostics import Diagnosis, diagnose
from varmodel.fits.fit import Fit

__all__ = ["Diagnosis", "Fit", "diagnose", "load_fit", "save_fit"]
