"""From a request to a fit: the marginal sampler's door."""

import numpy as np
import xarray as xr

from varmodel.fits import Diagnosis, Fit, diagnose
from varmodel.fits.fit import WEIGHT
from varmodel.inference.labels import assemble
from varmodel.inference.marginal.problem import Problem, read_problem
from varmodel.inference.marginal.sampler import Sample, sample
from varmodel.inference.nuts.arrays import resolve_priors
from varmodel.inference.progress import Progress
from varmodel.inference.request import Request

_DRAWS = ("chain", "draw")
_SCALARS = (
    *("pareto_k", "pareto_k_sd", "importance_ess", "largest_weight", "edge_mass", "node_change"),
    *("evaluations", "nodes", "width", "components", "pilot_k", "pilot_ess", "pilot"),
)


def sample_marginal(request: Request) -> tuple[Fit, Diagnosis]:
    """Sample, label the draws and put them to the gate."""
    spec, frame = request.spec, request.frame
    problem = read_problem(frame, resolve_priors(spec, frame), effect=spec.effect)
    with Progress(shown=request.progressbar) as progress:
        progress.say(f"sampling {spec.name} (effects integrated out)")
        found = sample(
            problem,
            draws=request.draws,
            chains=request.chains,
            random_seed=request.random_seed,
            source_hash=frame.attrs["source_hash"],
        )
    posterior, statistics = _posterior(found, problem, frame), _statistics(found)
    draws = assemble(request, posterior, statistics=statistics, sampler="marginal", attempts=1)
    fit = Fit(spec, frame, draws)
    return fit, diagnose(fit)


def _posterior(found: Sample, problem: Problem, frame: xr.Dataset) -> xr.Dataset:
    terms = problem.terms
    variables = {
        "intercept": (_DRAWS, found.psi[..., 0]),
        "coefficients": ((*_DRAWS, "term"), found.psi[..., 1:terms]),
        "provider_sd": (_DRAWS, np.exp(found.chi[..., 0])),
        "provider_effect": ((*_DRAWS, "provider"), found.effect),
    }
    named = problem.named(found.chi)
    variables |= {name: (_DRAWS, values) for name, values in named.items()}
    shape = problem.law.natural(problem.coordinates(found.chi, found.psi))
    if problem.gridded:
        columns = np.moveaxis(shape, -1, 0)
        pairs = zip(problem.law.parameters, columns, strict=True)
        variables |= {name: (_DRAWS, values) for name, values in pairs}
    elif problem.law.size:
        variables[problem.law.parameters[0]] = ((*_DRAWS, "effect_term"), shape)
    labels = {name: frame[name].to_numpy() for name in ("term", "provider")}
    return xr.Dataset(variables, coords={**labels, WEIGHT: (_DRAWS, found.weight)})


def _statistics(found: Sample) -> xr.Dataset:
    scalars = {name: getattr(found, name) for name in _SCALARS}
    return xr.Dataset({"log_weight": (_DRAWS, found.log_weight), **scalars})
