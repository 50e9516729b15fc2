"""The mode of psi at one chi: where Newton's steps end, and the precision there."""

from dataclasses import replace

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    ALL_TOYS,
    awkward,
    chi_of,
    evidence_of,
    make_problem,
    toy_problem,
)
from varmodel.families import Cells
from varmodel.inference.marginal.hyperparameters import modes
from varmodel.inference.marginal.hyperparameters.modes import (
    find_conditional_modes,
    mean_less_mode,
    starting_mode,
)
from varmodel.inference.marginal.quadrature.evaluator import QuadratureEvaluator, evaluator

SIGNS = [(1, 1), (1, -1), (-1, 1), (-1, -1)]


def height(problem, chi, psi):
    return evidence_of(problem, chi, psi, nodes=41) + problem.log_prior(chi, psi)


def differences(problem, chi, psi, step=1e-3):
    """First and second derivatives of the log posterior of psi."""
    steps, size = step * np.eye(len(psi)), len(psi)
    corners = np.array([[a * h + b * k for h in steps for k in steps] for a, b in SIGNS])
    around = psi + np.concatenate([steps, -steps, *corners])
    found = height(problem, np.tile(chi, (len(around), 1)), around)
    slope = (found[:size] - found[size : 2 * size]) / (2 * step)
    signs = np.array([a * b for a, b in SIGNS])
    bend = signs @ found[2 * size :].reshape(4, -1) / (4 * step**2)
    return slope, bend.reshape(size, size)


def mode_of(problem, chi, *, start=None):
    made = evaluator(problem, nodes=7)
    near = starting_mode(made) if start is None else start
    near = find_conditional_modes(made, chi[np.newaxis], near=[near])
    (found,) = find_conditional_modes(made, chi[np.newaxis], near=near, with_precision=True)
    return found


def shaped(problem, shape=0.0):
    """Return a start at a shape, its precision that of the priors."""
    start = starting_mode(evaluator(problem))
    start.precision[problem.terms :, problem.terms :] = np.diag(
        problem.prior_scale[problem.terms :] ** -2.0
    )
    start.psi[problem.terms :] = shape
    return start


@pytest.mark.parametrize("name", ALL_TOYS)
@pytest.mark.parametrize("tau", [0.05, 1.0])
def test_a_peak_is_a_mode_with_its_precision(name, tau):
    problem = toy_problem(name)
    chi = chi_of(problem, tau, 2.0)
    mode = mode_of(problem, chi)
    slope, bend = differences(problem, chi, mode.psi)
    factor = np.linalg.cholesky(mode.precision)
    assert np.abs(np.linalg.solve(factor, slope)).max() < 0.02
    # to first order: no direction is off by more than a twentieth
    ratio = np.linalg.eigvals(np.linalg.solve(-bend, mode.precision)).real
    np.testing.assert_allclose(ratio, 1, atol=0.05)
    laplace = height(problem, chi, mode.psi)[0] - np.log(np.diag(factor)).sum()
    assert mode.log_mass == pytest.approx(laplace, abs=0.03)


@pytest.mark.parametrize("name", ["share", "measurements"])
def test_a_peak_of_a_shape_is_a_mode_with_its_precision(name):
    problem = toy_problem(name, "flexible")
    chi = chi_of(problem, 0.4)
    mode = mode_of(problem, chi, start=shaped(problem))
    slope, bend = differences(problem, chi, mode.psi, step=1e-2)
    assert np.abs(np.linalg.solve(np.linalg.cholesky(mode.precision), slope)).max() < 0.05
    ratio = np.linalg.eigvals(np.linalg.solve(-bend, mode.precision)).real
    np.testing.assert_allclose(ratio, 1, atol=0.1)


def test_a_precision_is_never_less_than_half_the_prior(monkeypatch):
    """However the log posterior of a shape bends where few cases speak of it."""
    problem = toy_problem("surgical", "flexible")
    made, chi = evaluator(problem, nodes=7), chi_of(problem, 0.4)
    scale = np.outer(problem.prior_scale, problem.prior_scale)
    monkeypatch.setattr(modes, "_STEPS", 0)
    for shape in ([0.0, 0, 0], [1.5, -1.5, 1.5]):
        start = [shaped(problem, shape)]
        (at,) = find_conditional_modes(made, chi[np.newaxis], near=start, with_precision=True)
        assert np.linalg.eigvalsh(at.precision * scale).min() > 0.49


def test_a_search_does_not_know_those_beside_it():
    problem = toy_problem("share")
    made, chi = evaluator(problem, nodes=7), np.linspace(-3, 1, 4)[:, np.newaxis]
    near = [starting_mode(made)] * len(chi)
    for at, found in zip(chi, find_conditional_modes(made, chi, near=near), strict=True):
        (alone,) = find_conditional_modes(made, at[np.newaxis], near=near[:1])
        assert found.psi.tobytes() == alone.psi.tobytes()


@pytest.mark.parametrize("factor", [0.05, 20.0])
def test_a_wrong_precision_is_learnt_on_the_way(monkeypatch, factor):
    """Without what is learnt, Newton's steps would fall short, or leap to and fro."""
    problem = toy_problem("share")
    chi, made, seen = chi_of(problem, 0.4), evaluator(problem, nodes=7), []
    right = mode_of(problem, chi)
    slope = QuadratureEvaluator.slope
    monkeypatch.setattr(
        QuadratureEvaluator, "slope", lambda *args, **kind: seen.append(1) or slope(*args, **kind)
    )
    wrong = replace(right, psi=right.psi + 0.3, precision=factor * right.precision)
    (found,) = find_conditional_modes(made, chi[np.newaxis], near=[wrong])
    sd = np.sqrt(np.diag(np.linalg.inv(right.precision)))
    assert np.abs((found.psi - right.psi) / sd).max() < 0.1
    assert len(seen) < 20


@pytest.mark.parametrize("form", ["share", "expected", "positive_measurements"])
def test_awkward_providers_stop_no_climb(form):
    problem = awkward(form)
    mode = mode_of(problem, chi_of(problem, 0.5))
    assert np.isfinite(mode.psi).all()
    assert np.isfinite(mode.log_mass)


def test_a_climb_from_far_off_arrives():
    cells = Cells(np.full(5, 1.0), np.full(5, 900.0))
    problem = make_problem("binomial", cells, provider=range(5))
    near, far = (starting_mode(evaluator(problem)) for _ in range(2))
    far.psi[0] = 6.0
    ends = [mode_of(problem, np.log([0.3]), start=start).psi for start in (near, far)]
    np.testing.assert_allclose(*ends, atol=0.02)


def test_the_mean_leans_where_events_are_few():
    """Two events: the mean of the intercept by a fine sum, against mode and third derivatives."""
    cells = Cells(np.array([1.0, 0, 0, 1, 0, 0]), np.full(6, 30.0))
    problem, chi = make_problem("binomial", cells, provider=range(6)), np.array([np.log(0.3)])
    here = evaluator(problem, nodes=15)
    start = [starting_mode(here)]
    (mode,) = find_conditional_modes(here, chi[np.newaxis], near=start, with_precision=True)
    psi = np.linspace(mode.psi[0] - 5, mode.psi[0] + 4, 400)[:, np.newaxis]
    log_density = height(problem, np.tile(chi, (len(psi), 1)), psi)
    weight = np.exp(log_density - log_density.max())
    away = float(weight @ psi[:, 0] / weight.sum()) - mode.psi[0]
    assert away < -0.05
    assert mean_less_mode(here, chi, mode=mode)[0] == pytest.approx(away, rel=0.35)
