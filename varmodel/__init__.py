"""Variation between health-care providers: adjusted rates, honest ranks, credible savings.

name or path -> ModelSpec              load_model
spec, table -> frame                   prepare
spec, frame -> Fit                     fit
fit -> rates -> ranks                  adjusted_rates, rank
rates, benchmark, price -> savings     savings
draws of anything -> a table           summarise
spec, table -> all of it, and pages    analyse

Each is loaded when it is first asked for: who only fits does not wait for pages.
"""

from varmodel.late import NAMES as __all__  # noqa: F401, N811
from varmodel.late import __dir__, __getattr__  # noqa: F401
