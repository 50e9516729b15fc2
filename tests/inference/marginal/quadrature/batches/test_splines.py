"""Splines in lanes have the nodes of splines point by point."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import FAMILY_OF, awkward, chi_of, psi_of
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.likelihood.batch import BATCH
from varmodel.inference.marginal.quadrature.evaluator import evaluator


@pytest.mark.parametrize("form", FAMILY_OF)
@pytest.mark.parametrize("tau", [0.02, 0.4, 2.0])
def test_the_nodes_are_those_of_a_point_alone(form, tau):
    """Also at the ends of the range, which a small sd puts before the awkward providers."""
    problem, rng = awkward(form, effect="flexible"), np.random.default_rng(5)
    chi = chi_of(problem, tau) + 0.2 * rng.standard_normal((BATCH + 3, 1))
    psi = psi_of(problem) + 0.2 * rng.standard_normal((BATCH + 3, problem.size))
    starts = Starts(np.zeros((1, problem.providers)), np.zeros(BATCH + 3, np.int64))
    made = evaluator(problem, nodes=7)
    alone = made._evidence_by_point(chi, psi, starts=starts) + problem.log_prior(chi, psi)
    found = made.log_posterior(chi, psi, starts=starts)
    np.testing.assert_allclose(found, alone, rtol=1e-12, atol=1e-5)

    some = rng.permutation(BATCH + 3)[:5]  # among other members
    few = Starts(starts.effect, starts.nearest[some])
    again = made.log_posterior(chi[some], psi[some], starts=few)
    np.testing.assert_allclose(again, found[some], rtol=1e-12, atol=1e-9)
