"""The frozen proposal where axes of chi stand apart: their product, thinned.

Given psi, each class and each level has data or a prior of its own. So where psi is about normal
the log posterior is a quadratic of psi whose parts add up:

    log p(chi, psi | y)  =  a  +  h' d  -  d' P d / 2,      each of a, h, P a sum,

with d the distance of psi from its best:
what the dense grid says of its coordinates, and what each axis adds to the best point. Integrated
over psi that is a + h' P^-1 h / 2 - log |P| / 2: what is known of all of chi together. Coordinates
are drawn from wide distributions, as if none knew of another, and kept by that.
"""

from dataclasses import dataclass, replace

import numpy as np

from varmodel.inference.marginal.hyperparameters.grids import Grid
from varmodel.inference.marginal.hyperparameters.proposal import (
    Points,
    Proposal,
    corners,
    draw_psi,
    freeze,
    pool,
)
from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array

#: The mass of each axis is spread as its root is: where one is far from its best, another's mass
#: may lie elsewhere.
_POWER = 0.5
#: Least probability of keeping a point; share of points that are kept for sure; points that tell.
_KEPT, _SURE, _TOLD = 0.05, 0.02, 4_000
#: Least precision of a sum in units of the prior's, as of modes half as much.
_FLATTEST = 0.25
#: Sums of parts are no guide where they say that a point has so much more log mass than the best.
_ABOVE = 2.0
#: Points that are drawn at a time.
_BLOCK = 2_000
#: What axes add is halved so often, then left out.
_HALVINGS = 3
_READ = ("psi", "precision")


@dataclass(frozen=True, slots=True, eq=False)
class LogQuadratic:
    """A quadratic of d at each point of some coordinates: a, h and P."""

    height: Array
    pull: Array
    precision: Array

    def __add__(self, other: "LogQuadratic") -> "LogQuadratic":
        """Add up what two say."""
        height, pull = self.height + other.height, self.pull + other.pull
        return LogQuadratic(height, pull, self.precision + other.precision)

    def __sub__(self, other: "LogQuadratic") -> "LogQuadratic":
        """Take out what another says."""
        height, pull = self.height - other.height, self.pull - other.pull
        return LogQuadratic(height, pull, self.precision - other.precision)

    def at(self, chi: Array, grid: Grid) -> "LogQuadratic":
        """Read it between the points of a grid that it stands on."""
        corner, share = corners(chi, grid.axes)
        height = (share * self.height[corner]).sum(axis=1)
        pull = np.einsum("nk,nkp->np", share, self.pull[corner])
        return LogQuadratic(height, pull, np.einsum("nk,nkpq->npq", share, self.precision[corner]))


@dataclass(frozen=True, slots=True, eq=False)
class Thinned:
    """Independent proposals of the coordinates of chi, thinned; psi from t distributions.

    Attributes
    ----------
    parts : tuple of Proposal
        That of the dense grid, and one of each coordinate that stands apart.
    quadratics : tuple of LogQuadratic
        On the grids of the parts.
    held : tuple of LogQuadratic
        That of each axis that stands apart, where it was held: at the best point of the others.
    centre : ndarray, shape (psi,)
        The best psi.
    width : ndarray, shape (psi,)
    problem : Problem
    top : float
        What is known of no point is more.
    sure : float
        Log ratio of what is known to the independent proposals from which a point is kept.
    """

    parts: tuple[Proposal, ...]
    quadratics: tuple[LogQuadratic, ...]
    held: tuple[LogQuadratic, ...]
    centre: Array
    width: Array
    problem: Problem
    top: float
    sure: float = np.inf

    @property
    def effect(self) -> Array:
        """Effects of the modes of the dense grid."""
        return self.parts[0].effect

    def draw(self, rng: np.random.Generator, count: int) -> Points:
        """Draw points and give their density, up to a constant."""
        drawn: list[Points] = []
        while (have := sum(len(one.nearest) for one in drawn)) < count:
            drawn.append(self._draw_block(rng, most=count - have))
        return pool(drawn)

    def _draw_block(self, rng: np.random.Generator, *, most: int) -> Points:
        chi = self.draw_chi(rng, _BLOCK)
        mode, factor, log_ratio = self.conditional(chi)
        log_kept = np.logaddexp(
            np.log(_KEPT), np.log1p(-_KEPT) + np.minimum(log_ratio - self.sure, 0)
        )
        kept = np.flatnonzero(np.log(rng.random(_BLOCK)) < log_kept)[:most]
        psi, log_psi = draw_psi(rng, mode[kept], factor=factor[kept], width=self.width)
        chi = chi[kept]
        log_density = self.log_chi(chi) + log_kept[kept] + log_psi
        return Points(chi, psi, log_density, self.parts[0].nearest(self._split(chi)[0]))

    def draw_chi(self, rng: np.random.Generator, count: int) -> Array:
        """Draw coordinates as if none knew of another."""
        return np.hstack([one.draw_chi(rng, count) for one in self.parts])

    def log_chi(self, chi: Array) -> Array:
        """Give the log density of such points."""
        pairs = zip(self.parts, self._split(chi), strict=True)
        return np.asarray(sum(one.log_chi(own) for one, own in pairs))

    def conditional(self, chi: Array) -> tuple[Array, Array, Array]:
        """Give the centre of psi, a root of its precision, and log of what is known to log_chi."""
        rows = zip(self.quadratics, self._split(chi), self.parts, strict=True)
        dense, first, *others = (one.at(own, part.grid) for one, own, part in rows)
        added = first - self.held[0]
        for one, held in zip(others, self.held[1:], strict=True):
            added = added + (one - held)
        total = _within(dense, added, scale=_prior_scale(self.problem, chi))
        factor = np.linalg.cholesky(total.precision)
        half = np.linalg.solve(factor, total.pull[:, :, np.newaxis])
        mode = self.centre + np.linalg.solve(np.swapaxes(factor, 1, 2), half)[:, :, 0]
        log_det = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        known = total.height + 0.5 * (half[:, :, 0] ** 2).sum(axis=1) - log_det
        return mode, factor, np.minimum(known, self.top) - self.log_chi(chi)

    def _split(self, chi: Array) -> list[Array]:
        dense = len(self.parts[0].axes)
        return np.split(chi, range(dense, chi.shape[1]), axis=1)


