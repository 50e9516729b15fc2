"""A made-up nation: the same providers in the tables of many indicators, truth known.

seed, numbers -> providers of one kind             register.draw_register
kind, model -> how its effects hang together       effects.loadings_of, effects.correlations
model -> level, spread and size to expect          scales.scale_of
providers, columns -> whom each of them treats     case_mix.levels_for, case_mix.mix_of
register, model -> rows: who sent what             rows.lay_out_rows
model as it reads the nation's table               indicator.nation_model
all of it -> table, truth, frame                   indicator.simulate_indicator
"""

from varmodel.frame.simulation.nation.effects import correlations, displacing
from varmodel.frame.simulation.nation.indicator import (
    SimulatedIndicator,
    nation_model,
    register_kind,
    simulate_indicator,
)
from varmodel.frame.simulation.nation.register import (
    Absence,
    Nation,
    Register,
    draw_register,
    found_nation,
)
from varmodel.frame.simulation.nation.rows import FIRST_QUARTER

__all__ = [
    "FIRST_QUARTER",
    "Absence",
    "Nation",
    "Register",
    "SimulatedIndicator",
    "correlations",
    "displacing",
    "draw_register",
    "found_nation",
    "nation_model",
    "register_kind",
    "simulate_indicator",
]
