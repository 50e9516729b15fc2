"""Outcome families: one row a family, NumPy and scipy.special only, no sampler named.

name -> its row                                 FAMILIES
family -> its parameters and their priors       parameters.Parameter
words of a model file -> a prior                priors.Prior
cells of counts -> sums of many drawn tables    summed.draw_sums
"""

from varmodel.families.effects import EFFECTS, EffectDistribution
from varmodel.families.family import Family, Residual
from varmodel.families.forms import FORMS, Cells, Form
from varmodel.families.links import LINKS, Link
from varmodel.families.outcomes.beta_binomial import BETA_BINOMIAL
from varmodel.families.outcomes.binomial import BINOMIAL
from varmodel.families.outcomes.gamma import GAMMA
from varmodel.families.outcomes.lognormal import LOGNORMAL
from varmodel.families.outcomes.negative_binomial import NEGATIVE_BINOMIAL
from varmodel.families.outcomes.normal import NORMAL
from varmodel.families.outcomes.poisson import POISSON
from varmodel.families.parameters import Parameter, Pooled, Values, take
from varmodel.families.predictor import TRANSIENT_PARAMETERS, Predictor
from varmodel.families.priors import PRIORS, Prior

_ROWS = (BINOMIAL, POISSON, NORMAL, LOGNORMAL, GAMMA, BETA_BINOMIAL, NEGATIVE_BINOMIAL)
FAMILIES: dict[str, Family] = {family.name: family for family in _ROWS}

__all__ = [
    "EFFECTS",
    "FAMILIES",
    "FORMS",
    "LINKS",
    "PRIORS",
    "TRANSIENT_PARAMETERS",
    "Cells",
    "EffectDistribution",
    "Family",
    "Form",
    "Link",
    "Parameter",
    "Pooled",
    "Predictor",
    "Prior",
    "Residual",
    "Values",
    "take",
]
