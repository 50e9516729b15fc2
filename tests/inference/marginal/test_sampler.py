"""Weights, resampling, nodes; the same bits for the same seed."""

from dataclasses import replace

import numpy as np
import pytest

from tests.inference.marginal.hand_made import FAMILY_OF, SHAPES, awkward, make_problem, toy_problem
from varmodel.families import Cells
from varmodel.inference.marginal import sampler
from varmodel.inference.marginal.hyperparameters.choice import Choice
from varmodel.inference.marginal.quadrature.evaluator import (
    QuadratureEvaluator,
    evaluator,
)
from varmodel.inference.marginal.sampler import (
    _resample,
    sample,
)
from varmodel.numerics import threads


def drawn(name="surgical", *, effect="normal", seed=1, draws=300):
    return sample(toy_problem(name, effect), draws=draws, chains=4, random_seed=seed)


@pytest.mark.parametrize("draws", [10, 300, 1_000])
def test_resampling_is_systematic(draws):
    rng = np.random.default_rng(2)
    weight = rng.gamma(0.3, size=500)
    chosen = _resample(weight, draws, np.random.default_rng(4))
    assert len(chosen) == draws
    counts = np.bincount(chosen, minlength=500)
    assert np.abs(counts - draws * weight / weight.sum()).max() < 1
    assert (counts[weight == 0] == 0).all()


def test_resampled_draws_stand_in_random_order():
    chosen = _resample(np.ones(2_000), 2_000, np.random.default_rng(4))
    assert sorted(chosen) == list(range(2_000))
    assert abs(np.corrcoef(chosen[1:], chosen[:-1])[0, 1]) < 0.1


def test_no_weight_is_no_draw():
    weight = np.array([0.0, 1.0, 0.0])
    assert set(_resample(weight, 50, np.random.default_rng(1))) == {1}


@pytest.mark.parametrize("effect", ["normal", "mixture"])
def test_normal_conditionals_need_one_node(effect):
    found = drawn("published", effect=effect, draws=250)
    assert found.nodes == 1
    assert found.node_change < 1e-6


@pytest.mark.parametrize("effect", ["student_t", "flexible"])
def test_a_law_on_even_nodes_needs_more(effect):
    assert evaluator(toy_problem("published", effect)).nodes == 7


@pytest.mark.parametrize("name", ["surgical", "measurements", "positive_measurements"])
def test_the_figures_of_a_sample(name):
    found = drawn(name)
    assert found.effects["provider_effect"].shape == (4, 300, toy_problem(name).providers)
    assert found.chi.shape == (4, 300, len(toy_problem(name).hyperparameters.listed))
    assert found.evaluations >= 1.3 * 1_000  # of which half would pass the gate
    assert found.evaluations == pytest.approx(1_300 * found.pilot / found.pilot_ess, abs=4)
    assert found.pareto_k < 0.5
    assert 0.8 * found.evaluations < found.importance_ess <= found.evaluations
    assert found.largest_weight < 0.01
    assert found.weight.max() == pytest.approx(found.largest_weight, rel=0.2)


@pytest.mark.parametrize("effect", ["student_t", "mixture", "flexible"])
def test_a_law_with_a_shape_is_sampled_well(effect):
    found = drawn("expected", effect=effect, draws=400)
    assert found.chi.shape[-1] + found.psi.shape[-1] == 2 + len(SHAPES[effect])
    assert found.pareto_k < 0.7
    assert found.importance_ess > 0.25 * found.evaluations
    assert np.isfinite(found.effects["provider_effect"]).all()


@pytest.mark.parametrize("form", [form for form in FAMILY_OF if form != "published"])
def test_awkward_providers_stop_no_sampling(form):
    """All events, none, one case, 1e9 cases, no case."""
    found = sample(awkward(form), draws=250, chains=2, random_seed=1)
    assert found.pareto_k < 0.7
    assert np.isfinite(found.effects["provider_effect"]).all()
    assert np.isfinite(found.psi).all()


def test_no_event_but_one():
    cells = Cells(np.array([0.0, 0, 0, 0, 0, 1]), np.full(6, 40.0))
    for family in ("binomial", "poisson"):
        problem = make_problem(family, cells, provider=range(6))
        found = sample(problem, draws=250, chains=2, random_seed=1)
        assert found.pareto_k < 0.7
        assert (found.psi.mean() + found.effects["provider_effect"][..., :5].mean()) < -3


