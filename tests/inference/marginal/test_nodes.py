"""Where the nodes of one provider lie, and how high they stand."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    SHAPES,
    conditional,
    density,
    loops_of,
    made_of,
)
from varmodel.families.effects import EFFECTS
from varmodel.inference.marginal.nodes import find_mode
from varmodel.inference.marginal.pieces import ROOM

each_form = pytest.mark.parametrize("form", FAMILY_OF)


@each_form
@pytest.mark.parametrize("effect", SHAPES)
def test_the_nodes_hold_the_mass(form, effect):
    """Their weighted mean and spread are those of the conditional."""
    for j in (0, 1, 2, 3, 4, 5, 7):
        problem, chi, psi, loops = made_of(form, j, effect, nodes=21)
        b, heights = loops.lay()
        weight = np.exp(heights - heights.max())
        weight /= weight.sum()
        exact = conditional(problem, chi, psi, 0)
        mean, sd = weight @ b, np.sqrt(weight @ (b - weight @ b) ** 2)
        rounded = 0.03 if j == 3 else 5e-3  # sums over 1e9 cases of the exact one
        assert mean == pytest.approx(exact.mean, abs=rounded * exact.sd), j
        assert sd == pytest.approx(exact.sd, rel=0.02), j
        assert len(b) <= len(loops.room.step)


@each_form
@pytest.mark.parametrize("start", [-6.0, 0.0, 5.0])
def test_where_the_search_starts_does_not_matter(form, start):
    for effect in SHAPES:
        for j in range(8):
            loops = made_of(form, j, effect)[-1]
            b, _, reach, step = loops.settle(start)
            again, _, _, other = loops.settle(0.0)
            sd = np.ptp(loops.lay()[0]) / 10
            assert b + step == pytest.approx(again + other, abs=max(0.02 * sd, 1e-9)), (effect, j)
            assert abs(step) <= 0.4 * reach


@each_form
def test_the_mode_has_no_slope(form):
    for j in range(8):
        problem, chi, psi, loops = made_of(form, j, "normal")
        b, _, reach, step = loops.settle(2.0)
        args = (loops.model, loops.at, b, loops.series, reach, 0.0, 4.0, step)
        found, curvature = find_mode(*args)
        around = b + found + np.array([-1, 0, 1]) * 0.01 / np.sqrt(curvature)
        low, top, high = density(problem, chi, psi, 0, around)
        if j != 3:  # whose heights are rounded to a millionth
            assert top > max(low, high)
        assert 2 * top - low - high == pytest.approx(1e-4, rel=0.1, abs=1e-5)


def test_there_is_room_for_every_component():
    """The widest mixture with the most nodes that are ever tried."""
    problem, chi, psi, loops = made_of("share", 6, "student_t", nodes=224)
    widest = np.array([chi[0], EFFECTS["student_t"].ranges[0][0]])
    loops = loops_of(problem, widest, psi, nodes=224)
    b, heights = loops.lay()
    assert len(b) == loops.law.mean.shape[1] * 224 > ROOM
    assert len(loops.room.step) >= len(b)
    assert np.isfinite(heights).all()
