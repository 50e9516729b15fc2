"""Tables made up from a model, and their truth.

spec -> who treats how many of which kind        layout.lay_out
spec -> parameters                               truth.draw_truth
both -> table, truth                             simulation.simulate
"""

from varmodel.frame.simulate.simulation import Simulation, simulate

__all__ = ["Simulation", "simulate"]
