"""Problems of the marginal sampler made by hand, the toys' own, and integrals without it."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import special

from tests.toys import POSITIVE_TOYS, TOYS
from varmodel.families import FAMILIES, Cells, Prior
from varmodel.families.effects import EFFECTS, flexible_spline
from varmodel.families.parameters import EFFECT, LOCATION, Pooled
from varmodel.frame import prepare
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.hyperparameters.declared import SHAPE, declare
from varmodel.inference.marginal.likelihood.operations import Place, expand
from varmodel.inference.marginal.problem import Problem, pooled_figures, read_problem
from varmodel.inference.marginal.quadrature.by_point import scratch
from varmodel.inference.marginal.quadrature.evaluator import evaluator
from varmodel.inference.marginal.quadrature.grid import even
from varmodel.inference.marginal.quadrature.modes import find_mass
from varmodel.inference.nuts.arrays import resolve_priors
from varmodel.inference.request import Request

ALL_TOYS = TOYS | POSITIVE_TOYS
FAMILY_OF = {
    "share": "binomial",
    "expected": "poisson",
    "measurements": "normal",
    "published": "normal",
    "log_measurements": "lognormal",
    "positive_measurements": "gamma",
}
#: Laws of effects with coordinates far from the normal law.
SHAPES = {
    "normal": [],
    "student_t": [0.5],
    "mixture": [-1.5, 1.2],
    "flexible": [0.6, -0.4, 0.3],
}
#: Those on an evenly divided coordinate.
EVEN = ("student_t", "flexible")
PSI = np.array([-1.0, 0.4])


def request_of(name="surgical", *, effect="normal", **changes):
    """Return what `fit` would ask a sampler for: a toy."""
    toy = ALL_TOYS[name]()
    frame = prepare(toy.spec, toy.table)
    numbers = {"random_seed": 1, "draws": 500, "tune": 0, "chains": 4}
    spec = toy.spec.replace(effect=effect)
    return Request(spec, frame, progressbar=False, **{**numbers, **changes})


def toy_problem(name, effect="normal"):
    """Return a toy as the sampler reads it."""
    asked = request_of(name)
    return read_problem(asked.frame, resolve_priors(asked.spec, asked.frame), effect=effect)


def make_problem(
    family, cells, *, provider, pattern=None, design=None, tau=0.5, effect="normal", prior=2.0
):
    """Put a problem together; without a design there is an intercept alone."""
    provider = np.asarray(provider)
    pattern = np.zeros(len(provider), dtype=np.int64) if pattern is None else np.asarray(pattern)
    design = np.ones((1, 1)) if design is None else np.asarray(design, float)
    form = "published" if cells.error is not None else FAMILIES[family].form_names[0]
    listed = FAMILIES[family].parameters(form)
    scattered = cells.spread is not None and cells.spread.any()
    pooled = pooled_figures(FAMILIES[family], cells, mean=0.5) if scattered else Pooled(0.5, 1.0)
    prior_sd = Prior("half_normal", sigma=tau)
    rate = cells.response.sum() / max(cells.size.sum(), 1.0)
    return Problem(
        family=FAMILIES[family],
        form=form,
        law=EFFECTS[effect],
        cells=cells,
        provider=provider,
        pattern=pattern,
        starts=np.searchsorted(provider, np.arange(provider[-1] + 2)),
        design=design,
        hyperparameters=declare(
            [(one, prior_sd) for one in listed if one.role != LOCATION],
            starts={one.name: one.typical(pooled) for one in listed},
            law=EFFECTS[effect],
            terms=design.shape[1],
        ),
        pooled_mean=float(np.clip(rate, 1e-6, 1 - 1e-6)),
        prior_mean=np.zeros(design.shape[1]),
        prior_precision=np.full(design.shape[1], prior**-2.0),
    )


def awkward(form, *, effect="normal", seed=1):
    """Return eight providers: all events, none, one case, 1e9 cases, no case, some size-0 cells.

    Where the response is no count, the first two lie far out.
    """
    rng = np.random.default_rng(seed)
    provider, pattern = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    size = rng.integers(5, 60, (8, 3)).astype(float)
    size[2], size[3], size[4], size[5, 1:] = [0, 1, 0], 1e9 / 3, 0, 0
    size[3] = np.floor(size[3])
    design = np.column_stack([np.ones(3), [-1, 0.5, 0.3]])
    cells = _cells(form, size.ravel(), rng)
    made = {"provider": provider, "pattern": pattern, "design": design, "effect": effect}
    return make_problem(FAMILY_OF[form], cells, **made)


def _cells(form, size, rng):
    if form in {"share", "expected"}:
        rate = np.repeat([0.9, 0, 0, 0.1, 0, 0.3, 0.2, 0.1], 3)
        events = np.round(rate * size)
        events[:3] = size[:3] if form == "share" else events[:3]  # separation
        return Cells(events, size)
    value = rng.normal(1, 1, len(size))
    if form == "published":
        return Cells(value, np.ones_like(size), error=rng.uniform(1e-4, 3, len(size)))
    if form == "positive_measurements":
        return Cells(np.exp(value), size, spread=np.maximum(size - 1, 0) * 0.4)
    return Cells(value, size, spread=np.maximum(size - 1, 0) * 0.9)


def one_provider(form, j, *, effect="normal"):
    """Return one of the awkward providers by itself."""
    whole = awkward(form, effect=effect)
    own = whole.provider == j
    return make_problem(
        whole.family.name,
        cells_at(whole.cells, own),
        provider=np.zeros(3, int),
        pattern=whole.pattern[own],
        design=whole.design,
        effect=effect,
    )


def without_huge(problem):
    """Take the awkward providers but for that of 1e9 cases."""
    few = problem.provider != 3
    return make_problem(
        problem.family.name,
        cells_at(problem.cells, few),
        provider=np.repeat(np.arange(7), 3),
        pattern=problem.pattern[few],
        design=problem.design,
        effect=problem.law.name,
    )


def cells_at(cells, which):
    """Take some of the cells."""
    held = (cells.response, cells.size, cells.spread, cells.error)
    return Cells(*(None if x is None else x[which] for x in held))


def chi_of(problem, tau, residual=1.3, *, shape=None):
    """Return the coordinates on the grid: log provider_sd, shape, log residual_sd."""
    shape = SHAPES[problem.law.name] if shape is None else shape
    return _laid(problem.hyperparameters.gridded, tau, residual, shape)


def psi_of(problem, residual=1.3, *, level=-1.0, shape=None):
    """Return an intercept, coefficients, and the coordinates that are not on the grid."""
    shape = SHAPES[problem.law.name] if shape is None else shape
    linear = np.resize([level, 0.4, -0.2], problem.terms)
    return np.concatenate([linear, _laid(problem.hyperparameters.sampled, np.nan, residual, shape)])


def _laid(listed, tau, residual, shape):
    """Lay coordinates out in the order of hyperparameters."""
    of_role = {SHAPE: lambda _: list(shape), EFFECT: lambda _: [np.log(tau)]}
    laid = [of_role.get(one.role, partial(_coordinate, value=residual))(one) for one in listed]
    return np.array([x for own in laid for x in own])


def _coordinate(one, value):
    """Return the coordinate of a size: its log, or off the grid the ratio to its start."""
    return [value / float(one.values(one.start)[one.name])] if one.mirrored else [np.log(value)]


def evidence_of(problem, chi, psi, *, nodes=61, start=0.0):
    """Return the sampler's log p(y | chi, psi), all effects integrated out."""
    chi, psi = np.atleast_2d(chi), np.atleast_2d(psi)
    starts = Starts(np.full((1, problem.providers), start), np.zeros(len(chi), np.int64))
    found = evaluator(problem, nodes=nodes).log_posterior(chi, psi, starts=starts)
    return found - problem.log_prior(chi, psi)


