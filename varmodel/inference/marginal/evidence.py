"""What each provider says of the hyperparameters, draw by draw: its effects integrated out.

fit -> problem, draws as its coordinates -> a problem a provider -> log p(y_j | phi)
The loops are those of the sampler itself, so that the sum over providers is the likelihood that it
samples; draws of any sampler will do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.families import Prior
from varmodel.families.effects import EffectDistribution
from varmodel.families.parameters import OWN_ROLES, provider_sd
from varmodel.fits import Fit
from varmodel.frame import calendar, resolve_priors, shared_effect
from varmodel.inference.marginal.blocks.evaluator import BlockEvaluator
from varmodel.inference.marginal.classes import some_of
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.hyperparameters.coordinates import Hyperparameter, Hyperparameters
from varmodel.inference.marginal.hyperparameters.declared import (
    PROVIDER_SD,
    TRANSIENT_RHO,
    TRANSIENT_SD,
    correlation,
    positive,
    shape,
)
from varmodel.inference.marginal.problem import Problem, read_problem
from varmodel.inference.marginal.sampler import CHECKED, evaluator_of
from varmodel.inference.marginal.shared import CLASS_SD, LEVEL_SD
from varmodel.values import Array

#: Of coordinates whose prior is taken off again: any will do.
_ANY = Prior("half_normal", sigma=1.0)
_DRAWS = ("chain", "draw")
#: What describes providers enters by the draws' effects, not by terms.
_DESCRIBING = ("effect_design", "class_index", "level_index")


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Draws as a problem without classes, levels and predictors reads them.

    Attributes
    ----------
    problem : Problem
    chi, psi : ndarray, shape (S, ...)
        For providers of the pooled sd that share nothing with their like.
    shared : ndarray, shape (S, provider)
        What each shares with its like.
    log_sd : ndarray, shape (S, 1 or provider)
    effect : ndarray, shape (provider,) or (provider, period)
        Posterior means, from which modes are looked for.
    """

    problem: Problem
    chi: Array
    psi: Array
    shared: Array
    log_sd: Array
    effect: Array


def evidence_by_provider(fit: Fit) -> Array:
    """Give the log likelihood of each provider's cells with its effects integrated out.

    Parameters
    ----------
    fit : Fit
        Draws of either sampler; only parameters are read, and what providers share with their
        like, no provider's own effect.

    Returns
    -------
    ndarray, shape (S, provider)
        log p(y_j | phi), chains end to end, all constants included.
    """
    read = _read(fit)
    columns = [_of_provider(read, j) for j in range(read.problem.providers)]
    return np.stack(columns, axis=1)


def _of_provider(read: _Draws, j: int) -> Array:
    """Integrate one provider's effects out, with nodes enough for it alone."""
    own = np.arange(read.problem.providers) == j
    problem = some_of(read.problem, own)
    chi, psi = read.chi.copy(), read.psi.copy()
    chi[:, 0] = read.log_sd[:, j % read.log_sd.shape[1]]
    psi[:, 0] += read.shared[:, j]
    evaluator = evaluator_of(problem)
    effect = read.effect[j]
    if isinstance(evaluator, BlockEvaluator):
        effect = effect[evaluator.units.period]
    some = np.linspace(0, len(chi) - 1, min(CHECKED, len(chi))).astype(np.int64)
    nearest = np.zeros(len(chi), dtype=np.int64)
    starts = Starts(np.atleast_1d(effect)[np.newaxis], nearest)
    near = replace(starts, nearest=nearest[some])
    exact, _ = evaluator.refined(chi[some], psi[some], starts=near)
    return exact.log_posterior(chi, psi, starts=starts) - problem.log_prior(chi, psi)


def _read(fit: Fit) -> _Draws:
    spec, frame, posterior = fit.spec, fit.frame, fit.posterior
    left = [name for name in _DESCRIBING if name in frame]
    bare = frame.drop_vars(left).drop_dims("predictor", errors="ignore")
    bare.attrs = {name: x for name, x in frame.attrs.items() if name != "levels"}
    priors = {**resolve_priors(spec, frame)}
    stated = {name: x for name, x in priors.items() if name not in {CLASS_SD, LEVEL_SD}}
    problem = read_problem(
        bare,
        {PROVIDER_SD: _ANY, **stated},
        effect=spec.effect,
        transient=fit.transient,
        calendar=calendar(frame).astype(np.int64) if "period" in frame.dims else None,
    )
    chosen = list(_hyperparameters(problem, posterior))
    every = Hyperparameters(tuple(one for one, _ in chosen), problem.terms)
    terms = (_flat(posterior["intercept"]), _flat(posterior["coefficients"], "term"))
    shared = shared_effect(frame, posterior)
    lasting = posterior["provider_effect"].mean(_DRAWS)
    passing = posterior["transient_effect"].mean(_DRAWS) if "transient_effect" in posterior else 0
    wide = np.zeros((len(terms[0]), frame.sizes["provider"]))
    return _Draws(
        replace(problem, hyperparameters=every),
        chi=np.hstack([x for _, x in chosen]),
        psi=np.hstack(terms),
        shared=_flat(shared, "provider") if isinstance(shared, xr.DataArray) else wide,
        log_sd=np.log(_own_sds(fit)),
        effect=(lasting + passing).transpose("provider", ...).to_numpy(),
    )


def _hyperparameters(
    problem: Problem, posterior: xr.Dataset
) -> Iterator[tuple[Hyperparameter, Array]]:
    """Declare each hyperparameter on the grid, and give its coordinates in the draws, (S, size)."""
    sd = provider_sd(lambda *_: _ANY)
    yield positive(sd, _ANY, start=1.0, gridded=True), np.log(_flat(posterior[PROVIDER_SD]))
    if problem.law.size:
        yield shape(problem.law, gridded=True), _coordinates(problem.law, posterior)
    if problem.transient is not None:
        passing = positive(replace(sd, name=TRANSIENT_SD), _ANY, start=1.0, gridded=True)
        yield passing, np.log(_flat(posterior[TRANSIENT_SD]))
    for one in problem.family.own(problem.form):
        if one.role in OWN_ROLES:
            made = positive(one, _ANY, start=1.0, gridded=True)
            yield made, np.log(_flat(posterior[one.name]))
    if problem.transient is not None and problem.transient.correlated:
        rho = correlation(TRANSIENT_RHO, a=1.0, b=1.0, gridded=True)
        yield rho, np.arctanh(_flat(posterior[TRANSIENT_RHO]))


def _coordinates(law: EffectDistribution, posterior: xr.Dataset) -> Array:
    """Give the coordinates of the effects' distribution, (S, size)."""
    values = []
    for name in law.parameters:
        dims = [str(dim) for dim in posterior[name].dims if dim not in _DRAWS]
        values.append(_flat(posterior[name], *dims))
    return law.unconstrained(np.hstack(values))


def _own_sds(fit: Fit) -> Array:
    """Give the sd of own effects: (S, 1), or (S, provider) where classes differ."""
    if fit.spec.classes is None:
        return _flat(fit.posterior[PROVIDER_SD])
    sds = _flat(fit.posterior[CLASS_SD], "class")
    return sds[:, fit.frame["class_index"].to_numpy()]


def _flat(x: xr.DataArray, *dims: str) -> Array:
    """Lay chains end to end, (S, size)."""
    values = x.transpose(*_DRAWS, *dims).to_numpy()
    return values.reshape(values.shape[0] * values.shape[1], -1)
