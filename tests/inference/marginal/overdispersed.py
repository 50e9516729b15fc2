"""Problems of the over-dispersed families."""

import numpy as np

from tests.inference.marginal.hand_made import chi_of, make_problem, psi_of
from varmodel.families import Cells
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.quadrature.evaluator import evaluator

#: Each with the family that it is without dispersion.
PLAIN = {"negative_binomial": "poisson", "beta_binomial": "binomial"}
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
    return make_problem(
        kind,
        Cells(events.ravel(), cases.ravel()),
        provider=np.repeat(np.arange(many), 3),
        pattern=np.tile(np.arange(3), many),
        design=np.column_stack([np.ones(3), [-1, 0.5, 0.3]]),
        effect=effect,
    )


def point(problem, tau, phi):
    """Return chi and psi at a phi."""
    rate = problem.pooled_mean
    unit = rate * (1 - rate) if problem.family.bounded else 1.0
    return chi_of(problem, tau, (phi * unit) ** -0.5), psi_of(problem)


def evidence_of(problem, chi, psi, *, nodes=61, start=0.0):
    """Return log p(y | chi, psi) at each point."""
    chi, psi = np.atleast_2d(chi), np.atleast_2d(psi)
    starts = Starts(np.full((1, problem.providers), start), np.zeros(len(chi), np.int64))
    found = evaluator(problem, nodes=nodes).log_posterior(chi, psi, starts=starts)
    return found - problem.log_prior(chi, psi)
