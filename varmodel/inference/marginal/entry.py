"""From a request to a fit: the marginal sampler's door."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from varmodel.families.parameters import EFFECT, OWN_ROLES
from varmodel.fits import Diagnosis, Fit, diagnose
from varmodel.fits.fit import WEIGHT
from varmodel.frame import calendar, level_groups, resolve_priors, transient_of
from varmodel.inference.labels import assemble
from varmodel.inference.marginal.hyperparameters.declared import CORRELATION, PROVIDER_SD, SHAPE
from varmodel.inference.marginal.problem import Problem, read_problem
from varmodel.inference.marginal.recalled import plain_of, points_for, recall, remember
from varmodel.inference.marginal.sampler import Sample, keep, propose
from varmodel.inference.marginal.shared import CLASS_SD, LEVEL_SD, SharedTerms, read_shared
from varmodel.inference.progress import Progress
from varmodel.inference.request import Request
from varmodel.values import Array

type Variable = tuple[tuple[str, ...], Array]

_DRAWS = ("chain", "draw")
_SCALARS = (
    *("pareto_k", "pareto_k_sd", "importance_ess", "largest_weight", "edge_mass", "node_change"),
    *("evaluations", "nodes", "width", "components", "pilot_k", "pilot_ess", "pilot"),
)


def sample_marginal(request: Request) -> tuple[Fit, Diagnosis]:
    """Sample, label the draws and put them to the gate."""
    spec, frame = request.spec, request.frame
    priors = resolve_priors(spec, frame)
    problem = read_problem(
        frame,
        priors,
        effect=spec.effect,
        transient=transient_of(spec, frame),
        calendar=calendar(frame).astype(np.int64) if "period" in frame.dims else None,
    )
    with Progress(shown=request.progressbar) as progress:
        progress.say(f"sampling {spec.name} (effects integrated out)")
        found = _sample(problem, request)
    posterior, statistics = (
        _posterior(found, problem, frame, read_shared(frame, priors)),
        _statistics(found),
    )
    draws = assemble(request, posterior, statistics=statistics, sampler="marginal", attempts=1)
    fit = Fit(spec, frame, draws)
    return fit, diagnose(fit)


def _sample(problem: Problem, request: Request) -> Sample:
    """Sample; of draws that are more of a fit's, its points are taken if they are at hand."""
    seed, table = request.random_seed, request.frame.attrs["source_hash"]
    proposed = recall(request) if request.points_for else None
    if proposed is None:
        wanted, chains = points_for(request), request.chains
        proposed = propose(
            problem,
            draws=wanted,
            chains=chains,
            random_seed=seed,
            source_hash=table,
            plain=plain_of(request),
        )
        remember(request, proposed)
    return keep(proposed, draws=request.draws, random_seed=seed, source_hash=table)


def _posterior(
    found: Sample, problem: Problem, frame: xr.Dataset, shared: SharedTerms
) -> xr.Dataset:
    terms = 1 + frame.sizes["term"]
    variables = {
        "intercept": (_DRAWS, found.psi[..., 0]),
        "coefficients": ((*_DRAWS, "term"), found.psi[..., 1:terms]),
    }
    variables |= _sds(found, problem, shared) | _of_roles((CORRELATION,), found, problem)
    for name, dims in found.effect_dims.items():
        variables[name] = ((*_DRAWS, *dims), found.effects[name])
    variables |= _of_roles(OWN_ROLES, found, problem) | _of_roles((SHAPE,), found, problem)
    variables |= _shared(found.psi[..., terms : problem.terms], frame, shared)
    labels = {f"level_{column}": np.array(groups) for column, groups in level_groups(frame).items()}
    used = {name for dims, _ in variables.values() for name in dims}
    labels |= {name: frame[name].to_numpy() for name in sorted(used & set(frame.dims))}
    return xr.Dataset(variables, coords={**labels, WEIGHT: (_DRAWS, found.weight)})


def _sds(found: Sample, problem: Problem, shared: SharedTerms) -> dict[str, Variable]:
    """Give the sds of effects: those of classes and of levels as one variable each."""
    single = _of_roles((EFFECT,), found, problem)
    several: dict[str, Variable] = {}
    for name, dim in ((CLASS_SD, "class"), (LEVEL_SD, "level")):
        own = [single.pop(key)[1] for key in sorted(single, key=_number) if key.startswith(name)]
        if own:
            several[name] = ((*_DRAWS, dim), np.stack(own, axis=-1))
    if CLASS_SD in several:
        mean_square = several[CLASS_SD][1] ** 2 @ shared.share
        single = {PROVIDER_SD: (_DRAWS, np.sqrt(mean_square)), **single}
    return single | several


def _number(name: str) -> int:
    """Read the number of one of several sds: ``class_sd[2]``."""
    return int(name.partition("[")[2].rstrip("]") or 0)


def _shared(psi: Array, frame: xr.Dataset, shared: SharedTerms) -> dict[str, Variable]:
    """Give what providers share with their like."""
    slopes, means, effects = shared.parts(psi)
    found: dict[str, Variable] = {}
    if shared.predictors:
        found["effect_coefficients"] = ((*_DRAWS, "predictor"), slopes)
    if shared.class_count:
        found["class_mean"] = ((*_DRAWS, "class"), means)
    for column, effect in zip(level_groups(frame), effects, strict=False):
        found[f"level_effect_{column}"] = ((*_DRAWS, f"level_{column}"), effect)
    return found


def _of_roles(roles: Sequence[str], found: Sample, problem: Problem) -> dict[str, Variable]:
    """Give the hyperparameters of some roles; a vector has a dimension of its own."""
    values = problem.hyperparameters.values(found.chi, found.psi, roles=roles)
    more = {2: (), 3: ("effect_term",)}
    return {name: ((*_DRAWS, *more[x.ndim]), x) for name, x in values.items()}


def _statistics(found: Sample) -> xr.Dataset:
    scalars = {name: getattr(found, name) for name in _SCALARS}
    if "transient_effect" in found.effects:
        scalars |= {"block_k": found.block_k, "block_points": found.block_points}
    return xr.Dataset({"log_weight": (_DRAWS, found.log_weight), **scalars})
