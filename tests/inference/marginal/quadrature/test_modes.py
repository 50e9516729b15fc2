"""Where the nodes of one provider lie, and how high they stand."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import (
    EVEN,
    FAMILY_OF,
    SHAPES,
    chi_of,
    conditional,
    density,
    loops_of,
    made_of,
    make_problem,
    one_provider,
    psi_of,
)
from varmodel.families import Cells
from varmodel.families.effects import EFFECTS
from varmodel.inference.marginal.quadrature.modes import find_mode

each_form = pytest.mark.parametrize("form", FAMILY_OF)


@each_form
@pytest.mark.parametrize("effect", EVEN)
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
    for effect in EVEN:
        for j in range(8):
            loops = made_of(form, j, effect)[-1]
            b, _, reach, step = loops.find_mass(start)
            again, _, _, other = loops.find_mass(0.0)
            sd = np.ptp(loops.lay()[0]) / 10
            assert b + step == pytest.approx(again + other, abs=max(0.02 * sd, 1e-9)), (effect, j)
            assert abs(step) <= 0.4 * reach


@each_form
def test_the_mode_has_no_slope(form):
    for j in range(8):
        problem, (_, chi, psi, loops) = one_provider(form, j), made_of(form, j, "student_t")
        b, _, reach, step = loops.find_mass(2.0)
        args = (loops.model, loops.at, b, loops.series, reach, 0.0, 4.0, step)
        found, curvature = find_mode(*args)
        around = b + found + np.array([-1, 0, 1]) * 0.01 / np.sqrt(curvature)
        low, top, high = density(problem, chi[[0, *range(2, len(chi))]], psi, 0, around)
        if j != 3:  # whose heights are rounded to a millionth
            assert top > max(low, high)
        assert 2 * top - low - high == pytest.approx(1e-4, rel=0.1, abs=1e-5)


@pytest.mark.parametrize("effect", EVEN)
def test_there_is_room_for_the_most_nodes(effect):
    """That are ever tried, where the likelihood leaves the law its whole range."""
    for shape in shapes_of(effect):
        problem = one_provider("share", 4, effect=effect)
        chi, psi = chi_of(problem, 0.5, shape=shape), psi_of(problem, shape=shape)
        loops = loops_of(problem, chi, psi, nodes=224)
        b, heights = loops.lay()
        assert 200 < len(b) <= len(loops.room.step)
        assert np.isfinite(heights).all()


def shapes_of(effect):
    """The usual shape, and the ends of the range of gridded ones."""
    return [SHAPES[effect], *np.transpose(EFFECTS[effect].ranges)]


@pytest.mark.parametrize(("value", "error"), [(5.0, 0.1), (-20.0, 0.5), (3.0, 1e-3)])
@pytest.mark.parametrize("tau", [1e-3, 0.03, 1.0])
def test_a_far_likelihood_is_found(value, error, tau):
    """Where a Student-t leaves it a mode of its own, many sds away."""
    cells = Cells(np.array([value]), np.ones(1), error=np.array([error]))
    problem = make_problem("normal", cells, provider=[0], effect="student_t")
    for nu in (2.05, 4.0, 30.0):
        chi, psi = np.array([np.log(tau), np.log(nu - 2)]), np.zeros(1)
        loops = loops_of(problem, chi, psi)
        b, _, _, step = loops.find_mass()
        assert b + step == pytest.approx(value, abs=max(error, 0.3)), nu
