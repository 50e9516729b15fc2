"""Problems of the marginal sampler made by hand, and the toys' own."""

import numpy as np
from scipy import integrate as quadrature

from tests.toys import TOYS
from varmodel.families import FAMILIES, Cells, Prior
from varmodel.frame import prepare
from varmodel.inference.arrays import resolve_priors
from varmodel.inference.marginal.problem import Problem, read_problem
from varmodel.inference.samplers import Request

FORMS = {
    "share": "binomial",
    "expected": "poisson",
    "exposure": "poisson",
    "measurements": "normal",
    "published": "normal",
}


def request_of(name="surgical", **changes):
    """Return what `fit` would ask a sampler for: a toy."""
    toy = TOYS[name]()
    frame = prepare(toy.spec, toy.table)
    numbers = {"random_seed": 1, "draws": 500, "tune": 0, "chains": 4}
    return Request(toy.spec, frame, progressbar=False, **{**numbers, **changes})


def toy_problem(name):
    """Return a toy as the sampler reads it."""
    asked = request_of(name)
    return read_problem(asked.frame, resolve_priors(asked.spec, asked.frame))


def make_problem(family, cells, *, provider, pattern=None, design=None, tau=0.5):
    """Put a problem together; without a design there is an intercept alone."""
    provider = np.asarray(provider)
    pattern = np.zeros(len(provider), dtype=np.int64) if pattern is None else np.asarray(pattern)
    design = np.ones((1, 1)) if design is None else np.asarray(design, float)
    sds = 2 if cells.spread is not None else 1
    return Problem(
        family=FAMILIES[family],
        cells=cells,
        provider=provider,
        pattern=pattern,
        starts=np.searchsorted(provider, np.arange(provider[-1] + 2)),
        design=design,
        sds=(Prior("half_normal", sigma=tau),) * sds,
        prior_mean=np.zeros(design.shape[1]),
        prior_precision=np.full(design.shape[1], 0.25),
    )


def awkward(form, *, seed=1):
    """Return eight providers: all events, none, one case, 1e9 cases, no case, some size-0 cells."""
    rng = np.random.default_rng(seed)
    provider, pattern = np.repeat(np.arange(8), 3), np.tile(np.arange(3), 8)
    size = rng.integers(5, 60, (8, 3)).astype(float)
    size[2], size[3], size[4], size[5, 1:] = [0, 1, 0], 1e9 / 3, 0, 0
    size[3] = np.floor(size[3])
    design = np.column_stack([np.ones(3), [-1, 0.5, 0.3]])
    return make_problem(
        FORMS[form], _cells(form, size, rng), provider=provider, pattern=pattern, design=design
    )


def _cells(form, size, rng):
    size = size.ravel()
    if FORMS[form] != "normal":
        rate = np.repeat([0.9, 0, 0, 0.1, 0, 0.3, 0.2, 0.1], 3)
        events = np.round(rate * size)
        events[:3] = size[:3] if form == "share" else events[:3]  # separation
        return Cells(events, size)
    value = rng.normal(1, 1, len(size))
    if form == "measurements":
        return Cells(value, size, spread=np.maximum(size - 1, 0) * 0.9)
    return Cells(value, np.ones_like(size), error=rng.uniform(1e-4, 3, len(size)))


def chi_of(problem, tau, residual=1.3):
    """Return the logs of the sds."""
    return np.log([tau, residual][: len(problem.sds)])


def density(problem, chi, psi, j, b):
    """Log of the likelihood times N(b; 0, tau) of one provider at each b."""
    own = problem.provider == j
    cells = Cells(
        *(
            None if x is None else x[own]
            for x in (
                problem.cells.response,
                problem.cells.size,
                problem.cells.spread,
                problem.cells.error,
            )
        )
    )
    eta = problem.eta(psi)[own] + np.asarray(b)[..., np.newaxis]
    fits = problem.family.log_likelihood(cells, eta, problem.residual_sd(chi)).sum(axis=-1)
    return fits - 0.5 * (b / np.exp(chi[0])) ** 2 - chi[0] - 0.5 * np.log(2 * np.pi)


def log_integral(problem, chi, psi, j, *, mode, sd):
    """Integrate one provider by SciPy."""
    top = float(density(problem, chi, psi, j, np.array(mode)))

    def height(b):
        return np.exp(float(density(problem, chi, psi, j, np.array(b))) - top)

    ends = (mode - 40 * sd, mode + 40 * sd)
    found = quadrature.quad(
        height, *ends, points=[mode - 4 * sd, mode, mode + 4 * sd], limit=400, epsabs=0, epsrel=1e-9
    )
    return top + np.log(found[0])
