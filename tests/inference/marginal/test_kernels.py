"""What each family is to the loops."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    ALL_TOYS,
    FAMILY_OF,
    awkward,
    chi_of,
    conditional,
    evidence_of,
    psi_of,
    toy_problem,
    without_huge,
)
from varmodel.families import FAMILIES
from varmodel.inference.marginal.kernels import KERNELS
from varmodel.inference.marginal.quadrature.evaluator import evaluator


def test_every_family_has_a_kernel():
    assert set(KERNELS) == set(FAMILIES)


@pytest.mark.parametrize("name", ALL_TOYS)
def test_the_evidence_of_a_toy_is_that_of_its_providers(name):
    """All that the kernel leaves to NumPy counts once: constants, linear terms, residual sd."""
    problem = toy_problem(name)
    for tau, residual in ((0.05, 0.7), (0.6, 1.9)):
        chi, psi = chi_of(problem, tau, residual), psi_of(problem, level=0.5)
        exact = [conditional(problem, chi, psi, j).log_evidence for j in range(problem.providers)]
        found = evidence_of(problem, chi, psi, nodes=41)[0]
        assert found == pytest.approx(sum(exact), abs=1e-6 * problem.providers)


@pytest.mark.parametrize("form", FAMILY_OF)
@pytest.mark.parametrize("residual", [0.2, 3.0])
def test_nearly_no_variation_leaves_the_likelihood_itself(form, residual):
    problem = without_huge(awkward(form))
    chi, psi = chi_of(problem, 1e-9, residual), psi_of(problem)
    eta, sd = problem.eta(psi)[problem.pattern], problem.values(chi, psi)
    exact = problem.family.log_likelihood(problem.cells, eta, sd).sum()
    assert evidence_of(problem, chi, psi)[0] == pytest.approx(exact, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("form", FAMILY_OF)
def test_the_information_of_cells_without_variation_is_that_of_the_family(form):
    problem = without_huge(awkward(form))
    made, sd = evaluator(problem, nodes=7), 1.7
    chi, psi = chi_of(problem, 1e-9, sd), psi_of(problem)
    here = made.slope(chi, psi, effect=np.zeros(7))
    eta = problem.eta(psi)[problem.pattern]
    exact = problem.family.information(problem.cells, eta, problem.values(chi, psi))
    if form == "positive_measurements":  # observed, not expected
        exact = exact * problem.cells.response * np.exp(-eta)
    np.testing.assert_allclose(made.cell_information(chi, psi, here=here), exact, rtol=1e-6)


@pytest.mark.parametrize("form", FAMILY_OF)
def test_the_loops_read_plain_arrays(form):
    problem = awkward(form)
    kernel = KERNELS[FAMILY_OF[form]](problem)
    data = kernel.likelihood.data
    assert data.pattern.dtype == np.int32
    assert data.starts.dtype == np.int64
    assert all(x.dtype == np.float64 for x in (data.size, data.linear))
    assert data.linear.shape == (8,)
    assert kernel.slope.shape == (problem.terms,)


@pytest.mark.parametrize("form", ["share", "expected", "positive_measurements"])
@pytest.mark.parametrize("eta", [-1e4, 1e4])
def test_a_predictor_far_out_overflows_nothing(form, eta):
    kernel = KERNELS[FAMILY_OF[form]](awkward(form))
    predictor = kernel.predictor(np.array([eta]))
    assert np.isfinite(predictor).all()
    assert np.isfinite(1 / predictor).all()
