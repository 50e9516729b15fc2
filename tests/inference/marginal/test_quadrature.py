"""Integrals over one provider's effect."""

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal.hand_made import FORMS, awkward, chi_of, log_integral
from varmodel.inference.marginal.quadrature import hermite_nodes, integrate

PSI = np.array([-1.0, 0.4])


@pytest.mark.parametrize("count", [1, 2, 7, 14, 61, 112])
def test_nodes_are_exact_for_polynomials(count):
    nodes = hermite_nodes(count)
    weights = np.exp(nodes.log_weights) * stats.norm.pdf(nodes.points) * np.sqrt(2 * np.pi)
    assert weights.sum() == pytest.approx(1)
    if count > 1:
        assert weights @ nodes.points**2 == pytest.approx(1)
    if count > 2:
        assert weights @ nodes.points**4 == pytest.approx(3)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tau", [0.05, 0.5])
def test_the_integral_of_each_provider(form, tau):
    problem = awkward(form)
    chi = chi_of(problem, tau)
    found = integrate(problem, chi, psi=PSI, start=np.zeros(8), nodes=hermite_nodes(61))
    for j in (0, 1, 2, 4, 5, 6, 7):  # that of 1e9 is too narrow for SciPy's rounding
        sd = 1 / np.sqrt(found.curvature[j])
        exact = log_integral(problem, chi, PSI, j, mode=found.mode[j], sd=sd)
        assert found.log_evidence[j] == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_the_mode_has_no_slope(form):
    problem = awkward(form)
    chi = chi_of(problem, 0.5)
    found = integrate(problem, chi, psi=PSI, start=np.full(8, 4.0), nodes=hermite_nodes(7))
    at = problem.eta(PSI) + found.mode[problem.provider]
    score = problem.family.score(problem.cells, at, problem.residual_sd(chi))
    slope = np.add.reduceat(score, problem.starts[:-1]) - 4 * found.mode
    assert np.abs(slope / np.sqrt(found.curvature)).max() < 1e-4
    np.testing.assert_allclose(found.weights.sum(axis=0), 1)


def test_one_node_is_exact_for_normal_conditionals():
    problem = awkward("measurements")
    chi, start = chi_of(problem, 0.5), np.zeros(8)
    one, many = (
        integrate(problem, chi, psi=PSI, start=start, nodes=hermite_nodes(n)).log_evidence
        for n in (1, 61)
    )
    np.testing.assert_allclose(one, many, rtol=1e-12, atol=1e-9)
