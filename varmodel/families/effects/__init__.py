"""Distributions of the provider effects: one row each, with mean 0 and the sd it is given.

name -> its row      EFFECTS
"""

from varmodel.families.effects.distribution import EffectDistribution, Normals
from varmodel.families.effects.flexible import FLEXIBLE_EFFECTS, LogSpline, flexible_spline
from varmodel.families.effects.mixture import MIXTURE_EFFECTS
from varmodel.families.effects.normal import NORMAL_EFFECTS
from varmodel.families.effects.student_t import STUDENT_T_EFFECTS, Arcsinh, arcsinh_form

_ROWS = (NORMAL_EFFECTS, STUDENT_T_EFFECTS, MIXTURE_EFFECTS, FLEXIBLE_EFFECTS)
EFFECTS: dict[str, EffectDistribution] = {row.name: row for row in _ROWS}

__all__ = [
    "EFFECTS",
    "NORMAL_EFFECTS",
    "Arcsinh",
    "EffectDistribution",
    "LogSpline",
    "Normals",
    "arcsinh_form",
    "flexible_spline",
]
