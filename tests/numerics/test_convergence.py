import numpy as np
import pytest
from arviz_stats.base import array_stats
from scipy.special import ndtri
from scipy.stats import rankdata

from varmodel.numerics import convergence
from varmodel.numerics.convergence import ess_bulk, ess_mean, ess_tail, rhat, states

QUANTITIES = 6
SHAPES = [(1, 200), (2, 4), (2, 21), (3, 101), (4, 5), (4, 6), (4, 500), (7, 50), (8, 333)]
STATISTICS = {
    rhat: lambda x: array_stats.rhat(x, 0, 1),
    ess_bulk: lambda x: array_stats.ess(x, 0, 1, method="bulk"),
    ess_tail: lambda x: array_stats.ess(x, 0, 1, method="tail", prob=(0.05, 0.95)),
    ess_mean: lambda x: array_stats.ess(x, 0, 1, method="mean"),
}


def normals(rng, shape):
    return rng.normal(size=(*shape, QUANTITIES))


def autoregressive(rng, shape, rho):
    x = normals(rng, shape)
    for i in range(1, shape[1]):
        x[:, i] += rho * x[:, i - 1]
    return x


def disagreeing(rng, shape):
    """Give chains that differ in location, and others that differ in spread."""
    x = normals(rng, shape)
    apart = np.arange(shape[0])[:, None, None] * np.linspace(0, 3, QUANTITIES // 2)
    x[..., : QUANTITIES // 2] += apart
    x[..., QUANTITIES // 2 :] *= 1 + apart
    return x


def ranks(rng, shape):
    """Rank quantities that lie close together: few distinct values, many ties."""
    order = normals(rng, shape) + np.linspace(0, 3, QUANTITIES)
    return order.argsort(axis=-1).argsort(axis=-1) + 1.0


def indicators(rng, shape):
    """Give indicators that differ in 1 to QUANTITIES draws, the first of them in the first."""
    x = np.zeros((*shape, QUANTITIES))
    for i in range(QUANTITIES):
        x.reshape(-1, QUANTITIES)[rng.permutation(shape[0] * shape[1])[: i + 1], i] = 1
    x[0, 0, 0] = 1
    return x


KINDS = {
    "independent": normals,
    "slow": lambda rng, shape: autoregressive(rng, shape, 0.9),
    "alternating": lambda rng, shape: autoregressive(rng, shape, -0.5),
    "antithetic": lambda rng, shape: autoregressive(rng, shape, -0.95),
    "walk": lambda rng, shape: normals(rng, shape).cumsum(axis=1),
    "cauchy": lambda rng, shape: rng.standard_cauchy(size=(*shape, QUANTITIES)),
    "disagreeing": disagreeing,
    "ranks": ranks,
    "indicators": indicators,
    "far from 0": lambda rng, shape: 1e6 + normals(rng, shape),
    "small": lambda rng, shape: 1e-9 * normals(rng, shape),
}


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_arviz(statistic, kind):
    rng = np.random.default_rng(2021)
    for shape in SHAPES:
        if statistic is rhat and shape[0] == 1:
            continue  # arviz-stats gives NaN
        x = KINDS[kind](rng, shape)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = STATISTICS[statistic](x)
        np.testing.assert_allclose(statistic(x), expected, rtol=1e-6, err_msg=str(shape))


def test_one_chain_is_compared_half_against_half():
    x = autoregressive(np.random.default_rng(1), (1, 301), 0.9)
    halves = np.concatenate((x[:, :150], x[:, 151:]))
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))

    def scores(part):
        rank = rankdata(part.reshape(300, -1), axis=0).reshape(part.shape)
        return ndtri((rank - 3 / 8) / (300 + 1 / 4))

    both = [array_stats.rhat(scores(part), 0, 1, method="identity") for part in (halves, folded)]
    np.testing.assert_allclose(rhat(x), np.maximum(*both), rtol=1e-9)


def test_rhat_of_two_chains_by_hand():
    x = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    z = ndtri((np.arange(1, 9) - 0.375) / 8.25).reshape(4, 2)
    between, within = 2 * z.mean(axis=1).var(ddof=1), z.var(axis=1, ddof=1).mean()
    assert rhat(x) == pytest.approx(np.sqrt((within / 2 + between / 2) / within))


def test_ess_of_an_autoregression():
    x = autoregressive(np.random.default_rng(5), (4, 5_000), 0.5)
    np.testing.assert_allclose(ess_mean(x), 20_000 * (1 - 0.5) / (1 + 0.5), rtol=0.15)


@pytest.mark.parametrize("statistic", STATISTICS, ids=lambda f: f.__name__)
class TestEdges:
    def test_shape(self, statistic):
        x = np.random.default_rng(3).normal(size=(4, 20, 3, 5))
        whole = statistic(x)
        assert whole.shape == (3, 5)
        assert statistic(x[..., 1, 2]) == whole[1, 2]
        assert statistic(x[..., 1, 2]).shape == ()
        assert statistic(x[..., :0]).shape == (3, 0)

    def test_blocks_and_memory_order_change_nothing(self, statistic, monkeypatch):
        x = np.random.default_rng(3).normal(size=(4, 20, 7))
        whole = statistic(x)
        assert np.array_equal(statistic(np.asfortranarray(x)), whole)
        for size in (1, 160, 240):  # one, two and three quantities at a time
            monkeypatch.setattr(convergence, "_BLOCK", size)
            assert np.array_equal(statistic(x), whole)

    def test_draws_are_left_as_they_were(self, statistic):
        x = np.random.default_rng(3).normal(size=(7, 4, 20))
        x[2, 1, 5] = np.nan
        before = x.copy()
        statistic(np.moveaxis(x, 0, -1))
        assert np.array_equal(x, before, equal_nan=True)

    @pytest.mark.parametrize("shape", [(4, 0, 2), (4, 3, 2), (0, 10, 2)])
    def test_too_few_draws(self, statistic, shape):
        assert np.isnan(statistic(np.ones(shape))).tolist() == [True, True]

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_nonfinite_draw_spoils_its_own_quantity_only(self, statistic, bad):
        x = np.random.default_rng(3).normal(size=(4, 20, 3))
        clean = statistic(x)
        x[1, 4, 1] = bad
        assert np.array_equal(statistic(x), [clean[0], np.nan, clean[2]], equal_nan=True)

    def test_constant_quantity(self, statistic):
        x = np.full((4, 21, 2), 0.1)
        expected = np.nan if statistic is rhat else 80  # the middle draws are left out
        np.testing.assert_array_equal(statistic(x), expected)

    def test_order_of_chains_counts_for_nothing(self, statistic):
        x = autoregressive(np.random.default_rng(3), (4, 50), 0.5)
        np.testing.assert_allclose(statistic(x[::-1]), statistic(x), rtol=1e-12)


def test_only_the_order_of_draws_counts_but_for_folding():
    x = autoregressive(np.random.default_rng(3), (4, 201), 0.5)
    np.testing.assert_allclose(ess_bulk(np.exp(x)), ess_bulk(x), rtol=1e-12)
    np.testing.assert_allclose(ess_tail(np.exp(x)), ess_tail(x), rtol=1e-12)
    np.testing.assert_allclose(rhat(1e3 * x - 7), rhat(x), rtol=1e-9)


def test_stuck_chains_have_a_vast_rhat():
    x = np.repeat([[1.0], [2.0], [3.0], [4.0]], 100, axis=1)
    assert rhat(x) > 1e6
    assert ess_bulk(x) < 10


def test_two_equally_frequent_values_have_the_rhat_of_the_bulk():
    x = np.tile([0.0, 1.0], (4, 50))
    assert rhat(x) == pytest.approx(array_stats.rhat(x, 0, 1, method="z_scale"))


def test_constant_and_stuck():
    moving = np.random.default_rng(3).normal(size=(4, 10))
    constant = np.full((4, 10), 0.1)
    stuck = np.repeat([[1.0], [1.0], [1.0], [2.0]], 10, axis=1)
    half = np.where(np.arange(4)[:, None] < 2, moving, 1.0)  # two chains stand still
    endless, spoilt = np.full((4, 10), np.inf), np.full((4, 10), np.nan)
    x = np.stack((moving, constant, stuck, half, endless, spoilt), axis=-1)
    told = [state.tolist() for state in states(x)]
    assert told[0] == [True, True, True, True, False, False]
    assert told[1] == [False, True, False, False, False, False]
    assert told[2] == [False, False, True, False, False, False]
    assert [state.any() for state in states(x[:, :0])] == [False] * 3
    assert [bool(state) for state in states(constant)] == [True, True, False]
