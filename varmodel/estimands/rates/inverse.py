"""The effect that gives a stated mean rate: the inverse of standardisation."""

import numpy as np

from varmodel.estimands.draws.stacked import StackedPredictor
from varmodel.estimands.rates.standardise import Population
from varmodel.families import LINKS, Link
from varmodel.values import Array

_TOLERANCE = 1e-13
_STEPS = 100


def effect_for(
    population: Population, predictor: StackedPredictor, *, target: Array, link: str
) -> Array:
    """Solve ``mean(b) = target`` for every draw and column of ``target`` (S, K).

    On the link scale the mean rises with b at a slope in (0, 1], exactly 1 for log and
    identity: the first step then is the answer. On the logit scale the root lies between
    g(target) less the largest and the smallest eta; secant steps that leave this bracket are
    replaced by its middle.
    """
    scale = LINKS[link]
    aim = _forward(scale, target)
    smallest, largest = predictor.span()
    low, high = aim - largest[:, np.newaxis], aim - smallest[:, np.newaxis]
    last = np.zeros(aim.shape)
    last_gap = _forward(scale, population.mean(predictor, last)) - aim
    b = np.clip(-last_gap, low, high)
    for _ in range(_STEPS):
        rate = population.mean(predictor, b)
        gap = _forward(scale, rate) - aim
        low, high = np.where(gap <= 0, b, low), np.where(gap >= 0, b, high)
        step = gap / _slope(b - last, gap - last_gap)
        short = np.abs(step) <= _TOLERANCE * (1 + np.abs(b) + np.abs(aim))
        met = np.abs(rate - target) <= _TOLERANCE * np.abs(target)
        if np.all(short | met):
            break
        following = np.where(met, b, b - step)
        inside = (following >= low) & (following <= high)
        last, last_gap, b = b, gap, np.where(inside | short, following, (low + high) / 2)
    return b


def _slope(run: Array, rise: Array) -> Array:
    """Give the secant's slope; 1 where two steps coincide."""
    moved = (run != 0) & (rise != 0)
    return np.divide(rise, run, out=np.ones_like(run), where=moved)


def _forward(link: Link, rate: Array) -> Array:
    """Apply the link, with rates at the very edge taken just inside."""
    inside = np.clip(rate, np.nextafter(link.lower, 1), np.nextafter(link.upper, 0))
    return link.forward(inside)