def freeze_thinned(grid: Grid, problem: Problem, *, width: Array, shift: Array) -> Thinned:
    """Make the proposal of a grid with axes that stand apart."""
    every = (grid, *grid.apart)
    parts = tuple(freeze(one, width=width, power=_POWER) for one in every)
    first, *others = (_quadratic(one, grid.best.psi) for one in every)
    moved = grid.best.precision @ shift  # where a prior is narrow the mean is as the mode
    every_one = (replace(first, pull=first.pull + moved), *others)
    pairs = zip(others, grid.held, grid.apart, strict=True)
    held = tuple(one.at(np.array([[x]]), own) for one, x, own in pairs)
    found = Thinned(
        parts, every_one, held, grid.best.psi, width, problem, grid.best.log_mass + _ABOVE
    )
    chi = found.draw_chi(np.random.default_rng(0), _TOLD)
    return replace(found, sure=float(np.quantile(found.conditional(chi)[2], 1 - _SURE)))


def _quadratic(grid: Grid, centre: Array) -> LogQuadratic:
    """Read the quadratics at the modes of a grid."""
    psi, precision = (np.array([getattr(x, name) for x in grid.modes]) for name in _READ)
    away = psi - centre
    pull = np.einsum("npq,nq->np", precision, away)
    mass = np.array([one.log_mass for one in grid.modes])
    height = mass - 0.5 * (away * pull).sum(axis=1) + 0.5 * np.linalg.slogdet(precision)[1]
    return LogQuadratic(height, pull, precision)


def _prior_scale(problem: Problem, chi: Array) -> Array:
    """Give the prior sd of each coordinate of psi at points: (point, psi)."""
    scale = np.tile(problem.prior_scale, (len(chi), 1))
    scale[:, : problem.terms] = problem.precision_at(chi) ** -0.5
    return scale


def _within(dense: LogQuadratic, added: LogQuadratic, *, scale: Array) -> LogQuadratic:
    """Add two quadratics; of the second only so much as leaves no direction flatter than the prior.

    What axes add is exact of normal posteriors. Where shapes of effects move with the sd of a
    class, sums of what several add may be too much.
    """
    share = np.ones(len(added.height))
    units = scale[:, :, np.newaxis] * scale[:, np.newaxis, :]
    for _ in range(_HALVINGS + 2):
        total = LogQuadratic(
            dense.height + share * added.height,
            dense.pull + share[:, np.newaxis] * added.pull,
            dense.precision + share[:, np.newaxis, np.newaxis] * added.precision,
        )
        flat = np.linalg.eigvalsh(units * total.precision)[:, 0] < _FLATTEST
        if not flat.any():
            break
        share = np.where(flat, share / 2, share)
        share[share < 2.0**-_HALVINGS] = 0.0
    return total
