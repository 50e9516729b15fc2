"""Weights, resampling, nodes; the same bits for the same seed."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import toy_problem
from varmodel.inference.marginal import sampler
from varmodel.inference.marginal.pilot import explore
from varmodel.inference.marginal.quadrature import hermite_nodes
from varmodel.inference.marginal.sampler import (
    _map,
    _resample,
    choose_nodes,
    sample,
    smooth_weights,
)


def drawn(name="surgical", *, seed=1, draws=300):
    return sample(toy_problem(name), draws=draws, chains=4, random_seed=seed)


def test_heavy_ratios_have_a_large_k():
    """Also the sign that psislw takes: of minus these ratios k is small."""
    ratios = 2 * np.random.default_rng(1).standard_exponential(4_000)  # k is 2
    smooth, k = smooth_weights(ratios)
    assert k == pytest.approx(2, abs=0.4)
    assert smooth_weights(-ratios)[1] < 0.1
    assert np.corrcoef(smooth, ratios)[0, 1] > 0.9  # heavy ones stay heavy


def test_nearly_equal_ratios_have_a_small_k():
    ratios = 0.05 * np.random.default_rng(1).standard_normal(4_000)
    smooth, k = smooth_weights(ratios)
    assert k < 0.3
    weight = np.exp(smooth - smooth.max())
    assert weight.sum() ** 2 / (weight**2).sum() > 0.99 * 4_000


@pytest.mark.parametrize("draws", [10, 300, 1_000])
def test_resampling_is_systematic(draws):
    rng = np.random.default_rng(2)
    weight = rng.gamma(0.3, size=500)
    chosen = _resample(weight, draws, np.random.SeedSequence(4))
    assert len(chosen) == draws
    counts = np.bincount(chosen, minlength=500)
    assert np.abs(counts - draws * weight / weight.sum()).max() < 1
    assert (counts[weight == 0] == 0).all()


def test_resampled_draws_stand_in_random_order():
    chosen = _resample(np.ones(2_000), 2_000, np.random.SeedSequence(4))
    assert sorted(chosen) == list(range(2_000))
    assert abs(np.corrcoef(chosen[1:], chosen[:-1])[0, 1]) < 0.1


def test_no_weight_is_no_draw():
    weight = np.array([0.0, 1.0, 0.0])
    assert set(_resample(weight, 50, np.random.SeedSequence(1))) == {1}


def test_nodes_double_until_nothing_moves(monkeypatch):
    problem = toy_problem("surgical")
    grid = explore(problem, hermite_nodes(7))
    nodes, change = choose_nodes(problem, grid)
    assert len(nodes.points) == 7
    assert change < 0.02
    monkeypatch.setattr(sampler, "TOLERANCE", 1e-6)
    finer, smaller = choose_nodes(problem, grid)
    assert len(finer.points) > 7
    assert smaller < 1e-6


def test_nodes_do_not_double_for_ever(monkeypatch):
    monkeypatch.setattr(sampler, "TOLERANCE", -1.0)
    nodes, _ = choose_nodes(
        toy_problem("surgical"), explore(toy_problem("surgical"), hermite_nodes(7))
    )
    assert len(nodes.points) == 112


def test_normal_conditionals_need_one_node():
    found = drawn("measurements")
    assert found.nodes == 1
    assert found.node_change < 1e-6


@pytest.mark.parametrize("name", ["surgical", "measurements"])
def test_the_figures_of_a_sample(name):
    found = drawn(name)
    assert found.effect.shape == (4, 300, toy_problem(name).providers)
    assert found.chi.shape == (4, 300, len(toy_problem(name).sds))
    assert found.evaluations == 4 * 330
    assert found.pareto_k < 0.5
    assert 0.8 * found.evaluations < found.importance_ess <= found.evaluations
    assert found.largest_weight < 0.01
    assert set(found.seconds) == {"pilot", "nodes", "weights", "effects"}
    assert found.weight.max() == pytest.approx(found.largest_weight, rel=0.2)


def test_duplicates_have_effects_of_their_own(monkeypatch):
    monkeypatch.setattr(sampler, "_proposals", lambda draws: draws // 2)
    found = drawn(draws=1_000)
    psi = found.psi[0, :, 0]
    _, first, counts = np.unique(psi, return_index=True, return_counts=True)
    twice = psi[first[counts == 2][0]]
    one, other = found.effect[0][psi == twice]
    assert (one != other).all()


@pytest.mark.parametrize("name", ["surgical", "expected", "published"])
def test_a_seed_gives_the_same_bits(name):
    first, again, other = drawn(name, seed=3), drawn(name, seed=3), drawn(name, seed=4)
    for field in ("chi", "psi", "effect", "weight", "log_weight"):
        assert getattr(first, field).tobytes() == getattr(again, field).tobytes()
        assert not np.array_equal(getattr(first, field), getattr(other, field))


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_threads_does_not_matter(monkeypatch, workers):
    first = drawn()
    monkeypatch.setattr(sampler, "WORKERS", workers)
    again = drawn()
    assert first.effect.tobytes() == again.effect.tobytes()
    assert first.weight.tobytes() == again.weight.tobytes()


def test_chains_are_streams_of_their_own():
    found = drawn()
    for a in range(4):
        for b in range(a):
            assert not np.intersect1d(found.psi[a], found.psi[b]).size


def test_work_keeps_its_order():
    assert _map(lambda x: x * 2, range(50)) == list(range(0, 100, 2))
