"""What exact draws rest on where the log likelihood is not concave."""

import numpy as np
import pytest

from varmodel.inference.marginal.likelihood.beta_binomial import (
    cell_height,
    cell_slopes,
    information_of,
)

CELLS = [(0, 1), (1, 1), (0, 40), (40, 40), (3, 40), (30, 40), (1, 5_000), (2_000, 5_000)]
ETA = np.linspace(-14, 14, 1_401)


def terms_of(cell, phi):
    y, n = map(float, cell)
    both = [(cell_height(y, n, phi, eta), *cell_slopes(y, n, phi, eta)) for eta in ETA]
    return np.array(both).T


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("phi", [0.3, 5.0, 80.0, 1e4, 1e9])
def test_the_derivatives_of_a_cell(cell, phi):
    height, slope, information, bound = terms_of(cell, phi)
    for risen, by in ((height, slope), (-slope, information)):
        exact = _simpson(by)
        np.testing.assert_allclose(risen[2:] - risen[:-2], exact, atol=1e-6 * (1 + cell[1]))
    assert (information <= bound * (1 + 1e-9) + 1e-12).all()
    assert (bound <= cell[1] / 4 + 1e-9).all()


def _simpson(values):
    return (values[:-2] + 4 * values[1:-1] + values[2:]) * 0.02 / 3


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("phi", [0.3, 5.0, 80.0, 1e4])
def test_a_cell_has_one_mode_and_a_bound_that_changes_slowly(cell, phi):
    _, slope, _, bound = terms_of(cell, phi)
    signs = np.sign(slope[np.abs(slope) > 1e-12])
    assert (np.diff(signs) <= 0).all()  # it rises, and then falls
    assert (np.abs(np.diff(np.log(bound))) <= 2 * 0.02 + 1e-9).all()


def test_a_cell_need_not_be_log_concave():
    """So that this is no idle care: far below y/n its curvature has the other sign."""
    _, _, information, bound = terms_of((30, 40), 80.0)
    assert information.min() < -0.1
    found = information_of(np.full(9, 30.0), np.full(9, 40.0), phi=80.0, eta=np.linspace(-9, 9, 9))
    assert (found > 0).all()
    assert bound.min() > 0
