"""How much of each provider's figure is signal, the coefficients' uncertainty in (methods 5).

Every draw is a normal approximation at that draw: cells have Fisher information W, the effects u
have variance tau^2, the coefficients beta their prior precision P. Then

    w_j = sum of W over j's cells        X = design, less its mean weighted by W
    C   = Z'WX, c_j its row j            Q = X'WX + P
    E_j = 1 / (1 + tau^2 w_j)            M = Q - tau^2 C'EC

    Var(u_j | data) / tau^2 = E_j + tau^2 E_j^2 c_j' M^-1 c_j

The first term is chance; the second is what is lost because case mix and effects are learnt from
the same providers. The intercept is projected off: no order depends on it. With a transient what
is left of W when part of a provider passes stands for W throughout: see `within_periods`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.estimands.draws.stacked import (
    StackedDraws,
    draws_of,
    label_draws,
    label_providers,
    own_sds,
    read_likelihood,
    read_own,
)
from varmodel.estimands.draws.transient import StackedTransient, read_transient
from varmodel.estimands.rates.standardise import Own, own_population
from varmodel.estimands.variation.cell_sums import ELEMENTS, LOOPED, CellSums, InformationSums
from varmodel.estimands.variation.within_periods import (
    Columns,
    UnitSums,
    remains,
    unit_columns,
    unit_sums,
    units_in,
)
from varmodel.families import Cells, Family, take
from varmodel.families.outcomes.binomial import BINOMIAL
from varmodel.fits import Fit
from varmodel.frame import cells_of, resolve_priors
from varmodel.numerics.blocks import blocks
from varmodel.numerics.loops.worth import worth_summing
from varmodel.numerics.quantiles import type_7
from varmodel.numerics.threads import share_out
from varmodel.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Share of the effects' variance that the data leave open, in a block of draws.

    Attributes
    ----------
    chance : ndarray, shape (draws, provider)
        Were the coefficients known.
    coefficients : ndarray, shape (draws, provider)
        What their uncertainty adds.
    """

    chance: Array
    coefficients: Array

    @property
    def reliability(self) -> Array:
        """The share of signal; at least 0, whatever the rounding."""
        return np.maximum(0.0, 1.0 - self.chance - self.coefficients)


def reliability(fit: Fit) -> xr.DataArray:
    """Give the share of true variation in each provider's unshrunken figure.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider)
        1 - Var(u_j) / tau^2 with the coefficients estimated from the same data: 1 is all signal,
        0 all noise (a provider of size 0). Without covariates tau^2 / (tau^2 + s_j^2), with s_j^2
        the inverse Fisher information of the provider's effect in the draw. With a transient it
        is that of what lasts: what passes counts as noise, and more of it stays than of chance.
    """
    result = np.empty(draws_of(fit, "provider_effect", "provider").shape)

    def keep(draws: slice, noise: Noise) -> None:
        result[draws] = noise.reliability

    each_block(read_noise_model(fit), keep)
    return label_draws(fit, result, name="reliability")


def rankability(fit: Fit) -> xr.DataArray:
    """Give the share of the differences between providers that is no chance.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    xarray.DataArray, dims (chain, draw)
        The median provider's :func:`reliability` (after van Houwelingen & Brand 1999). Below .5
        the order is mostly noise; .5 to .75 moderate; above .75 high.
    """
    return order_reliability(fit)[0]


def order_reliability(fit: Fit) -> tuple[xr.DataArray, xr.Dataset]:
    """Give rankability, and what each provider's reliability lacks to 1, in one pass.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.

    Returns
    -------
    tuple of xarray.DataArray
        :func:`rankability` (chain, draw); and by provider, posterior means that add up to its
        unreliability: ``chance``, and ``coefficients``, what is lost because case mix is learnt
        from the same providers.
    """
    median = np.empty(len(draws_of(fit, "provider_sd")))

    def keep(draws: slice, noise: Noise) -> Array:
        median[draws] = type_7(noise.reliability, 0.5)
        return np.stack([noise.chance.sum(axis=0), noise.coefficients.sum(axis=0)])

    means = np.sum(each_block(read_noise_model(fit), keep), axis=0) / len(median)
    names = ("chance", "coefficients")
    lacking = {
        name: label_providers(fit, x, name=name) for name, x in zip(names, means, strict=True)
    }
    by_provider = xr.Dataset(lacking, attrs=fit.provenance)
    return label_draws(fit, median, name="rankability"), by_provider


@dataclass(frozen=True, slots=True, eq=False)
class NoiseModel:
    """A fit as plain arrays; cells sorted by provider.

    Attributes
    ----------
    tau : ndarray, shape (S, 1 or provider)
    parameters : mapping of str to ndarray, shape (S,)
        The family's own.
    precision : ndarray, shape (term,)
        Of the coefficients' prior.
    layout : CellSums
        How the cells are added up.
    passing : tuple or None
        What passes, and the terms as the units see them that it passes in.
    steady : tuple or None
        Sums by units at a scale of 1, and what each draw multiplies them by, of a family whose
        information hangs on no predictor.
    by_loops : bool
        Whether the work is so long that compiled loops do it.
    """

    family: Family
    cells: Cells
    stacked: StackedDraws
    own: Own
    tau: Array
    parameters: Mapping[str, Array]
    precision: Array
    layout: CellSums
    passing: tuple[StackedTransient, Columns] | None
    steady: tuple[UnitSums, Array] | None = None
    by_loops: bool = False

    @property
    def of_shares(self) -> bool:
        """Whether loops add the information up as it is made: that of shares."""
        return self.by_loops and self.family is BINOMIAL


