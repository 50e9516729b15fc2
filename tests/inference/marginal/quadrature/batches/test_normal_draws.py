"""Draws under mixtures of normals: the envelope that rejects, and the components."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.inference.marginal.hand_made import (
    awkward,
    chi_of,
    density,
    one_provider,
    psi_of,
)
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.likelihood.batch import BATCH, STEP, room_for_rows
from varmodel.inference.marginal.quadrature import evaluator as module
from varmodel.inference.marginal.quadrature.batches import normal_draws
from varmodel.inference.marginal.quadrature.batches.normal_draws import (
    _bound,
    _pick,
    _propose,
    copies_of,
)
from varmodel.inference.marginal.quadrature.batches.normals import CURVATURE, MODE, PRECISION, SD
from varmodel.inference.marginal.quadrature.evaluator import evaluator

U = np.concatenate([[0], np.geomspace(1e-3, 1e5, 20_001)])
LOG_T2 = 1.5 * np.log1p(U**2 / 2)


def tops(precision, information, *, form="share"):
    """Return the envelope's heights."""
    s = room_for_rows()
    s[PRECISION : PRECISION + BATCH] = precision
    s[CURVATURE : CURVATURE + BATCH] = precision + information
    _bound(evaluator(awkward(form), nodes=7).kernel.likelihood, s)
    return s[normal_draws._PEAK : normal_draws._PEAK + BATCH]


@settings(max_examples=50)
@given(seed=st.integers(0, 2**31))
def test_the_envelope_bounds_what_it_is_said_to_bound(seed):
    rng = np.random.default_rng(seed)
    precision = np.exp(-2 * rng.uniform(-7, 5, BATCH))
    information = np.exp(rng.uniform(-12, 21, BATCH))
    sd = 1 / np.sqrt(precision + information)
    d = U * sd[:, np.newaxis]
    fall = information[:, np.newaxis] * (np.expm1(-d) + d)
    exact = (LOG_T2 - 0.5 * precision[:, np.newaxis] * d**2 - fall).max(axis=1)
    top = tops(precision, information)
    assert (top >= exact).all()
    assert (top < exact + 0.1 * (1 + 2 * sd))[sd < 2].all()  # and wastes little


def test_the_envelope_of_a_normal():
    s = tops(np.full(BATCH, 1e-4), 1e-6, form="measurements")
    np.testing.assert_allclose(s, (LOG_T2 - U**2 / 2).max(), atol=0.011)


@pytest.mark.parametrize("form", ["share", "expected", "positive_measurements"])
@pytest.mark.parametrize("tau", [0.01, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("level", [-9.0, 0.0, 2.0])
def test_the_envelope_bounds_the_conditionals(form, tau, level):
    """Over +-60 conditional sds, for providers of every kind (that of 1e9 to rounding)."""
    u = np.linspace(-60, 60, 6_001)
    for j in range(8):
        problem = one_provider(form, j)
        chi, psi = chi_of(problem, tau), psi_of(problem, level=level)
        mode, curvature = mode_of(problem, chi, psi)
        height = density(problem, chi, psi, 0, mode + u / np.sqrt(curvature))
        ratio = height - height[3_000] + 1.5 * np.log1p(u**2 / 2)
        top = tops(tau**-2.0, curvature - tau**-2.0)[0]
        assert ratio.max() <= top + (1e-5 if j == 3 else 0), (j, ratio.max(), top)


def mode_of(problem, chi, psi):
    """Climb by Newton's steps on differences of the score."""
    family, cells, precision = problem.family, problem.cells, np.exp(-2 * chi[0])
    eta, sd, b = problem.eta(psi)[problem.pattern], problem.values(chi, psi), 0.0
    for _ in range(200):
        score, up, down = (
            family.score(cells, eta + b + x, sd).sum() - precision * (b + x)
            for x in (0, 1e-5, -1e-5)
        )
        curvature = (down - up) / 2e-5
        b += np.clip(score / curvature, -1, 1)
    return b, curvature


def test_proposals_are_a_t_of_two_degrees():
    s, streams = room_for_rows(), np.arange(BATCH).astype(np.uint64)
    proposed = []
    for row, value in ((normal_draws._OPEN, 1.0), (SD, 2.0), (MODE, 3.0)):
        s[row : row + BATCH] = value
    s[normal_draws._OPEN] = 0.0  # a closed lane
    for _ in range(400):
        _propose(streams, s)
        proposed.append(s[STEP : STEP + BATCH].copy())
    proposed = np.array(proposed)
    assert (proposed[:, 0] == 3).all()
    assert streams[0] == 0
    assert stats.kstest((proposed[:, 1:].ravel() - 3) / 2, stats.t(2).cdf).pvalue > 1e-3


def test_a_node_is_picked_by_its_weight():
    weight = np.array([0.2, 0.0, 0.5, 0.3])
    shares = (np.arange(1_000) + 0.5) / 1_000
    counts = np.bincount([_pick(3 * weight, share) for share in shares], minlength=4)
    np.testing.assert_allclose(counts / 1_000, weight, atol=2e-3)
    assert _pick(weight, 1.0) == 3


@pytest.mark.parametrize("form", ["share", "expected", "measurements"])
def test_draws_of_one_point_are_those_that_each_would_have_alone(monkeypatch, form):
    """Of points that are drawn once, five times, and more points than a block has."""
    problem, rng = awkward(form), np.random.default_rng(3)
    count = rng.permutation(np.r_[[1] * 10, [5] * 30, 40, 2])
    point = rng.permutation(np.repeat(np.arange(len(count)), count))
    chi = chi_of(problem, 0.4) + 0.2 * rng.standard_normal((len(count), 1))
    psi = psi_of(problem) + 0.2 * rng.standard_normal((len(count), problem.size))
    starts = Starts(np.zeros((1, problem.providers)), np.zeros(len(point), np.int64))
    made, seeds = evaluator(problem, nodes=7), np.arange(len(point))
    laid = (chi[point], psi[point])
    together = made.draw(*laid, starts=starts, seeds=seeds)["provider_effect"]
    monkeypatch.setattr(module, "copies_of", lambda *_: None)
    alone = made.draw(*laid, starts=starts, seeds=seeds)["provider_effect"]
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-11)
    assert len(np.unique(together[:, 0])) == len(point)


def test_draws_are_put_together_where_many_share_their_points():
    psi = np.array([[2.0, 1.0], [1.0, 0.0], [2.0, 1.0], [2.0, 1.0], [1.0, 0.0]])
    found = copies_of(np.zeros((5, 1)), psi)
    assert found.first.tolist() == [0, 1]
    assert found.row.tolist() == [[0, 1], [2, 4], [3, -1]]
    assert copies_of(np.zeros((5, 1)), np.arange(10.0).reshape(5, 2)) is None
    psi[0, 1] = 7.0  # as the others in its first coordinate alone
    assert copies_of(np.zeros((5, 1)), psi) is None
