"""Outcome families: one row a family, NumPy and scipy.special only, no sampler named."""

from varmodel.families.binomial import BINOMIAL
from varmodel.families.family import Family, Pooled
from varmodel.families.forms import FORMS, Cells, Form
from varmodel.families.links import LINKS, Link
from varmodel.families.normal import NORMAL
from varmodel.families.poisson import POISSON
from varmodel.families.priors import PRIORS, Prior

FAMILIES: dict[str, Family] = {family.name: family for family in (BINOMIAL, POISSON, NORMAL)}

__all__ = [
    "FAMILIES",
    "FORMS",
    "LINKS",
    "PRIORS",
    "Cells",
    "Family",
    "Form",
    "Link",
    "Pooled",
    "Prior",
]
