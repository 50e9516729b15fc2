import numpy as np
import pandas as pd
import pytest
from scipy import stats

from varmodel.estimands.classical import empirical_null
from varmodel.estimands.classical.outliers import benjamini_hochberg


def test_benjamini_hochberg_is_scipys():
    rng = np.random.default_rng(1)
    p = np.concatenate([rng.random(40), 1e-3 * rng.random(10)])
    for rate in (0.01, 0.05, 0.3):
        wanted = stats.false_discovery_control(p) <= rate
        np.testing.assert_array_equal(benjamini_hochberg(p, rate=rate), wanted)
    assert not benjamini_hochberg(np.ones(5), rate=0.05).any()


def test_the_null_is_that_of_the_usual_providers():
    """A tenth lies far out; what is usual has mean .3 and sd 2, and is not moved by them."""
    rng = np.random.default_rng(2)
    z = np.concatenate([rng.normal(0.3, 2, 4_500), rng.normal(14, 1, 500)])
    found = empirical_null(z)
    assert found.attrs["mean"] == pytest.approx(0.3, abs=0.15)
    assert found.attrs["sd"] == pytest.approx(2, abs=0.15)
    assert (found["flag"][4_500:] == "high").all()
    assert (found["flag"][:4_500] != "").mean() < 0.02
    np.testing.assert_allclose(found["p_value"], 2 * stats.norm.sf(np.abs(found["z_null"])))


def test_the_null_of_chance_is_standard():
    rng = np.random.default_rng(3)
    found = empirical_null(pd.Series(rng.normal(size=20_000)))
    assert found.attrs["mean"] == pytest.approx(0, abs=0.03)
    assert found.attrs["sd"] == pytest.approx(1, abs=0.03)


def test_a_null_by_volume_has_the_spread_of_each_volume():
    """Var z = 1 + .02 E, a twentieth far out; with one sd the large ones are flagged by right."""
    rng = np.random.default_rng(4)
    size = np.exp(rng.normal(5, 1.2, 2_000))
    null_sd = np.sqrt(1 + 0.02 * size)
    z = 0.05 * np.sqrt(size) + null_sd * rng.normal(size=2_000)
    z[:100] += 6 * null_sd[:100]
    found = empirical_null(z, size=size)
    np.testing.assert_allclose(found["null_sd"], null_sd, rtol=0.15)
    assert found.attrs["mean"] == pytest.approx(0.05 * np.sqrt(size.mean()), abs=0.1)
    usual = found[100:]
    large = size[100:] > np.quantile(size, 0.9)
    assert (found["flag"][:100] == "high").mean() > 0.9
    assert (usual["flag"][large] != "").mean() < 0.02
    assert (empirical_null(z)["flag"][100:][large] != "").mean() > 0.2


def test_a_null_by_volume_of_chance_is_standard():
    rng = np.random.default_rng(5)
    found = empirical_null(rng.normal(size=5_000), size=rng.uniform(1, 9, 5_000))
    np.testing.assert_allclose(found["null_sd"], 1, atol=0.08)


def test_what_tells_no_null_is_refused(refused):
    with refused("CONFIG.VALUE", "volume of each"):
        empirical_null(np.arange(30.0), size=np.ones(29))
    with refused("CONFIG.VALUE", "volume of each"):
        empirical_null(pd.Series(np.arange(30.0)), size=pd.Series(np.ones(30), range(1, 31)))
    with refused("CONFIG.VALUE", "above 0"):
        empirical_null(np.arange(30.0), size=np.arange(30.0))
    with refused("CONFIG.VALUE", "ten z or more"):
        empirical_null(np.arange(9.0))
    with refused("CONFIG.VALUE", "no spread"):
        empirical_null(np.zeros(30))
    with refused("CONFIG.VALUE", "rate"):
        empirical_null(np.arange(30.0), rate=0)
    with refused("VALUE.NONFINITE", "z must"):
        empirical_null(np.append(np.arange(30.0), np.nan))


def test_a_null_by_volume_is_found_of_few_and_of_many():
    """No table is refused, and the sds are right in the mean, with a tenth far away."""
    for count, tables in ((12, 15), (150, 15)):
        off = []
        for seed in range(tables):
            rng = np.random.default_rng(seed)
            size = np.exp(rng.normal(size=count))
            size /= size.mean()
            sd = np.sqrt(1 + 1.5 * size)
            z = rng.normal(0.3 * np.sqrt(size), sd)
            z[: count // 10] += 6
            off.append(np.log(empirical_null(z, size=size)["null_sd"] / sd).mean())
        assert abs(np.mean(off)) < 0.3
