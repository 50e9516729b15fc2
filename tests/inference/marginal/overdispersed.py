"""Problems of the over-dispersed likelihoods, whose families are written out here by scipy."""

from dataclasses import replace

import numpy as np
from scipy import special, stats

from tests.inference.marginal.hand_made import chi_of, make_problem, psi_of
from varmodel.families import Cells
from varmodel.inference.marginal.evaluate import Evaluator, Starts, hermite_rule
from varmodel.inference.marginal.kernels import beta_binomial, negative_binomial

KERNELS = {"negative_binomial": negative_binomial, "beta_binomial": beta_binomial}
#: Events and cases (or expected) of three cells of each of eight providers: separated, none, one
#: case, far outlier, no case, some cells empty, much, cells that contradict each other.
EVENTS = [[20, 45, 12], [0] * 3, [0, 1, 0], [300, 2, 50], [0] * 3, [3, 0, 0], [900, 4e3, 2100]]
CASES = [[20, 45, 12], [30, 9, 50], [0, 1, 0], [900, 900, 60], [0] * 3, [40, 0, 0], [9e3, 4e4, 2e4]]
EVENTS, CASES = [*EVENTS, [5, 800, 2]], [*CASES, [900, 820, 1_000]]


def problem_of(kind, *, effect="normal", own=None):
    """Return all providers, or one."""
    which = slice(None) if own is None else slice(own, own + 1)
    events, cases = (np.array(x, float)[which] for x in (EVENTS, CASES))
    many = len(events)
    problem = make_problem(
        "poisson" if kind == "negative_binomial" else "binomial",
        Cells(events.ravel(), cases.ravel()),
        provider=np.repeat(np.arange(many), 3),
        pattern=np.tile(np.arange(3), many),
        design=np.column_stack([np.ones(3), [-1, 0.5, 0.3]]),
        effect=effect,
    )
    log_likelihood, score = (_nb2, _nb2_score) if kind == "negative_binomial" else _beta(problem)
    family = replace(problem.family, log_likelihood=log_likelihood, score=score)
    return replace(problem, family=family, sds=problem.sds * 2)


def _nb2(cells, eta, dispersion):
    phi, mu = np.asarray(dispersion) ** -2.0, cells.size * np.exp(np.clip(eta, -300, 300))
    return stats.nbinom.logpmf(cells.response, phi, phi / (phi + mu))


def _nb2_score(cells, eta, dispersion):
    phi, mu = np.asarray(dispersion) ** -2.0, cells.size * np.exp(np.clip(eta, -300, 300))
    return (cells.response - mu) * phi / (phi + mu)


def spread_of(kind, problem):
    """Give 1 / (phi dispersion^2)."""
    rate = problem.cells.response.sum() / max(problem.cells.size.sum(), 1)
    return 1.0 if kind == "negative_binomial" else max(rate * (1 - rate), 1e-6)


def point(kind, problem, tau, phi):
    """Return chi and psi at a phi."""
    return chi_of(problem, tau, (phi * spread_of(kind, problem)) ** -0.5), psi_of(problem)


def _beta(problem):
    spread = spread_of("beta_binomial", problem)

    def shapes(eta, dispersion):
        eta = np.clip(eta, -600, 600)
        phi = np.asarray(dispersion) ** -2.0 / spread
        return phi * special.expit(eta), phi * special.expit(-eta)

    def log_likelihood(cells, eta, dispersion):
        a, b = shapes(eta, dispersion)
        y, n, log = cells.response, cells.size, special.gammaln
        chosen = log(n + 1) - log(y + 1) - log(n - y + 1)
        return chosen + log(y + a) - log(a) + log(n - y + b) - log(b) + log(a + b) - log(n + a + b)

    def score(cells, eta, dispersion):
        a, b = shapes(eta, dispersion)
        y, psi = cells.response, special.digamma
        rise = psi(y + a) - psi(a) - psi(cells.size - y + b) + psi(b)
        return a * b / (a + b) * rise

    return log_likelihood, score


def evaluator_of(kind, problem, *, nodes):
    return Evaluator(problem, KERNELS[kind](problem), hermite_rule(nodes))


def evidence_of(kind, problem, chi, psi, *, nodes=61, start=0.0):
    """Return log p(y | chi, psi) at each point."""
    chi, psi = np.atleast_2d(chi), np.atleast_2d(psi)
    starts = Starts(np.full((1, problem.providers), start), np.zeros(len(chi), np.int64))
    found = evaluator_of(kind, problem, nodes=nodes).log_posterior(chi, psi, starts=starts)
    return found - problem.log_prior(chi, psi)