@dataclass(frozen=True, eq=False)
class Loops:
    """What the loops are handed for one provider at one point."""

    model: object
    at: Place
    law: object
    rule: object
    room: object
    ones: np.ndarray

    @property
    def series(self):
        return self.room.series

    def at_provider(self, j):
        """Take another provider at the same point, with the same memory."""
        return replace(self, at=self.at._replace(j=j))

    def expand(self, b):
        """Expand at b: height without the binomial's sum of logs, reach."""
        return expand(self.model, self.at, b, self.series, self.ones)

    def find_mass(self, b=0.0):
        return find_mass(self.model, self.at, b, self.law, 0, self.ones, self.series)

    def lay(self, b=0.0):
        """Return effects at the nodes and their log heights over that where the series stands."""
        b, _, reach, middle = self.find_mass(b)
        args = (
            self.model,
            self.at,
            b,
            reach,
            middle,
            self.law,
            0,
            len(self.rule.points),
            self.room,
        )
        count = even(*args)
        return b + self.room.step[:count], self.room.height[:count]


def loops_of(problem, chi, psi, *, j=0, nodes=7):
    made = evaluator(problem, nodes=nodes)
    predictor, parameter, law = made._predict(chi[np.newaxis], psi[np.newaxis])
    ones, room = np.empty(len(problem.provider)), scratch()
    return Loops(
        made.kernel.likelihood, Place(j, predictor[0], parameter[0]), law, made.rule, room, ones
    )


