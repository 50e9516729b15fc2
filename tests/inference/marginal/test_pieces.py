"""A law in cubic pieces: its density, and evenly spaced nodes over its range."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import FAMILY_OF, made_of
from varmodel.inference.marginal.pieces import ROOM, ends, log_pieces


def test_the_law_in_pieces_is_its_density():
    problem, chi, psi, loops = made_of("share", 6, "flexible")
    low, high = ends(loops.law, 0)
    b = np.linspace(low + 1e-9, high - 1e-9, 301)
    u = problem.coordinates(chi, psi)
    exact = problem.law.log_density(b, 0.5, u)
    found = [log_pieces(loops.law, 0, x) + np.log(loops.law.stretch[0]) for x in b]
    np.testing.assert_allclose(found, exact, atol=1e-9)
    assert log_pieces(loops.law, 0, high + 0.01) < -1e200
    assert log_pieces(loops.law, 0, low - 0.01) < -1e200


@pytest.mark.parametrize("j", range(8))
def test_even_nodes_stay_in_the_range_of_the_law(j):
    for form in FAMILY_OF:
        for tau in (1e-3, 0.3, 3.0):
            loops = made_of(form, j, "flexible", tau=tau, nodes=61)[-1]
            b, _ = loops.lay(2.0)
            low, high = ends(loops.law, 0)
            assert low <= b.min()
            assert b.max() <= high
            assert 2 <= len(b) <= ROOM
            steps = np.diff(b)
            np.testing.assert_allclose(steps, steps[0], rtol=1e-6, atol=1e-14)
