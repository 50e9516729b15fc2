"""The shape of the effects: is it believed, and what is the total without it (methods 7).

A total saving is the figure that leans most on the distribution of the effects. So each provider
is set against what the distribution says of it, and the total is computed again with one of
flexible shape.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.errors import SpecError
from varmodel.estimands.draws.source import effects_at, read_source
from varmodel.estimands.rates.parts import PERSISTENT
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.numerics import special
from varmodel.numerics.streams import generator
from varmodel.numerics.sums import first_of_each
from varmodel.numerics.threads import share_out_rows
from varmodel.studies.checks.refits import Refit, refitted_total
from varmodel.studies.nil import UPPER_PROB
from varmodel.values import Array

#: Below this p-value the shape of the effects is doubted.
DOUBTED = 0.01
REFIT_EFFECT = "flexible"

#: New tables: as many as make this many cells, between the two bounds.
_CELL_DRAWS, _FEWEST, _MOST = 1_000_000, 100, 4_000
#: Where they give a p-value between these, on which side of .01 it lies may be chance: then as many
#: tables as make this many cells.
_UNSURE, _CELLS_OF_MORE = (0.001, 0.05), 20_000_000
#: How often ties are broken.
_TIES = 99
#: Samples that give the distance its distribution, and their largest size.
_SAMPLES, _LARGEST_SAMPLE = 1_999, 200


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Whether the distribution of the effects is believed, and the total without it.

    Attributes
    ----------
    p_value : float
        Kolmogorov-Smirnov test of the mixed-predictive p_j, corrected for a distribution that is
        estimated from the same providers.
    passed : bool
        ``p_value >= .01``. Where False every total is provisional (see ``provisional``): look
        for specialists to exclude, and read the flexible total.
    total : xarray.DataArray (chain, draw) or None
        Total saving of the same model with ``effect="flexible"``; None without savings,
        or where the refit failed.
    reason : str
        Why the refit has no total; empty where it has one, or where there are no savings.
    """

    p_value: float
    passed: bool
    total: xr.DataArray | None
    reason: str = ""

    @property
    def provisional(self) -> bool:
        """Whether totals are: the shape is doubted, or nobody has seen the total without it."""
        return not self.passed or bool(self.reason)

    @property
    def upper(self) -> float:
        """95 % posterior quantile of the flexible total; NaN where there is none."""
        return math.nan if self.total is None else float(self.total.quantile(UPPER_PROB))


def judge_shape(
    fit: Fit,
    *,
    total: xr.DataArray | None = None,
    random_seed: int,
    progressbar: bool = True,
    compared: "Compared | None" = None,
) -> Shape:
    """Check the shape of the effects, and find the total with a flexible one.

    Parameters
    ----------
    fit : Fit
    total : xarray.DataArray (chain, draw), optional
        Total saving of the fit; without it nothing is refitted.
    random_seed : int
        Seed of the new tables, the refit and its prices.
    progressbar : bool
        Whether a terminal shows the refit.
    compared : Compared, optional
        What :func:`compare_with_like` gave of the same seed.

    Returns
    -------
    Shape
        Read ``provisional`` first: the check fails, or the refit has no total. Measured with
        150 providers of reliability .83, the sets that the check doubts: normal effects .01,
        skewed .75, two clusters three (four) within-sds apart .11 (.39), t with 3 degrees .20, a
        tenth of specialists three (four, six) within-sds off .33 (.87, 1.0). A shape that passes
        is not proven: read the flexible total all the same.
    """
    p_value = shape_p_value(fit, random_seed=random_seed, compared=compared)
    passed = p_value >= DOUBTED
    if total is None or fit.spec.effect == REFIT_EFFECT:
        return Shape(p_value, passed, total)
    part = str(total.attrs.get("part", PERSISTENT))
    how = Refit(part=part, random_seed=random_seed, sampler="marginal", progressbar=progressbar)
    try:
        spec = fit.spec.replace(effect=REFIT_EFFECT)
    except SpecError as error:  # a declared share is of normal effects alone
        return Shape(p_value, passed, None, error.problems[0].message)
    again, reason = refitted_total(spec, fit.frame, how=how)
    return Shape(p_value, passed, again, reason)


def mixed_predictive(
    fit: Fit, *, random_seed: int, compared: "Compared | None" = None
) -> xr.DataArray:
    """Set each provider against what the distribution of the effects says of it.

    p_j = Pr(T(y_rep) >= T(y_j)), where in each posterior draw the effect is drawn anew from the
    distribution, with a transient what passes too, and the responses from it (Marshall &
    Spiegelhalter 2007): exchangeability of the providers, one by one (methods 9). T is the
    provider's total response: its events, or the mean of its measurements or published values;
    ties count half.

    Parameters
    ----------
    fit : Fit
    random_seed : int
    compared : Compared, optional
        What :func:`compare_with_like` gave of the same seed.

    Returns
    -------
    xarray.DataArray (provider,)
        Near 0 for a provider above what its like would show, near 1 for one below; uniform over
        providers where the distribution is right. Providers of size 0 are left out.
    """
    compared = compared or compare_with_like(fit, random_seed=random_seed)
    labels = fit.frame["provider"].to_numpy()[compared.kept]
    return xr.DataArray(
        compared.p_values(0.5),
        {"provider": labels},
        ("provider",),
        name="mixed_predictive",
        attrs=fit.provenance,
    )