def made_of(form, j, effect, *, tau=0.5, nodes=7):
    """Return one awkward provider, a point, and its loops."""
    problem = one_provider(form, j, effect=effect)
    chi, psi = chi_of(problem, tau), psi_of(problem)
    return problem, chi, psi, loops_of(problem, chi, psi, nodes=nodes)


# Integrals that know nothing of the sampler: Gauss-Legendre between many points of the line.

_LEGENDRE = np.polynomial.legendre.leggauss(16)
_RUNGS = np.concatenate([np.arange(0.5, 9, 0.5), np.geomspace(9, 60, 20)])
_FAR = np.geomspace(80, 1e7, 40)


@dataclass(frozen=True, eq=False)
class Conditional:
    """One provider's effect given the rest: where its mass lies, and how much there is."""

    b: np.ndarray
    weight: np.ndarray
    log_evidence: float

    @property
    def mean(self):
        return self.weight @ self.b

    @property
    def sd(self):
        return np.sqrt(self.weight @ (self.b - self.mean) ** 2)

    def cumulative(self, x):
        """Distribution function, straight between nodes."""
        middle = np.cumsum(self.weight) - self.weight / 2
        return np.interp(x, self.b, middle)


def conditional(problem, chi, psi, j):
    """Integrate likelihood times law of one provider over the whole line."""
    edges = _edges(problem, chi, psi, j)
    x, w = _LEGENDRE
    half = np.diff(edges)[:, np.newaxis] / 2
    b = (edges[:-1, np.newaxis] + half * (1 + x)).ravel()
    height = density(problem, chi, psi, j, b) + np.log(half * w).ravel()
    total = special.logsumexp(height)
    return Conditional(b, np.exp(height - total), float(total))


def density(problem, chi, psi, j, b):
    """Log of likelihood times law of one provider at each b."""
    tau, u = np.exp(chi[0]), problem.shape(chi, psi)
    with np.errstate(all="ignore"):
        law = problem.law.log_density(b, tau, problem.law.natural(u))
        return _fits(problem, chi, psi, j, b) + law


def _fits(problem, chi, psi, j, b):
    own = (problem.provider == j) & (problem.cells.size > 0)
    eta = (problem.eta(psi)[problem.pattern])[own] + np.asarray(b)[..., np.newaxis]
    found = problem.family.log_likelihood(
        cells_at(problem.cells, own), eta, problem.values(chi, psi)
    )
    return found.sum(axis=-1)


def _edges(problem, chi, psi, j):
    """Stand close together about the middles of law and likelihood and of both together."""
    tau = np.exp(chi[0])
    lines = np.sort(np.concatenate([tau * _RUNGS, -tau * _RUNGS, np.linspace(-30, 30, 4001)]))
    for _ in range(3):  # zoom in on the mass
        height = density(problem, chi, psi, j, lines)
        held = np.flatnonzero(height > height.max() - 40)
        low, high = lines[max(held[0] - 1, 0)], lines[min(held[-1] + 1, len(lines) - 1)]
        lines = np.linspace(low, high, 2001)
    edges = [np.linspace(low, high, 301), tau * _RUNGS, -tau * _RUNGS, [0.0]]
    if problem.law.name == "student_t":
        edges += [tau * _FAR, -tau * _FAR]
    if problem.law.name == "flexible":  # where its pieces meet
        pieces = flexible_spline(problem.shape(chi, psi))
        joints = tau * (pieces.knots - pieces.mean) / pieces.sd
        edges = [np.clip(np.concatenate([*edges, joints]), joints[0], joints[-1])]
    return np.unique(np.concatenate(edges))
