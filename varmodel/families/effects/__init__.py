"""Distributions of the provider effects: one row each, with mean 0 and the sd it is given.

name -> its row      EFFECTS
"""

from varmodel.families.effects.flexible import FLEXIBLE, Pieces, flexible_pieces
from varmodel.families.effects.law import EffectLaw, Normals
from varmodel.families.effects.mixture import MIXTURE
from varmodel.families.effects.normal import NORMAL
from varmodel.families.effects.student_t import STUDENT_T, Arcsinh, arcsinh_form

EFFECTS: dict[str, EffectLaw] = {law.name: law for law in (NORMAL, STUDENT_T, MIXTURE, FLEXIBLE)}

__all__ = [
    "EFFECTS",
    "NORMAL",
    "Arcsinh",
    "EffectLaw",
    "Normals",
    "Pieces",
    "arcsinh_form",
    "flexible_pieces",
]
