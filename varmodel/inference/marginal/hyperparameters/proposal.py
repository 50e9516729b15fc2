"""The frozen proposal: chi from the grid's piecewise-linear density, psi from t distributions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import interpolate, special

from varmodel.inference.marginal.hyperparameters.grids import Axes, Grid
from varmodel.values import Array, Index

#: Points of the density of chi to one of the grid: kinks of a coarse one show in the weights.
_FINER = 8
_SPREAD = 1e-3
_LEAST_NU = 8.0
_DEFENCE_NU = 4.0
_DEFENCE = 0.1
#: Numbers of one array held at a time.
_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Proposed points.

    Attributes
    ----------
    chi : ndarray, shape (point, chi)
    psi : ndarray, shape (point, psi)
    log_density : ndarray, shape (point,)
        Of the proposal, at the points.
    nearest : ndarray of int, shape (point,)
        Grid point whose mode is nearest.
    """

    chi: Array
    psi: Array
    log_density: Array
    nearest: Index

    def at(self, which: Index) -> "Points":
        """Take some of the points."""
        names = ("chi", "psi", "log_density", "nearest")
        return Points(*(getattr(self, name)[which] for name in names))


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A mixture over the grid, drawn from and evaluated exactly.

    Attributes
    ----------
    grid : Grid
    axes : tuple of ndarray
        Those of the grid, finer.
    mass : ndarray, shape of the finer axes
        Probability of each point.
    psi, precision, effect : ndarray
        Centres, precisions and effects of the modes, stacked over the grid.
    width : ndarray, shape (psi,)
        How much wider than the modes' precision says psi is drawn.
    """

    grid: Grid
    axes: Axes
    mass: Array
    psi: Array
    precision: Array
    effect: Array
    width: Array

    def draw(self, rng: np.random.Generator, count: int) -> Points:
        """Draw points and give their density."""
        size = self.psi.shape[1]
        most = max(1, _BLOCK // (2 ** len(self.axes) * size**2))
        parts = [min(most, count - first) for first in range(0, count, most)]
        return pool([self._draw_block(rng, part) for part in parts])

    def log_density(self, chi: Array, psi: Array) -> Array:
        """Give the log density at any points, shape (point,): -inf off the grid."""
        mode, factor = self._conditional(chi)
        with np.errstate(divide="ignore"):
            log_chi = self.log_chi(chi)
        u = np.einsum("nqp,nq->np", factor, psi - mode) / self.width
        log_t = _log_mixture((u**2).sum(axis=1), psi.shape[1])
        return np.asarray(log_chi + log_t + _log_det(factor, self.width))

    def nearest(self, chi: Array) -> Index:
        """Find the grid point whose mode is nearest, shape (point,)."""
        corner, share = corners(chi, self.grid.axes)
        return np.asarray(corner[np.arange(len(chi)), share.argmax(axis=1)])

    def _draw_block(self, rng: np.random.Generator, count: int) -> Points:
        chi = self.draw_chi(rng, count)
        mode, factor = self._conditional(chi)
        psi, log_psi = draw_psi(rng, mode, factor=factor, width=self.width)
        return Points(chi, psi, self.log_chi(chi) + log_psi, self.nearest(chi))

    def _conditional(self, chi: Array) -> tuple[Array, Array]:
        """Give the centre of psi and a Cholesky factor of its precision."""
        corner, share = corners(chi, self.grid.axes)
        mode = np.einsum("nk,nkp->np", share, self.psi[corner])
        factor = np.linalg.cholesky(np.einsum("nk,nkpq->npq", share, self.precision[corner]))
        return mode, factor

    def draw_chi(self, rng: np.random.Generator, count: int) -> Array:
        """Draw a point by its mass, then a tent over it: piecewise linear on the axes."""
        index = np.unravel_index(
            rng.choice(self.mass.size, count, p=self.mass.ravel()), self.mass.shape
        )
        columns = []
        for axis, places in zip(self.axes, index, strict=True):
            tent = rng.random(count) + rng.random(count) - 1
            columns.append(axis[places] + (axis[1] - axis[0]) * tent)
        return np.column_stack(columns)

    def log_chi(self, chi: Array) -> Array:
        """Give the log density of chi; the tents of the edge reach one spacing beyond it."""
        wider = tuple(_widen(axis) for axis in self.axes)
        corner, share = corners(chi, wider)
        mass = np.pad(self.mass, 1).ravel()[corner]
        cell = np.prod([axis[1] - axis[0] for axis in wider])
        return np.asarray(np.log((mass * share).sum(axis=1) / cell))


def pool(parts: Sequence[Points]) -> Points:
    """Put points together."""
    names = ("chi", "psi", "log_density", "nearest")
    return Points(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def freeze(grid: Grid, *, width: Array, shift: Array | float = 0.0, power: float = 1.0) -> Proposal:
    """Make the proposal of a grid: its mass along curves, a little of it spread evenly.

    The curves are Akima's, which do not swing where the mass falls off steeply: along a cubic
    spline a prior's upper tail was proposed too seldom, and k-hat lay above .7 for some seeds.
    ``shift`` (psi,): from the modes of psi to where it is centred. ``power``: what the mass is
    raised to.
    """
    log_mass, axes = grid.log_mass, tuple(_refine(axis) for axis in grid.axes)
    for number, (axis, finer) in enumerate(zip(grid.axes, axes, strict=True)):
        curve = interpolate.Akima1DInterpolator(axis, log_mass, axis=number, method="makima")
        log_mass = curve(finer)
    mass = np.exp(power * (log_mass - log_mass.max()))
    mass = (1 - _SPREAD) * mass / mass.sum() + _SPREAD / mass.size
    names = ("psi", "precision", "effect")
    stacked = {name: np.stack([getattr(mode, name) for mode in grid.modes]) for name in names}
    stacked["psi"] = stacked["psi"] + shift
    return Proposal(grid, axes, mass, **stacked, width=width)


def corners(chi: Array, axes: Axes) -> tuple[Index, Array]:
    """Give the grid corners around each point and their shares; beyond the grid, its edge."""
    corner: Index = np.zeros((len(chi), 1), dtype=np.int64)
    share = np.ones((len(chi), 1))
    for column, axis in zip(chi.T, axes, strict=True):
        place = (column - axis[0]) / (axis[1] - axis[0])
        low = np.clip(np.floor(place).astype(np.int64), 0, len(axis) - 2)
        part = np.clip(place - low, 0.0, 1.0)[:, np.newaxis]
        pair, parts = np.column_stack([low, low + 1]), np.hstack([1 - part, part])
        corner = (corner[:, :, np.newaxis] * len(axis) + pair[:, np.newaxis]).reshape(len(chi), -1)
        share = (share[:, :, np.newaxis] * parts[:, np.newaxis]).reshape(len(chi), -1)
    return corner, share


def _refine(axis: Array) -> Array:
    return np.linspace(axis[0], axis[-1], _FINER * (len(axis) - 1) + 1)


def _widen(axis: Array) -> Array:
    spacing = axis[1] - axis[0]
    return np.concatenate([[axis[0] - spacing], axis, [axis[-1] + spacing]])


def draw_psi(
    rng: np.random.Generator, mode: Array, *, factor: Array, width: Array
) -> tuple[Array, Array]:
    """Draw psi about modes (point, psi), precisions of these roots; give its log density."""
    u, log_t = _draw_t(rng, *mode.shape)
    wide = (width * u)[:, :, np.newaxis]
    psi = mode + np.linalg.solve(np.swapaxes(factor, 1, 2), wide)[:, :, 0]
    return psi, log_t + _log_det(factor, width)


def _log_det(factor: Array, width: Array) -> Array:
    log_det = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    return np.asarray(log_det - np.log(width).sum())


def _draw_t(rng: np.random.Generator, count: int, size: int) -> tuple[Array, Array]:
    """Draw from two standard t distributions, a tenth with heavy tails; give the log density."""
    usual = max(_LEAST_NU, float(size))
    nu = np.where(rng.random(count) < _DEFENCE, _DEFENCE_NU, usual)
    u = rng.standard_normal((count, size)) / np.sqrt(rng.chisquare(nu) / nu)[:, np.newaxis]
    return u, _log_mixture((u**2).sum(axis=1), size)


def _log_mixture(square: Array, size: int) -> Array:
    laws = [np.log1p(-_DEFENCE) + log_t(square, max(_LEAST_NU, float(size)), size=size)]
    laws.append(np.log(_DEFENCE) + log_t(square, _DEFENCE_NU, size=size))
    return np.logaddexp(*laws)


def log_t(square: Array, nu: float, *, size: int) -> Array:
    """Give the log density of a standard t in ``size`` dimensions, by squared distance."""
    constant = special.gammaln((nu + size) / 2) - special.gammaln(nu / 2)
    constant -= size / 2 * np.log(nu * np.pi)
    return np.asarray(constant - (nu + size) / 2 * np.log1p(square / nu))
