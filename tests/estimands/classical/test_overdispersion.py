import numpy as np
import pytest

from varmodel.estimands.classical.overdispersion import (
    TRANSFORMATIONS,
    excess_spread,
    trimmed,
    winsorised,
)


def test_tails_by_hand():
    """Of eleven z the outer two are drawn in to the next, or left out."""
    z = np.arange(11.0)
    values, kept = winsorised(z)
    np.testing.assert_array_equal(values, [1, *range(1, 10), 9])
    assert kept.all()
    values, kept = trimmed(z)
    np.testing.assert_array_equal(values, np.arange(1.0, 10))
    assert kept.sum() == 9


@pytest.mark.parametrize("tails", ["winsorised", "trimmed"])
def test_phi_and_tau2_are_their_definition(tails):
    rng = np.random.default_rng(1)
    error = rng.uniform(0.05, 0.4, 200)
    z = rng.normal(size=200) * np.sqrt(1 + 0.3**2 / error**2)
    found = excess_spread(z, error, tails=tails)
    low, high = np.quantile(z, [0.1, 0.9])
    kept = (z >= low) & (z <= high) if tails == "trimmed" else np.ones(200, bool)
    values, w = np.clip(z, low, high)[kept], error[kept] ** -2
    phi = np.mean(values**2)
    tau2 = (len(values) * phi - len(values) + 1) / (w.sum() - (w**2).sum() / w.sum())
    assert found.phi == pytest.approx(phi)
    assert found.phi_untrimmed == pytest.approx(np.mean(z**2))
    assert found.tau2 == pytest.approx(tau2)


def test_phi_of_chance_alone_is_below_one_where_tails_are_drawn_in():
    rng = np.random.default_rng(2)
    found = excess_spread(rng.normal(size=400_000), np.full(400_000, 0.1), tails="winsorised")
    assert found.phi == pytest.approx(0.679, abs=0.005)
    assert found.phi_untrimmed == pytest.approx(1, abs=0.01)
    assert found.tau2 == 0


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("log", lambda rng, size: rng.poisson(size, (20_000, 1)) / size),
        ("sqrt", lambda rng, size: rng.poisson(size, (20_000, 1)) / size),
        ("arcsine", lambda rng, size: rng.binomial(size, 0.3, (20_000, 1)) / size),
    ],
)
def test_a_transformed_count_has_the_stated_error(name, draw):
    scale, rng = TRANSFORMATIONS[name], np.random.default_rng(3)
    figures = scale.forward(draw(rng, 400))
    assert figures.std() == pytest.approx(scale.error(np.array(400.0)), rel=0.03)
    np.testing.assert_allclose(scale.back(scale.forward(np.array([0.2, 0.9]))), [0.2, 0.9])
