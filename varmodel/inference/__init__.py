"""Frame and spec to draws: one table of samplers.

spec, frame, settings -> request         request.Request
name, request -> sampler                 samplers.choose
spec, frame -> Fit                       fitting.fit
Fit -> more draws of its effects         fitting.draw_more
[(spec, table), ...] -> fits             many.fit_many
"""

from varmodel.inference.fitting import build_model, draw_more, fit
from varmodel.inference.nuts.arrays import resolve_priors

__all__ = ["build_model", "draw_more", "fit", "resolve_priors"]
