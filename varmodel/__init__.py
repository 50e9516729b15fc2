"""Variation between health-care providers: adjusted rates, honest ranks, credible savings."""

from importlib.metadata import version

from varmodel.analysis import Analysis, analyse
from varmodel.errors import (
    ArtifactError,
    ConvergenceError,
    DesignError,
    DisclosureError,
    FitError,
    IncompleteFitError,
    InputError,
    OutputError,
    SpecError,
    VarmodelError,
    VarmodelWarning,
)
from varmodel.estimands import (
    adjusted_rates,
    benchmark_rates,
    exceedance,
    observed_rates,
    pairwise,
    provider_effects,
    rank,
    rank_probabilities,
    rankability,
    reliability,
    savings,
    standardised_ratios,
    summarise,
    unshrunken_rates,
    variance_components,
)
from varmodel.families import Prior
from varmodel.fits import Diagnosis, Fit, diagnose, load_fit, save_fit
from varmodel.frame import Simulation, prepare, simulate
from varmodel.inference import build_model, fit
from varmodel.spec import (
    Benchmark,
    Exclusion,
    Factor,
    ModelSpec,
    Nil,
    Review,
    UnitCost,
    list_models,
    load_model,
)
from varmodel.studies import NilVerdict

__version__ = version("varmodel")

__all__ = [
    "Analysis",
    "ArtifactError",
    "Benchmark",
    "ConvergenceError",
    "DesignError",
    "Diagnosis",
    "DisclosureError",
    "Exclusion",
    "Factor",
    "Fit",
    "FitError",
    "IncompleteFitError",
    "InputError",
    "ModelSpec",
    "Nil",
    "NilVerdict",
    "OutputError",
    "Prior",
    "Review",
    "Simulation",
    "SpecError",
    "UnitCost",
    "VarmodelError",
    "VarmodelWarning",
    "__version__",
    "adjusted_rates",
    "analyse",
    "benchmark_rates",
    "build_model",
    "diagnose",
    "exceedance",
    "fit",
    "list_models",
    "load_fit",
    "load_model",
    "observed_rates",
    "pairwise",
    "prepare",
    "provider_effects",
    "rank",
    "rank_probabilities",
    "rankability",
    "reliability",
    "save_fit",
    "savings",
    "simulate",
    "standardised_ratios",
    "summarise",
    "unshrunken_rates",
    "variance_components",
]
