"""Whether the prior of provider_sd and the data disagree (methods 7).

Symbols: b_j a provider's unshrunken effect, s_j^2 its sampling variance, tau the provider sd.
"""

import numpy as np

from varmodel.estimands.draws.source import effects_at
from varmodel.estimands.draws.stacked import mean_own, read_likelihood, shared_draws
from varmodel.estimands.draws.transient import read_transient
from varmodel.estimands.rates.standardise import own_population
from varmodel.estimands.variation.within_periods import lasting_steps, units_in
from varmodel.fits import Fit
from varmodel.frame import cells_of, prior_of_spread
from varmodel.inference.nuts.centring import moment_variance
from varmodel.numerics import special
from varmodel.values import Array

#: The estimate lies beyond this quantile of the posterior ...
POSTERIOR_PROB = 0.9995
#: ... and the prior holds an sd as large as the data's own lower limit for less than this chance.
PRIOR_PROB = 0.01
#: Confidence of that limit.
DATA_PROB = 0.95
_HALVINGS = 100


def prior_conflict(fit: Fit) -> str:
    """Say that the prior of provider_sd has overruled the data, or nothing.

    The moment estimate of tau (DerSimonian & Laird 1986) is compared with the posterior's
    99.9 % interval. Above it something has held tau down. That it was the prior, and not chance
    in the estimate (which counts large providers most, and is wild where all are noisy), is seen
    from the data's own lower 95 % limit of tau (Q profile, Viechtbauer 2007): the prior must hold
    so much, or more, for less than .01. An estimate below the interval is no conflict: every prior
    of an sd is highest at 0 and pulls downwards.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    str
        The reason why every figure is provisional; empty where there is no conflict.
    """
    effect, precision = _unshrunken(fit)
    if len(effect) < 2:
        return ""
    sd = fit.posterior["provider_sd"]
    low, high = sd.quantile([1 - POSTERIOR_PROB, POSTERIOR_PROB]).to_numpy()
    middle = (precision @ effect) / precision.sum()
    estimate = moment_variance(precision, precision * (effect - middle)) ** 0.5
    prior = prior_of_spread(fit.spec, fit.frame)
    if estimate <= high or prior.prob_above(_lower_limit(effect, precision)) >= PRIOR_PROB:
        return ""
    return (
        "the prior of provider_sd and the data disagree: by the data alone provider_sd is about "
        f"{estimate:.3g}, with the prior {low:.3g} to {high:.3g}; state a wider priors.provider_sd"
    )


def _unshrunken(fit: Fit) -> tuple[Array, Array]:
    """Give u_j and 1 / s_j^2 of the providers that have data, what passes counted as noise.

    One Newton step from the posterior mean on the provider's own likelihood: exact for normal
    responses, and finite where nobody had the event. At the unshrunken effect itself a small
    provider's information depends on its own chance, which biases moments.
    """
    stacked, own, cells = read_likelihood(fit), own_population(fit), cells_of(fit.frame)
    shrunken, transient = stacked.effect.mean(axis=0), read_transient(fit)
    eta = stacked.predictor.mean().eta(slice(None))[0, own.pattern] + shrunken[own.provider]
    family, values = fit.spec.family_row, mean_own(fit)
    passing = None if transient is None else transient.mean()
    if passing is not None:
        eta += effects_at(passing.effect, fit.frame)[0]
    of_cells = family.score(cells, eta, values), family.information(cells, eta, values)
    if passing is None:
        step, precision = (own.total(x) for x in of_cells)
        known = precision > 0
        step[known] /= precision[known]
    else:
        step, precision = lasting_steps(*of_cells, units=units_in(fit.frame), transient=passing)
        known = precision > 0
    shared = shared_draws(fit)
    if shared is not None:  # the sd is that of what is a provider's own
        shrunken = shrunken - shared.mean(axis=0)
    return shrunken[known] + step[known], precision[known]


def _lower_limit(effect: Array, precision: Array) -> float:
    """Find the tau at which so large a spread has a chance of .05: 0 where it has more at 0."""
    largest = float(special.chdtri(len(effect) - 1, 1 - DATA_PROB))
    low, high = 0.0, float(np.ptp(effect))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = _spread(effect, precision, variance=middle**2) > largest
        low, high = (middle, high) if beyond else (low, middle)
    return low


def _spread(effect: Array, precision: Array, *, variance: float) -> float:
    """Give sum (b_j - mean)^2 / (tau^2 + s_j^2), about the mean of these weights."""
    weight = precision / (1 + variance * precision)
    middle = (weight @ effect) / weight.sum()
    return float(weight @ (effect - middle) ** 2)