def read_noise_model(fit: Fit) -> NoiseModel:
    """Read what the noise of a fit is made of."""
    own, terms, tau = own_population(fit), fit.frame.sizes["term"], own_sds(fit)
    precision = np.zeros(terms)
    if terms:
        prior = resolve_priors(fit.spec, fit.frame)["coefficients"]
        precision += dict(prior.parameters)["sigma"] ** -2
    transient = read_transient(fit)
    passing = None if transient is None else (transient, _columns(fit, own))
    return NoiseModel(
        family=fit.spec.family_row,
        cells=cells_of(fit.frame),
        stacked=read_likelihood(fit),
        own=own,
        tau=tau,
        parameters=read_own(fit),
        precision=precision,
        layout=CellSums.of(own, fit.frame["design"].to_numpy()),
        passing=passing,
        steady=None if passing is None else _steady(fit, passing[1], draws=len(tau)),
        by_loops=worth_summing(len(tau) * len(own.pattern)),
    )


def _steady(fit: Fit, columns: Columns, *, draws: int) -> tuple[UnitSums, Array] | None:
    """Add the information up once for all draws, where they only scale it."""
    family, cells = fit.spec.family_row, cells_of(fit.frame)
    if not family.is_steady:
        return None
    scale = family.residual_name(fit.spec.form.name)
    at = {} if scale is None else {scale: 1.0}
    information = family.information(cells, np.zeros((1, len(cells.size))), at)
    factor = np.ones(draws) if scale is None else read_own(fit)[scale] ** -2.0
    return unit_sums(information, columns), factor


def _columns(fit: Fit, own: Own) -> Columns:
    return unit_columns(units_in(fit.frame), fit.frame["design"].to_numpy()[own.pattern])


def each_block[R](model: NoiseModel, work: Callable[[slice, Noise], R]) -> list[R]:
    """Do something with the noise of each block of draws, in the order of the draws."""
    providers, terms = model.stacked.effect.shape[1], len(model.precision)
    width = len(model.own.pattern) + providers * terms + terms**2
    draws = blocks(len(model.tau), width, largest=ELEMENTS if terms else None)
    if model.passing is not None:  # period by period, in arrays that a core's cache holds
        units, rows = len(model.passing[1].units.first), len(model.own.pattern)
        by_units = model.of_shares or model.steady is not None
        each = units if by_units else rows if model.by_loops else 2 * rows
        largest = LOOPED if model.by_loops else None
        draws = blocks(len(model.tau), each + providers * (1 + terms), largest=largest)
    return share_out(lambda part: work(part, _noise(model, part)), draws)


def _noise(model: NoiseModel, draws: slice) -> Noise:
    """Give what a block of draws leaves open of each provider: the module's formulas."""
    (sums, among, level), tau = _sums(model, draws), model.tau[draws]
    w = sums[:, :, 0]
    chance = 1.0 / (1.0 + tau**2 * w)
    if not len(model.precision):
        return Noise(chance, np.zeros_like(chance))
    mean = level / np.maximum(w.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    centred = np.zeros((*level.shape, 1 + level.shape[1]))
    centred[:, :, 0], centred[:, :, 1:] = -mean, np.eye(level.shape[1])  # c_j = centred sums_j
    among += np.diag(model.precision) - level[:, :, np.newaxis] * mean[:, np.newaxis]
    sums *= (tau * np.sqrt(chance))[:, :, np.newaxis]
    among -= centred @ (sums.transpose(0, 2, 1) @ sums) @ centred.transpose(0, 2, 1)
    spread = centred.transpose(0, 2, 1) @ np.linalg.inv(among) @ centred
    return Noise(chance, chance * np.einsum("sjt,sjt->sj", sums @ spread, sums))


def _sums(model: NoiseModel, draws: slice) -> InformationSums:
    """Give w and C, X'WX and its level, with X as it stands; they may be written over."""
    if model.passing is None:
        if not model.of_shares:
            return model.layout.sums(_information(model, draws))
        eta, effect = model.stacked.predictor.eta(draws), model.stacked.effect[draws]
        return model.layout.sums_of_shares(eta, effect, size=model.cells.size)
    transient, columns = model.passing
    sums = sums_by_units(model, draws, transient=transient, columns=columns)
    kept = remains(sums, columns, transient=transient, draws=draws, by_loops=model.by_loops)
    return kept.products, kept.among, kept.products[:, :, 1:].sum(axis=1)


def sums_by_units(
    model: NoiseModel, draws: slice, *, transient: StackedTransient, columns: Columns
) -> UnitSums:
    """Add the information of the cells up by provider and period."""
    if model.steady is not None:
        sums, factor = model.steady[0], model.steady[1][draws, np.newaxis]
        by_term = factor[..., np.newaxis]
        return UnitSums(factor * sums.held, by_term * sums.terms, by_term * sums.products)
    if not model.of_shares:
        w = _information(model, draws)
        return model.layout.unit_sums(w, columns, by_loops=model.by_loops)
    units, effect = columns.units, model.stacked.effect[draws]
    at = effect[:, units.provider]
    at += transient.effect[draws].reshape(len(at), -1)[:, units.place]
    eta, size = model.stacked.predictor.eta(draws), model.cells.size
    return model.layout.unit_sums_of_shares(eta, at, size=size, columns=columns)


def _information(model: NoiseModel, draws: slice) -> Array:
    """Give the Fisher information of each cell, shape (draws, cell)."""
    eta = np.take(model.stacked.predictor.eta(draws), model.own.pattern, axis=1)
    eta += np.take(model.stacked.effect[draws], model.own.provider, axis=1)
    if model.passing is not None:
        transient, units = model.passing[0], model.passing[1].units
        passing = transient.effect[draws].reshape(len(eta), -1)
        eta += np.take(passing, units.place[units.of_cell], axis=1)
    parameters = take(model.parameters, (draws, np.newaxis))
    return model.family.information(model.cells, eta, parameters)
