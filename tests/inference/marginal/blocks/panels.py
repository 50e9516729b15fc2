"""Small panels of every kind of likelihood, and what is exact for them by brute force."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import special

from tests.inference.marginal.hand_made import make_problem
from varmodel.families import Cells
from varmodel.families.effects import EFFECTS
from varmodel.inference.marginal.blocks.conditional import room_for_units
from varmodel.inference.marginal.blocks.laplace import evidence_of_blocks
from varmodel.inference.marginal.blocks.modes import Layout, Variances
from varmodel.inference.marginal.hyperparameters.declared import (
    TRANSIENT_RHO,
    TRANSIENT_SD,
    correlation,
    shape,
)
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.likelihood.beta_binomial import BetaBinomial
from varmodel.inference.marginal.likelihood.binomial import Binomial
from varmodel.inference.marginal.likelihood.exponential import Exponential
from varmodel.inference.marginal.likelihood.negative_binomial import NegativeBinomial
from varmodel.inference.marginal.likelihood.operations import Data
from varmodel.inference.marginal.likelihood.quadratic import Quadratic
from varmodel.inference.marginal.problem import Transient

PHI = 7.0
#: Name -> model of data, predictor of eta, parameter, log likelihood of a cell by eta and b, less
#: what no effect touches.
KINDS = {
    "binomial": (
        Binomial,
        np.exp,
        1.0,
        lambda y, n, eta, b: y * b - n * np.logaddexp(0, eta + b),
    ),
    "poisson": (
        lambda data: Exponential(data, 1.0),
        np.exp,
        1.0,
        lambda y, n, eta, b: y * b - n * np.exp(eta + b),
    ),
    "gamma": (
        lambda data: Exponential(data._replace(size=data.size * data.response), -1.0),
        lambda eta: np.exp(-eta),
        PHI,
        lambda y, n, eta, b: -PHI * n * (b + y * np.exp(-eta - b)),
    ),
    "normal": (
        Quadratic,
        np.asarray,
        PHI,
        lambda y, n, eta, b: -0.5 * PHI * n * (y - eta - b) ** 2,
    ),
    "negative_binomial": (
        NegativeBinomial,
        np.exp,
        PHI,
        lambda y, n, eta, b: y * b - (y + PHI) * np.log1p(n * np.exp(eta + b) / PHI),
    ),
    "beta_binomial": (
        BetaBinomial,
        np.asarray,
        PHI,
        lambda y, n, eta, b: _beta_binomial(y, n, eta + b),
    ),
}


#: Each kind compiles the loops anew, 10 to 20 seconds: all but one are tried in the long run. What
#: differs between kinds, their operations, is tested in ``likelihood/test_protocol.py`` always.
FIRST = "binomial"


def each(kinds):
    """Parametrise by kinds or families: one now, all in the long run."""
    return [kind if kind == FIRST else pytest.param(kind, marks=pytest.mark.long) for kind in kinds]


def _beta_binomial(y, n, eta):
    a, b = PHI * special.expit(eta), PHI * special.expit(-eta)
    logs = special.betaln(a + y, b + n - y) - special.betaln(a, b)
    return logs + special.gammaln(PHI + n) - special.gammaln(PHI) - n * np.log(PHI)


@dataclass(frozen=True, eq=False)
class Panel:
    """Cells of units, two a unit, and which units a provider has."""

    kind: str
    response: np.ndarray
    size: np.ndarray
    periods: list

    @property
    def layout(self):
        lengths = [len(own) for own in self.periods]
        lag = np.concatenate([np.diff(own, prepend=own[0]) for own in self.periods])
        return Layout(np.concatenate([[0], np.cumsum(lengths)]), lag, max(lengths))

    @property
    def model(self):
        units, cells = self.layout.starts[-1], len(self.size)
        per = cells // units
        starts = np.arange(units + 1) * per
        total = -self.size if self.kind == "gamma" else self.response
        linear = np.add.reduceat(total, starts[:-1])
        pattern = np.tile(np.arange(per), units).astype(np.int32)
        data = Data(pattern, self.size, self.response, starts, linear, np.arange(units))
        return KINDS[self.kind][0](data)

    def log_likelihood(self, eta, b, unit):
        """Give the log likelihood of a unit at effects b (...), eta (2,)."""
        at, exact = slice(2 * unit, 2 * unit + 2), KINDS[self.kind][3]
        each = exact(self.response[at], self.size[at], eta, np.asarray(b)[..., np.newaxis])
        return each.sum(axis=-1)

    def laid(self, eta, points, *, start=0.0):
        """Lay points out as the loops read them; points (point, 3): tau_u, tau_v, rho."""
        points = np.atleast_2d(points).astype(float)
        count = len(points)
        variances = variances_at(points, int(self.layout.lag.max()))
        batches = len(variances.lasting)
        _, predict, parameter, _ = KINDS[self.kind]
        predictor = np.broadcast_to(predict(eta)[:, np.newaxis], (batches, len(eta), BATCH)).copy()
        begin = np.full((1, self.layout.starts[-1]), start)
        return (
            predictor,
            np.full((batches, BATCH), parameter),
            variances,
            begin,
            np.zeros(count, np.int64),
        )

    def evidence(self, eta, points, *, start=0.0):
        """Give the approximate log evidence at points."""
        laid = self.laid(eta, points, start=start)
        room, out = room_for_units(self.layout.most), np.empty(len(laid[-1]))
        evidence_of_blocks(self.model, self.layout, *laid, room, out)
        return out

    def covariance(self, point, provider=0):
        """Give the prior covariance of a provider's block."""
        tau_u, tau_v, rho = point
        own = np.asarray(self.periods[provider])
        lags = np.abs(own[:, np.newaxis] - own)
        return tau_u**2 + tau_v**2 * np.where(lags == 0, 1.0, float(rho) ** lags)


