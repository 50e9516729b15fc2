import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estimands.hand_made import make_fit, random_fit
from varmodel.estimands import adjusted_rates, benchmark_rates
from varmodel.estimands.money.kinds.targets import level_of, weighted_quantile
from varmodel.spec import Benchmark

VALUES = np.array([[3.0, 1.0, 2.0, 5.0], [0.0, 4.0, 4.0, 8.0]])


@pytest.mark.parametrize(
    ("benchmark", "sign", "levels"),
    [
        (Benchmark("best_m", 2), 1, [4, 6]),
        (Benchmark("best_m", 2), -1, [1.5, 2]),
        (Benchmark("best_m", 4), 1, [2.75, 4]),
        (Benchmark("national"), 1, [(3 + 1 + 4) / 4, 3]),
        (Benchmark("national"), -1, [(3 + 1 + 4) / 4, 3]),
    ],
)
def test_levels_by_hand(benchmark, sign, levels):
    found = level_of(VALUES, benchmark, sign=sign, activity=np.array([1.0, 1, 2, 0]))
    np.testing.assert_allclose(found[:, 0], levels)


@given(st.integers(2, 9), st.floats(0, 1), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_equal_weights_give_type_7_and_no_weight_counts_for_nothing(count, share, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3, count + 4))
    weights = np.zeros(values.shape)
    for row in weights:
        row[rng.permutation(count + 4)[:count]] = 1 / count
    found = weighted_quantile(values, weights, share=share)
    kept = values[weights > 0].reshape(3, count)
    np.testing.assert_allclose(found, np.quantile(kept, share, axis=1), atol=1e-7)


def test_unequal_weights_by_hand():
    """Middles of .5, .3, .2 stand at .25, .65, .9: the median lies 5/13 of the way at .5."""
    values, weights = np.array([[30.0, 10.0, 20.0]]), np.array([[0.2, 0.5, 0.3]])
    middle = 0.25 + 0.5 * 0.65  # of the way from the first middle to the last
    wanted = 10 + 10 * (middle - 0.25) / 0.4
    np.testing.assert_allclose(weighted_quantile(values, weights, share=0.5), [wanted])
    np.testing.assert_allclose(weighted_quantile(values, weights, share=0.0), [10])
    np.testing.assert_allclose(weighted_quantile(values, weights, share=1.0), [30])


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("form", ["share", "exposure", "measurements"])
def test_the_level_is_met_on_the_reference_population(form, better):
    fit = random_fit(form, better=better)
    rates = adjusted_rates(fit)
    best = np.sort(rates, axis=-1)[..., -3:] if better == "higher" else np.sort(rates)[..., :3]
    weight = fit.frame["activity"]
    wanted = {"best_m": best.mean(axis=-1), "national": (rates * weight).sum("provider")}
    wanted["national"] = wanted["national"] / weight.sum()
    for kind, value in (("best_m", 3), ("national", None)):
        level = benchmark_rates(fit, Benchmark(kind, value), population="reference")
        spread = np.broadcast_to(np.asarray(wanted[kind])[..., np.newaxis], level.shape)
        np.testing.assert_allclose(level, spread, rtol=1e-10)


def test_refusals(refused):
    with refused("CONFIG.VALUE", "best_m asks for 5 of 4"):
        level_of(VALUES, Benchmark("best_m", 5), sign=1)
    with refused("CONFIG.VALUE", "activity"):
        level_of(VALUES, Benchmark("national"), sign=1)
    with refused("CONFIG.VALUE", "benchmark_rates"):
        level_of(VALUES, Benchmark("superpopulation", 0.75), sign=1)
    published = random_fit("published")
    bare = make_fit(
        published.spec, published.frame.drop_vars("activity"), **published.posterior.data_vars
    )
    with refused("CONFIG.VALUE", "activity"):
        benchmark_rates(bare, Benchmark("national"))
