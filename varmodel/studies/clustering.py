"""Whether cells differ more than family and effects say: over-dispersion that a model misses.

In each posterior draw the cells' standardised squares, sum (y - mu)^2 / V at that draw's
parameters, are set beside those of a table drawn from the same parameters (Gelman, Meng & Stern
1996). What is common to a provider, or with a transient to a provider's period, has an effect of
its own and is no part of it: only what differs within is.
"""

from dataclasses import dataclass, replace

import numpy as np

from varmodel.estimands.draws.source import Source, effects_at, read_source
from varmodel.estimands.draws.transient import period_of_cells
from varmodel.families import Cells, take
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.numerics.streams import generator
from varmodel.numerics.threads import share_out_rows
from varmodel.values import Array, Index, Mask, check_seed

#: Below this p-value cells are taken to differ by more than the model says.
CLUSTERED_BELOW = 0.01
#: Fewer cells than these beyond the first of their group tell nothing.
_FEWEST = 10
_CELL_DRAWS, _LEAST_TABLES, _MOST_TABLES = 20_000_000, 200, 2_000
#: The fewest tables are made first. Where their p-value is above this, no more are made: that of
#: many would be below the limit once in 100,000 times.
_UNDOUBTED = 0.05
#: Family without a dispersion -> the one of the same counts that has it.
_WITH_DISPERSION = {"binomial": "beta_binomial", "poisson": "negative_binomial"}


@dataclass(frozen=True, slots=True)
class Clustering:
    """Whether cells of one group differ by more than the model says.

    Attributes
    ----------
    p_value : float
        Posterior predictive; 1 where no group has cells enough.
    ratio : float
        The cells' standardised squares beside those expected, in the mean: 2 reads, their
        variance is twice what the model says. NaN where no group has cells enough.
    groups : str
        Within what: "provider", or "provider and period" in a model with a transient.
    family : str
        The family that has a dispersion for it; empty where the fitted one has it already, or
        there is none.
    passing : bool
        Whether it may be what passes: the cells are of several periods, and the model has no
        transient.
    """

    p_value: float
    ratio: float
    groups: str
    family: str
    passing: bool

    @property
    def passed(self) -> bool:
        """Whether nothing is seen. Where False intervals are too narrow."""
        return self.p_value >= CLUSTERED_BELOW

    @property
    def reason(self) -> str:
        """What is seen and the way out; empty where nothing is."""
        if self.passed:
            return ""
        seen = (
            f"within a {self.groups} cells vary {self.ratio:.2g} times as much as the model says "
            f"(p = {self.p_value:.2g})"
        )
        ways = [
            *(['fit transient = "ar1"'] if self.passing else []),
            *([f'fit family = "{self.family}" with dispersion_unit'] if self.family else []),
            "name the case mix that differs",
        ]
        return f"{seen}; {', or '.join(ways)}"


def judge_clustering(fit: Fit, *, random_seed: int) -> Clustering:
    """Look for differences between cells that neither family nor effects explain.

    Parameters
    ----------
    fit : Fit
    random_seed : int
        Seed of the new tables, at least 0.

    Returns
    -------
    Clustering
        Read ``passed`` first. The data are used twice, so that small excess is missed; with one
        cell a group nothing can be seen, and ``p_value`` is 1.
    """
    source, cells = read_source(fit), cells_of(fit.frame)
    groups = _groups(fit, by_period=source.transient is not None)
    name = "provider" if source.transient is None else "provider and period"
    family = _WITH_DISPERSION.get(fit.spec.family, "")
    passing = source.transient is None and fit.frame.sizes.get("period", 1) > 1
    counted = _with_company(groups, cells.size > 0)
    freedom = int(counted.sum()) - len(np.unique(groups[counted]))
    if freedom < _FEWEST:
        return Clustering(1.0, float("nan"), name, family, passing)
    seed = check_seed(random_seed)
    rng = generator(seed, "clustering", source_hash=str(fit.frame.attrs["source_hash"]))
    most = int(np.clip(_CELL_DRAWS / len(groups), _LEAST_TABLES, _MOST_TABLES))
    for tables in sorted({_LEAST_TABLES, most}):
        observed, new = _squares(fit, source, cells, counted=counted, tables=tables, rng=rng)
        beyond = float((new > observed).mean() + 0.5 * (new == observed).mean())
        if beyond > _UNDOUBTED:
            break
    p_value, ratio = max(beyond, 1 / (1 + len(new))), float(observed.mean() / new.mean())
    return Clustering(p_value, ratio, name, family, passing)


def _groups(fit: Fit, *, by_period: bool) -> Index:
    """Number the group of each cell: its provider, or its provider and period."""
    provider = fit.frame["provider_index"].to_numpy()
    if not by_period:
        return provider
    periods = fit.frame.sizes.get("period", 1)
    return np.asarray(provider * periods + period_of_cells(fit.frame))


def _with_company(groups: Index, held: Mask) -> Mask:
    """Say which cells with cases share their group with another."""
    counts = np.bincount(groups, held)
    return np.asarray(held & (counts[groups] > 1))


def _squares(
    fit: Fit,
    source: Source,
    cells: Cells,
    *,
    counted: Mask,
    tables: int,
    rng: np.random.Generator,
) -> tuple[Array, Array]:
    """Give the squares of the observed table and of a new one, (table,) each."""
    pattern = fit.frame["pattern_index"].to_numpy()
    step, places = max(1, len(source.sd) // tables), np.flatnonzero(counted)

    def work(part: slice, own_rng: np.random.Generator) -> Array:
        draws = slice(part.start * step, part.stop * step, step)
        eta = np.take(source.stacked.predictor.eta(draws), pattern, axis=1)
        eta += effects_at(source.own_effects(draws), fit.frame)
        new = source.responses(draws, cells=cells, eta=eta, rng=own_rng)
        own = take(source.own, (draws, np.newaxis))
        both = np.stack([np.broadcast_to(cells.response, new.shape), new])
        score = source.family.score(replace(cells, response=both), eta, own)
        squares = _standardised(score, source.family.information(cells, eta, own))
        return np.asarray(np.take(squares, places, axis=2).sum(axis=2))

    count = -(-len(source.sd) // step)
    found = share_out_rows(work, count, width=4 * len(pattern), rng=rng)
    observed, new = np.concatenate(found, axis=1)
    return observed, new


def _standardised(score: Array, information: Array) -> Array:
    """Give each cell's score squared over its variance, (..., draws, cell)."""
    known = information > 0
    return np.divide(score**2, information, out=np.zeros_like(score), where=known)