def variances_at(points, most):
    """Lay out what blocks read of tau_u, tau_v and rho."""
    every = np.arange(-(-len(points) // BATCH) * BATCH).clip(max=len(points) - 1)
    lasting, transient, rho = points[every].T.reshape(3, -1, BATCH)
    lags = np.arange(most + 1)[:, np.newaxis]
    carried = np.where(lags == 0, 0.0, rho[:, np.newaxis] ** lags)
    return Variances(lasting**2, transient**2, carried, 1 - carried**2)


def panel(kind, periods=((0, 1),), *, size=6, seed=1):
    """Draw a panel; sparse unless the size says otherwise."""
    rng = np.random.default_rng(seed)
    cells = 2 * sum(map(len, periods))
    many = rng.integers(size // 2, 2 * size, cells).astype(float)
    if kind == "normal":
        response = rng.normal(-0.5, 0.7, cells)
    elif kind == "gamma":
        response = rng.gamma(3.0, 0.2, cells)
    else:
        response = rng.binomial(many.astype(int), 0.35).astype(float)
    return Panel(kind, response, many, [np.asarray(own) for own in periods])


def quadrature(one, eta, point):
    """Integrate a provider of one or two units by brute force: log evidence, mean, covariance."""
    prior = one.covariance(point)
    return integrate(
        lambda b: sum(one.log_likelihood(eta, b[:, t], t) for t in range(len(prior))), prior
    )


def integrate(log_likelihood, prior, *, across=241):
    """Integrate a likelihood of b (node, unit) over N(0, prior): log evidence, mean, covariance."""
    mean, spread = np.zeros(len(prior)), prior
    line = np.linspace(-9, 9, across)
    z = np.stack(np.meshgrid(*[line] * len(prior), indexing="ij"), axis=-1).reshape(-1, len(prior))
    for _ in range(6):  # zoom in on the mass
        factor = np.linalg.cholesky(spread)
        b = mean + z @ factor.T
        logs = log_likelihood(b) - 0.5 * (b * np.linalg.solve(prior, b.T).T).sum(axis=1)
        total = special.logsumexp(logs)
        share = np.exp(logs - total)
        mean = share @ b
        spread = (b - mean).T @ ((b - mean) * share[:, np.newaxis])
    volume = np.linalg.slogdet(factor)[1] + len(prior) * np.log(line[1] - line[0])
    constant = 0.5 * np.linalg.slogdet(2 * np.pi * prior)[1]
    return total + volume - constant, mean, spread


#: Providers and periods of the cells of a problem: some begin, stop, or lack a period.
PROVIDER = np.repeat([0, 0, 1, 2, 2, 3, 3], 2)
PERIOD = np.repeat([0, 1, 2, 0, 3, 2, 1], 2)  # not sorted within a provider


def block_problem(family, *, correlated=True, times=1, published=False):
    """Return four providers over four periods, the third and fourth a year apart."""
    rng, many = np.random.default_rng(5), len(PROVIDER)
    size = rng.integers(8, 40, many).astype(float) * times
    if family in {"binomial", "beta_binomial"}:
        cells = Cells(rng.binomial(size.astype(int), 0.3).astype(float), size)
    elif family in {"poisson", "negative_binomial"}:
        cells = Cells(rng.poisson(0.4 * size).astype(float), size)
    elif published:
        cells = Cells(rng.normal(-1, 0.6, many), np.ones(many), error=rng.uniform(0.1, 0.5, many))
    else:
        value = rng.normal(-1, 0.6, many)
        mean = np.exp(value) if family == "gamma" else value
        cells = Cells(mean, size, spread=rng.uniform(0.5, 1.0, many) * size)
    plain = make_problem(
        family,
        cells,
        provider=PROVIDER,
        pattern=2 * PERIOD + np.tile([0, 1], many // 2),
        design=np.column_stack([np.ones(8), rng.normal(0, 0.5, (8, 2))]),
        tau=0.7,
    )
    listed = list(plain.hyperparameters.listed)
    listed.insert(1, replace(listed[0], name=TRANSIENT_SD, values=_transient_sd))
    if correlated:
        listed.append(correlation(TRANSIENT_RHO, a=4.0, b=2.0, gridded=False))
    listed = [replace(one, gridded=k < 2) for k, one in enumerate(listed)]
    return replace(
        plain,
        hyperparameters=replace(plain.hyperparameters, listed=tuple(listed)),
        transient=Transient(PERIOD.astype(np.int64), np.array([0, 1, 5, 6]), correlated),
    )


def with_law(problem, effect):
    """Give a problem another distribution of the lasting effects."""
    law, every = EFFECTS[effect], problem.hyperparameters
    listed = [*every.listed[:2], shape(law, gridded=False), *every.listed[2:]]
    return replace(problem, law=law, hyperparameters=replace(every, listed=tuple(listed)))


def _transient_sd(x):
    return {TRANSIENT_SD: np.exp(x[..., 0])}


def point_of(problem, *, tau_u=0.5, tau_v=0.4):
    """Return chi and psi."""
    every, psi = problem.hyperparameters, np.zeros(problem.size)
    psi[:3] = problem.level, 0.3, -0.2
    for one in every.sampled:
        psi[every.columns(one.name)] = one.start
    return np.log([tau_u, tau_v]), psi


def slopes_at(one, chi, psi, effect=None):
    """Give the slopes of an evaluator at one chi and some psi (point, psi)."""
    effect = np.zeros(one.effect_shape) if effect is None else effect
    every = np.zeros(len(psi), np.int64)
    return one.slopes(chi[np.newaxis][every], psi, effect=effect[np.newaxis][every])
