"""Variation between health-care providers: adjusted rates, honest ranks, credible savings.

name or path -> ModelSpec              load_model
spec, table -> frame                   prepare
spec, frame -> Fit                     fit
fit -> rates -> ranks                  adjusted_rates, rank
rates, benchmark, price -> savings     savings
draws of anything -> a table           summarise
spec, table -> all of it, and pages    analyse
"""

from importlib.metadata import version

from varmodel import batch
from varmodel.analysis.analyse import Analysis, analyse
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
    change,
    exceedance,
    money,
    observed_rates,
    pairwise,
    persistence_share,
    posterior_predictive,
    predict,
    predictive_check,
    provider_effects,
    rank,
    rank_overlap,
    rank_probabilities,
    rankability,
    reliability,
    savings,
    standardised_ratios,
    summarise,
    unshrunken_rates,
    variance_components,
    with_log_densities,
)
from varmodel.families import Prior
from varmodel.fits import Diagnosis, Fit, diagnose, load_fit, save_fit
from varmodel.frame import Simulation, prepare, simulate
from varmodel.inference import build_model, fit
from varmodel.publish import (
    plot_change,
    plot_predictive_check,
    plot_rank_probabilities,
    plot_ranks,
    plot_rates,
    plot_savings,
    plot_shrinkage,
    plot_trace,
    plot_trend,
    plot_volume,
)
from varmodel.spec import (
    Benchmark,
    Exclusion,
    Factor,
    Interaction,
    LognormalCost,
    ModelSpec,
    Nil,
    Peers,
    Review,
    Spline,
    UnitCost,
    list_models,
    load_model,
)
from varmodel.studies import NilVerdict, Shape, prior_predictive

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
    "Interaction",
    "LognormalCost",
    "ModelSpec",
    "Nil",
    "NilVerdict",
    "OutputError",
    "Peers",
    "Prior",
    "Review",
    "Shape",
    "Simulation",
    "SpecError",
    "Spline",
    "UnitCost",
    "VarmodelError",
    "VarmodelWarning",
    "__version__",
    "adjusted_rates",
    "analyse",
    "batch",
    "benchmark_rates",
    "build_model",
    "change",
    "diagnose",
    "exceedance",
    "fit",
    "list_models",
    "load_fit",
    "load_model",
    "money",
    "observed_rates",
    "pairwise",
    "persistence_share",
    "plot_change",
    "plot_predictive_check",
    "plot_rank_probabilities",
    "plot_ranks",
    "plot_rates",
    "plot_savings",
    "plot_shrinkage",
    "plot_trace",
    "plot_trend",
    "plot_volume",
    "posterior_predictive",
    "predict",
    "predictive_check",
    "prepare",
    "prior_predictive",
    "provider_effects",
    "rank",
    "rank_overlap",
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
    "with_log_densities",
]