def test_duplicates_have_effects_of_their_own(monkeypatch):
    monkeypatch.setattr(Choice, "points", lambda _, draws: draws // 2)
    found = drawn(draws=1_000)
    psi = found.psi[0, :, 0]
    _, first, counts = np.unique(psi, return_index=True, return_counts=True)
    twice = psi[first[counts == 2][0]]
    one, other = found.effects["provider_effect"][0][psi == twice]
    assert (one != other).all()


@pytest.mark.parametrize(
    ("name", "effect"),
    [("surgical", "flexible"), ("expected", "student_t"), ("published", "normal")],
)
def test_a_seed_gives_the_same_bits(name, effect):
    first, again, other = (drawn(name, effect=effect, seed=s, draws=250) for s in (3, 3, 4))
    for field in ("chi", "psi", "weight", "log_weight"):
        assert getattr(first, field).tobytes() == getattr(again, field).tobytes()
        assert not np.array_equal(getattr(first, field), getattr(other, field))
    effects = [one.effects["provider_effect"] for one in (first, again, other)]
    assert effects[0].tobytes() == effects[1].tobytes()
    assert not np.array_equal(effects[0], effects[2])


@pytest.mark.parametrize("count", ["1", "2", "3"])
def test_the_number_of_threads_does_not_matter(monkeypatch, count):
    first = drawn()
    monkeypatch.setenv(threads.VARIABLE, count)
    again = drawn()
    for name, effect in first.effects.items():
        assert effect.tobytes() == again.effects[name].tobytes()
    assert first.weight.tobytes() == again.weight.tobytes()


def test_chains_are_streams_of_their_own():
    found = drawn()
    for a in range(4):
        for b in range(a):
            assert not np.intersect1d(found.psi[a], found.psi[b]).size


class HalvesOfEffects(QuadratureEvaluator):
    """An evaluator whose effects are two numbers a provider, each half of the effect."""

    @property
    def effect_shape(self):
        return (self.problem.providers, 2)

    @property
    def effect_dims(self):
        return {"half": ("provider", "side"), "whole": ("provider",)}

    def refined(self, chi, psi, *, starts):
        chosen, change = QuadratureEvaluator.refined(self, chi, psi, starts=whole(starts))
        return self if chosen is self else NotImplemented, change

    def log_posterior(self, chi, psi, *, starts):
        return QuadratureEvaluator.log_posterior(self, chi, psi, starts=whole(starts))

    def slope(self, chi, psi, *, effect):
        found = QuadratureEvaluator.slope(self, chi, psi, effect=effect.sum(axis=-1))
        return replace(found, effect=np.stack([found.effect / 2] * 2, axis=-1))

    def information(self, chi, psi, *, here, along, apart):
        here, along = (replace(x, effect=x.effect.sum(axis=-1)) for x in (here, along))
        return QuadratureEvaluator.information(self, chi, psi, here=here, along=along, apart=apart)

    def draw(self, chi, psi, *, starts, seeds):
        found = QuadratureEvaluator.draw(self, chi, psi, starts=whole(starts), seeds=seeds)
        effect = found["provider_effect"]
        return {"half": np.stack([effect / 2] * 2, axis=-1), "whole": effect}


def whole(starts):
    """Give starts of one number a provider; those of one number stay."""
    effect = starts.effect
    return replace(starts, effect=effect.sum(axis=-1)) if effect.ndim == 3 else starts


def test_nothing_supposes_one_number_a_provider(monkeypatch):
    plain, first = drawn(), evaluator(toy_problem("surgical"))
    halves = HalvesOfEffects(first.problem, first.kernel, first.rule)
    monkeypatch.setattr(sampler, "evaluator_of", lambda _: halves)
    found = drawn()
    assert found.log_weight.tobytes() == plain.log_weight.tobytes()
    assert found.effects["whole"].tobytes() == plain.effects["provider_effect"].tobytes()
    assert found.effects["half"].shape == (*plain.effects["provider_effect"].shape, 2)
