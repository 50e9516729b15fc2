"""A fit: spec, frame and draws, frozen; its diagnosis; its folder on disk.

fit -> what its draws show         diagnostics.diagnose
fit -> a folder -> fit             artifact.save_fit, artifact.load_fit
digest -> fit of a store           store.Store
"""

from varmodel.fits.artifact import load_fit, save_fit
from varmodel.fits.diagnostics import Diagnosis, diagnose
from varmodel.fits.fit import Fit

__all__ = ["Diagnosis", "Fit", "diagnose", "load_fit", "save_fit"]
