"""The proposal: what it draws has the density it names."""

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal.hand_made import toy_problem
from varmodel.inference.marginal.hyperparameters.modes import ConditionalMode
from varmodel.inference.marginal.hyperparameters.pilot import Grid, explore
from varmodel.inference.marginal.hyperparameters.proposal import corners, freeze, pool
from varmodel.inference.marginal.quadrature.evaluator import evaluator

COUNT = 40_000


@pytest.fixture(scope="module", params=["share", "measurements"])
def proposal(request):
    problem = toy_problem(request.param)
    grid = explore(evaluator(problem, nodes=7))
    return freeze(grid, width=np.full(problem.size, 1.05))


@pytest.fixture(scope="module")
def points(proposal):
    return proposal.draw(np.random.default_rng(1), COUNT)


def knots(proposal):
    """The axes, one point wider on both sides."""
    wider = []
    for axis in proposal.axes:
        step = axis[1] - axis[0]
        wider.append(axis[0] + step * np.arange(-1, len(axis) + 1))
    return wider


def test_the_density_of_chi_integrates_to_one(proposal):
    axes = knots(proposal)
    chi = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))
    with np.errstate(divide="ignore"):
        density = np.exp(proposal.log_chi(chi))
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    assert density.sum() * cell == pytest.approx(1, rel=1e-10)  # exact for tents
    between = chi + 0.3 * np.array([axis[1] - axis[0] for axis in axes])
    between = between[(between < [axis[-1] for axis in axes]).all(axis=1)]
    assert np.exp(proposal.log_chi(between)).sum() * cell == pytest.approx(1, rel=1e-10)


def test_chi_has_its_density(proposal, points):
    """Counts in boxes of eight knots against the integral over them, a fine sum."""
    for number, axis in enumerate(knots(proposal)):
        share = proposal.mass.sum(axis=tuple(k for k in range(proposal.mass.ndim) if k != number))
        law = np.concatenate([[0], share, [0]])
        cumulative = np.concatenate([[0], np.cumsum((law[1:] + law[:-1]) / 2)])
        edges = slice(1, None, 4)
        expected = np.diff(cumulative[edges]) * COUNT
        seen = np.histogram(points.chi[:, number], axis[edges])[0]
        held = expected > 10
        square = ((seen - expected)[held] ** 2 / expected[held]).sum()
        assert stats.chi2.sf(square, held.sum()) > 1e-4


