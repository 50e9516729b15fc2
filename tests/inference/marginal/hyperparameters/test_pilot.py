"""The pilot: where the mass is found, and what stands between its anchors."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import ALL_TOYS, SHAPES, toy_problem
from varmodel.inference.marginal.hyperparameters.modes import find_conditional_modes
from varmodel.inference.marginal.hyperparameters.pilot import (
    _EXTENSIONS,
    COARSE,
    FINE,
    _reach_on,
    between,
    explore,
    read_grid,
)
from varmodel.inference.marginal.quadrature.evaluator import evaluator


@pytest.mark.parametrize("name", ALL_TOYS)
def test_the_grid_covers_the_mass(name):
    problem = toy_problem(name)
    grid = explore(evaluator(problem, nodes=7))
    assert tuple(len(axis) for axis in grid.axes) == FINE[len(problem.hyperparameters.gridded)]
    assert grid.log_mass.max() == 0
    assert grid.best.log_mass == max(mode.log_mass for mode in grid.modes)
    assert grid.edge_mass(problem) < 1e-4
    assert ((np.exp(grid.log_mass) > 0.01).sum()) >= 3
    assert len(COARSE) == len(FINE)


def test_a_grid_that_was_cut_off_reads_on():
    """Where a first grid is too coarse for a ridge, what it calls the end may hold mass."""
    problem = toy_problem("surgical")
    made = evaluator(problem, nodes=7)
    whole = explore(made)
    middle = whole.points[whole.heaviest, 0]
    short = read_grid(made, (np.linspace(middle - 0.3, middle + 0.5, 41),), start=whole.best)
    assert short.edge_mass(problem) > 0.01
    found = _reach_on(made, short, times=_EXTENSIONS)
    assert found.edge_mass(problem) < 1e-4
    assert len(found.axes[0]) == 41


@pytest.mark.parametrize("effect", ["student_t", "mixture"])
def test_a_shape_has_axes_of_its_own(effect):
    problem = toy_problem("surgical", effect)
    grid = explore(evaluator(problem, nodes=7))
    assert len(grid.axes) == 1 + len(SHAPES[effect])
    assert grid.edge_mass(problem) < 1e-3
    assert all(np.isfinite(mode.psi).all() for mode in grid.modes)


@pytest.mark.parametrize(
    ("name", "effect"), [("share", "normal"), ("measurements", "normal"), ("expected", "flexible")]
)
def test_between_anchors_stand_modes_too(name, effect):
    """A climb from a grid point of some mass hardly moves, nor finds it much higher."""
    problem = toy_problem(name, effect)
    made = evaluator(problem, nodes=7)
    grid = explore(made)
    for k in np.flatnonzero(grid.log_mass.ravel() > -6)[::5]:
        mode = grid.modes[k]
        (found,) = find_conditional_modes(made, grid.points[[k]], near=[mode])
        root = np.linalg.cholesky(mode.precision)
        assert np.abs(root.T @ (found.psi - mode.psi)).max() < 0.3
        assert found.log_mass == pytest.approx(mode.log_mass, abs=0.1)


def test_another_grid_is_read_along_splines():
    axes = (np.linspace(0, 3, 4), np.linspace(0, 2, 3))
    others = (np.linspace(0, 3, 7), np.linspace(-1, 2, 4))  # no further than the edge
    x, y = np.meshgrid(*axes, indexing="ij")
    table = np.stack([x**3 - y**2, x * y], axis=-1)
    x, y = np.meshgrid(others[0], others[1].clip(0), indexing="ij")
    expected = np.stack([x**3 - y**2, x * y], axis=-1)
    np.testing.assert_allclose(between(axes, table, others=others), expected, atol=1e-12)
    straight = between(axes[:1], axes[0] ** 2, others=(np.array([0.5]),), degree=1)
    np.testing.assert_allclose(straight, [0.5])