def shape_p_value(fit: Fit, *, random_seed: int, compared: "Compared | None" = None) -> float:
    """Compare the distribution of the mixed-predictive p_j with the uniform.

    Two departures from the plain Kolmogorov-Smirnov test of mid-p values, both measured with 150
    providers. Ties are broken at random: mid-p values of small counts have atoms, and with some
    two events a provider the plain test doubts normal effects in .32 of sets. They are broken 99
    times, and the median distance counts: broken once, the p-value of 1,997 hospitals with some 60
    events each ran from .001 to .03 over seeds. At .01 that doubts .001, .007, .012 and .006 of
    normal sets with 2, 8, 25 and 100 events a provider (1,000 sets), and others as often as one
    break does. The distribution is estimated from the same providers, so that the p_j are too
    close to uniform in level and scale, and the plain test sees little else than that: of normal
    effects it doubts none, of a tenth of specialists four within-sds off .22. Hence Lilliefors'
    form (1967): the distance of standardised normal scores, against that of standardised normal
    samples, which are the same for every seed.
    """
    compared = compared or compare_with_like(fit, random_seed=random_seed)
    count = len(compared.above)
    if count < 3:  # level and scale are all that they have
        return 1.0
    rng = _stream(fit, random_seed, "ties")
    observed = np.median([_distance_of(compared, rng) for _ in range(_TIES)])
    reference = _reference(min(count, _LARGEST_SAMPLE))
    beyond = int((reference >= _stephens(observed, count)).sum())
    return (1 + beyond) / (1 + _SAMPLES)


@cache
def _reference(size: int) -> Array:
    """Give scaled distances of standardised normal samples of a size: the same for every seed."""
    samples = generator(0, "shape reference").standard_normal((_SAMPLES, size))
    return _stephens(_distance(samples), size)


def _distance_of(compared: "Compared", rng: np.random.Generator) -> float:
    """Break ties at random, and give the distance of the normal scores."""
    p_values = compared.p_values(rng.random(len(compared.above)))
    return float(_distance(special.ndtri(np.clip(p_values, 1e-12, 1 - 1e-12))))


def _distance(scores: Array) -> Array:
    """Give Kolmogorov's distance of standardised scores (..., n) from the normal distribution."""
    ordered = np.sort(scores, axis=-1)
    mean, sd = (f(axis=-1, keepdims=True) for f in (ordered.mean, ordered.std))
    n = ordered.shape[-1]
    expected = special.ndtr((ordered - mean) / (sd * np.sqrt(n / (n - 1))))
    step = np.arange(n + 1) / n
    return np.asarray(np.maximum(step[1:] - expected, expected - step[:-1]).max(axis=-1))


def _stephens(distance: Array, size: int) -> Array:
    """Scale a distance so that its distribution is the same for every size (Stephens 1974)."""
    return np.asarray(distance * (np.sqrt(size) - 0.01 + 0.85 / np.sqrt(size)))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Providers of some size, and how many new tables lie above each, or level with it."""

    kept: npt.NDArray[np.bool_]
    above: Array
    level: Array
    tables: int

    def p_values(self, share: Array | float) -> Array:
        """Give p_j with this share of the ties, the observed table among them."""
        return np.asarray((self.above + share * (self.level + 1)) / (self.tables + 1))


def compare_with_like(fit: Fit, *, random_seed: int) -> Compared:
    """Set each provider's total beside that of new tables: what both checks above read.

    Few tables at first; more where they leave the verdict to chance.

    Parameters
    ----------
    fit : Fit
    random_seed : int
        Seed of the new tables.
    """
    few = _compare(fit, random_seed=random_seed, most=_CELL_DRAWS)
    p_value = shape_p_value(fit, random_seed=random_seed, compared=few)
    of_every_draw = few.tables == fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    if of_every_draw or not _UNSURE[0] < p_value < _UNSURE[1]:
        return few
    return _compare(fit, random_seed=random_seed, most=_CELLS_OF_MORE)


def _compare(fit: Fit, *, random_seed: int, most: int) -> Compared:
    """Draw tables that make so many cells, a table each of some draws, and set them beside it."""
    cells, source = cells_of(fit.frame), read_source(fit)
    pattern, owner = (fit.frame[name].to_numpy() for name in ("pattern_index", "provider_index"))
    starts = first_of_each(owner)
    counts = cells.spread is None and cells.error is None
    weight = np.ones_like(cells.size) if counts else cells.weight
    observed = np.add.reduceat(cells.response * weight, starts)
    step = max(1, len(source.sd) // int(np.clip(most / len(owner), _FEWEST, _MOST)))

    def work(part: slice, rng: np.random.Generator) -> Array:
        draws = slice(part.start * step, part.stop * step, step)
        eta = np.take(source.stacked.predictor.eta(draws), pattern, axis=1)
        eta += effects_at(source.new_effects(draws, rng=rng), fit.frame)
        response = source.responses(draws, cells=cells, eta=eta, rng=rng)
        new = np.add.reduceat(response * weight, starts, axis=1)
        return np.stack([(new > observed).sum(axis=0), (new == observed).sum(axis=0)])

    tables, rng = -(-len(source.sd) // step), _stream(fit, random_seed, "tables")
    above, level = np.sum(share_out_rows(work, tables, width=len(owner), rng=rng), axis=0)
    kept = np.add.reduceat(cells.size, starts) > 0
    return Compared(kept, above[kept], level[kept], tables)


def _stream(fit: Fit, random_seed: int, part: str) -> np.random.Generator:
    """Give the stream of providers and responses drawn anew, or of how ties are broken."""
    table = str(fit.frame.attrs["source_hash"])
    return generator(random_seed, f"shape {part}", source_hash=table)
