"""The pilot: derivatives by finite differences, modes, and where the mass is found."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import chi_of, toy_problem
from tests.toys import TOYS
from varmodel.inference.marginal.pilot import COARSE, FINE, _derivatives, _flat, climb, explore
from varmodel.inference.marginal.quadrature import hermite_nodes, integrate
from varmodel.inference.marginal.sampler import _edge_mass

NODES = hermite_nodes(41)


def height(problem, chi, psi):
    start = np.zeros(problem.providers)
    found = integrate(problem, chi, psi=psi, start=start, nodes=NODES)
    return found.log_evidence.sum() + problem.log_prior(chi, psi)


def differences(problem, chi, psi, step=1e-3):
    """First and second derivatives of the log posterior of psi."""
    steps = step * np.eye(len(psi))
    slope = [
        (height(problem, chi, psi + h) - height(problem, chi, psi - h)) / 2 / step for h in steps
    ]
    bend = [
        [
            sum(a * b * height(problem, chi, psi + a * h + b * k) for a in (1, -1) for b in (1, -1))
            for k in steps
        ]
        for h in steps
    ]
    return np.array(slope), np.array(bend) / (4 * step**2)


@pytest.mark.parametrize("name", TOYS)
@pytest.mark.parametrize("tau", [0.05, 0.4, 1.0])
def test_the_derivatives_are_those_of_the_log_posterior(name, tau):
    problem = toy_problem(name)
    chi = chi_of(problem, tau, 2.0)
    peak = climb(
        problem,
        chi,
        psi=_flat(problem).psi,
        effect=np.zeros(problem.providers),
        nodes=hermite_nodes(7),
    )
    psi = peak.psi + 0.3 / np.sqrt(np.diag(peak.precision))
    found = integrate(problem, chi, psi=psi, start=peak.effect, nodes=NODES)
    gradient, precision, _ = _derivatives(problem, chi, psi, found=found)
    slope, bend = differences(problem, chi, psi)
    np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-3)
    # to first order: no direction is off by more than a twentieth
    ratio = np.linalg.eigvals(np.linalg.solve(-bend, precision)).real
    np.testing.assert_allclose(ratio, 1, atol=0.05)


@pytest.mark.parametrize("name", TOYS)
def test_a_peak_is_a_mode(name):
    problem = toy_problem(name)
    chi, start = chi_of(problem, 0.4, 2.0), _flat(problem)
    peak = climb(problem, chi, psi=start.psi, effect=start.effect, nodes=hermite_nodes(7))
    slope, _ = differences(problem, chi, peak.psi)
    assert np.abs(np.linalg.solve(np.linalg.cholesky(peak.precision), slope)).max() < 0.02


@pytest.mark.parametrize("name", TOYS)
def test_the_response_is_how_the_effects_follow(name):
    problem = toy_problem(name)
    chi, start = chi_of(problem, 0.4, 2.0), _flat(problem)
    peak = climb(problem, chi, psi=start.psi, effect=start.effect, nodes=hermite_nodes(7))
    step = np.zeros(len(peak.psi))
    step[0] = 1e-2
    moved = integrate(problem, chi, psi=peak.psi + step, start=peak.effect, nodes=hermite_nodes(7))
    np.testing.assert_allclose(moved.mode - peak.effect, -peak.response @ step, atol=3e-4)


@pytest.mark.parametrize("name", TOYS)
def test_the_grid_covers_the_mass(name):
    grid = explore(toy_problem(name), hermite_nodes(7))
    assert [len(axis) for axis in grid.axes] == list(FINE[: len(grid.axes)])
    assert grid.log_mass.max() == 0
    assert _edge_mass(grid) < 1e-4
    assert ((np.exp(grid.log_mass) > 0.01).sum()) >= 3
    assert len(COARSE) == len(FINE)