def test_the_log_density_is_that_of_the_mixture(proposal, points):
    size = points.psi.shape[1]
    for n in range(0, COUNT, COUNT // 50):
        corner, share = corners(points.chi[n : n + 1], proposal.grid.axes)
        mode = np.tensordot(share[0], proposal.psi[corner[0]], 1)
        precision = np.tensordot(share[0], proposal.precision[corner[0]], 1)
        shape = 1.05**2 * np.linalg.inv(precision)
        usual, heavy = (
            stats.multivariate_t(mode, shape, df=nu).logpdf(points.psi[n])
            for nu in (max(8, size), 4)
        )
        expected = np.logaddexp(np.log(0.9) + usual, np.log(0.1) + heavy)
        expected += proposal.log_chi(points.chi[n : n + 1])[0]
        assert points.log_density[n] == pytest.approx(expected, abs=1e-9)


def test_the_density_is_known_at_any_point(proposal, points, monkeypatch):
    found = proposal.log_density(points.chi, points.psi)
    np.testing.assert_allclose(found, points.log_density, atol=1e-9)
    off = points.chi + 10 * (proposal.axes[0][-1] - proposal.axes[0][0])
    assert (proposal.log_density(off, points.psi) == -np.inf).all()
    monkeypatch.setattr("varmodel.inference.marginal.hyperparameters.proposal._BLOCK", 1_000)
    blocks = proposal.draw(np.random.default_rng(2), 500)
    assert len(blocks.psi) == 500
    again = proposal.log_density(blocks.chi, blocks.psi)
    np.testing.assert_allclose(again, blocks.log_density, atol=1e-9)


def test_a_shift_moves_the_centres(proposal):
    problem = proposal.psi.shape[1]
    moved = freeze(proposal.grid, width=proposal.width, shift=np.arange(problem) + 1.0)
    np.testing.assert_allclose(
        moved.psi - proposal.psi, np.tile(np.arange(problem) + 1.0, (len(proposal.psi), 1))
    )


def test_psi_has_its_density(proposal, points):
    """Each standardised psi follows the mixture of t laws."""
    size = points.psi.shape[1]
    corner, share = corners(points.chi, proposal.grid.axes)
    mode = np.einsum("nk,nkp->np", share, proposal.psi[corner])
    precision = np.einsum("nk,nkpq->npq", share, proposal.precision[corner])
    sd = 1.05 * np.sqrt(np.diagonal(np.linalg.inv(precision), axis1=1, axis2=2))
    z = (points.psi - mode) / sd

    def law(x):
        return 0.9 * stats.t(max(8, size)).cdf(x) + 0.1 * stats.t(4).cdf(x)

    for column in z.T:
        assert stats.kstest(column, law).pvalue > 1e-4
        assert stats.kstest(column * 1.05, law).pvalue < 1e-3  # it would see the inflation twice


def test_the_nearest_point_is_on_the_grid(proposal, points):
    axes = proposal.grid.axes
    index = np.unravel_index(points.nearest, [len(axis) for axis in axes])
    for number, axis in enumerate(axes):
        step = axis[1] - axis[0]
        inside = np.clip(points.chi[:, number], axis[0], axis[-1])
        assert np.abs(axis[index[number]] - inside).max() <= step / 2 + 1e-9


@pytest.mark.parametrize("width", [1.05, 1.6])
@pytest.mark.parametrize("terms", [2, 9])
def test_the_density_is_that_of_what_is_drawn(terms, width):
    """The mean ratio of a law that is known to the density is 1, wherever that law lies."""
    size, rng = terms + 3, np.random.default_rng(4)
    half = 0.15 * rng.standard_normal((size, size)) + np.eye(size)
    modes = [
        ConditionalMode(
            np.full(size, 0.05 * k), half @ half.T * (1 + 0.1 * k), -0.5 * (k - 2) ** 2, np.zeros(3)
        )
        for k in range(5)
    ]
    widths = np.append(np.full(terms, 1.05), np.full(3, width))
    made = freeze(Grid((np.linspace(-1, 1, 5),), modes), width=widths)
    found = made.draw(np.random.default_rng(5), COUNT)
    mean, covariance = np.full(size, 0.1), np.linalg.inv(half @ half.T)
    for scale in (0.6, 1.0):
        law = stats.multivariate_normal(mean, scale * covariance).logpdf(found.psi)
        law += stats.norm.logpdf(found.chi[:, 0], scale=0.3)
        ratio = np.exp(law - found.log_density)
        error = ratio.std() / np.sqrt(COUNT)
        assert error < 0.02
        assert ratio.mean() == pytest.approx(1, abs=4 * error)


def test_points_are_pooled_and_taken(points):
    some = points.at(np.array([3, 1]))
    np.testing.assert_array_equal(some.psi, points.psi[[3, 1]])
    both = pool([some, points.at(np.array([0]))])
    np.testing.assert_array_equal(both.log_density, points.log_density[[3, 1, 0]])
    np.testing.assert_array_equal(both.nearest, points.nearest[[3, 1, 0]])


@pytest.mark.parametrize(
    ("place", "corner", "share"),
    [
        (0.0, (0, 1), (1, 0)),
        (2.0, (1, 2), (0, 1)),  # the last edge
        (1.0, (1, 2), (1, 0)),
        (1.25, (1, 2), (0.75, 0.25)),
        (-3.0, (0, 1), (1, 0)),  # beyond the grid: its edge
        (9.0, (1, 2), (0, 1)),
    ],
)
def test_corners(place, corner, share):
    found, parts = corners(np.array([[10 + 2 * place]]), (np.array([10.0, 12.0, 14.0]),))
    np.testing.assert_array_equal(found, [corner])
    np.testing.assert_allclose(parts, [share])


def test_corners_of_two_axes():
    axes = (np.array([0.0, 1.0]), np.array([0.0, 1.0, 2.0]))
    found, parts = corners(np.array([[0.25, 1.5]]), axes)
    np.testing.assert_array_equal(found, [[1, 2, 4, 5]])
    np.testing.assert_allclose(parts, [[0.375, 0.375, 0.125, 0.125]])
    np.testing.assert_allclose(parts.sum(), 1)


def test_the_peaks_stand_where_the_grid_says(proposal):
    chi = np.array([[axis[2] for axis in proposal.grid.axes]])
    corner, share = corners(chi, proposal.grid.axes)
    index = np.ravel_multi_index([2] * len(proposal.grid.axes), proposal.grid.log_mass.shape)
    mode = np.einsum("nk,nkp->np", share, proposal.psi[corner])[0]
    np.testing.assert_allclose(mode, proposal.grid.modes[index].psi)
