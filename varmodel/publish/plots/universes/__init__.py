"""Pictures of a sensitivity analysis.

universes -> their totals in order, with their options      curve.plot_sensitivity
universes -> each option alone about the base               tornado.plot_tornado
"""

from varmodel.publish.plots.universes.curve import plot_sensitivity
from varmodel.publish.plots.universes.tornado import plot_tornado

__all__ = ["plot_sensitivity", "plot_tornado"]
