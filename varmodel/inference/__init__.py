"""Frame and spec to draws: one table of samplers, the PyMC builders."""

from varmodel.inference.arrays import resolve_priors
from varmodel.inference.fitting import build_model, fit

__all__ = ["build_model", "fit", "resolve_priors"]
