"""The pilot: modes, precisions by finite differences, and where the mass is found."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    ALL_TOYS,
    SHAPES,
    awkward,
    chi_of,
    evidence_of,
    make_problem,
    toy_problem,
)
from varmodel.families import Cells
from varmodel.inference.marginal.evaluate import evaluator
from varmodel.inference.marginal.pilot import (
    COARSE,
    FINE,
    _flat,
    _shapeless,
    climb,
    explore,
    sharpen,
)
from varmodel.inference.marginal.sampler import _edge_mass

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


def peak_of(problem, chi, *, start=None):
    made = evaluator(problem, nodes=7)
    near = climb(made, chi, near=_flat(problem) if start is None else start)
    return climb(made, chi, near=sharpen(made, chi, peak=near))


@pytest.fixture(scope="module")
def plain():
    """The grid of normal effects of two toys."""
    return {name: explore(evaluator(toy_problem(name), nodes=7)) for name in ("share", "surgical")}


@pytest.mark.parametrize("name", ALL_TOYS)
@pytest.mark.parametrize("tau", [0.05, 1.0])
def test_a_peak_is_a_mode_with_its_precision(name, tau):
    problem = toy_problem(name)
    chi = chi_of(problem, tau, 2.0)
    peak = peak_of(problem, chi)
    slope, bend = differences(problem, chi, peak.psi)
    factor = np.linalg.cholesky(peak.precision)
    assert np.abs(np.linalg.solve(factor, slope)).max() < 0.02
    # to first order: no direction is off by more than a twentieth
    ratio = np.linalg.eigvals(np.linalg.solve(-bend, peak.precision)).real
    np.testing.assert_allclose(ratio, 1, atol=0.05)
    laplace = height(problem, chi, peak.psi)[0] - np.log(np.diag(factor)).sum()
    assert peak.log_mass == pytest.approx(laplace, abs=0.03)


def test_a_peak_of_a_shape_is_a_mode(plain):
    problem = toy_problem("share", "flexible")
    chi = chi_of(problem, 0.4)
    peak = peak_of(problem, chi, start=_shapeless(problem, plain["share"]))
    slope, _ = differences(problem, chi, peak.psi)
    assert np.abs(np.linalg.solve(np.linalg.cholesky(peak.precision), slope)).max() < 0.05


def test_a_precision_is_never_less_than_half_the_prior(plain):
    """However the log posterior of a shape bends where few cases speak of it."""
    problem = toy_problem("surgical", "flexible")
    scale = np.outer(problem.prior_scale, problem.prior_scale)
    for shape in ([0.0, 0, 0], [1.5, -1.5, 1.5]):
        start = _shapeless(problem, plain["surgical"])
        start.psi[problem.terms :] = shape
        found = sharpen(evaluator(problem, nodes=7), chi_of(problem, 0.4), peak=start)
        assert np.linalg.eigvalsh(found.precision * scale).min() > 0.49


@pytest.mark.parametrize("name", ALL_TOYS)
def test_the_grid_covers_the_mass(name):
    problem = toy_problem(name)
    grid = explore(evaluator(problem, nodes=7))
    assert tuple(len(axis) for axis in grid.axes) == FINE[len(problem.sds)]
    assert grid.log_mass.max() == 0
    assert grid.best.log_mass == max(peak.log_mass for peak in grid.peaks)
    assert _edge_mass(grid, problem) < 1e-4
    assert ((np.exp(grid.log_mass) > 0.01).sum()) >= 3
    assert len(COARSE) == len(FINE)


@pytest.mark.parametrize("effect", ["student_t", "mixture"])
def test_a_shape_has_axes_of_its_own(effect):
    problem = toy_problem("surgical", effect)
    grid = explore(evaluator(problem, nodes=7))
    assert len(grid.axes) == 1 + problem.gridded == 1 + len(SHAPES[effect])
    assert _edge_mass(grid, problem) < 1e-3
    assert all(np.isfinite(peak.psi).all() for peak in grid.peaks)


@pytest.mark.parametrize("form", ["share", "expected", "positive_measurements"])
def test_awkward_providers_stop_no_climb(form):
    problem = awkward(form)
    peak = peak_of(problem, chi_of(problem, 0.5))
    assert np.isfinite(peak.psi).all()
    assert np.isfinite(peak.log_mass)


def test_a_climb_from_far_off_arrives():
    cells = Cells(np.full(5, 1.0), np.full(5, 900.0))
    problem = make_problem("binomial", cells, provider=range(5))
    near, far = _flat(problem), _flat(problem)
    far.psi[0] = 6.0
    ends = [peak_of(problem, np.log([0.3]), start=start).psi for start in (near, far)]
    np.testing.assert_allclose(*ends, atol=0.02)
