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


def test_what_tells_no_null_is_refused(refused):
    with refused("CONFIG.VALUE", "ten z or more"):
        empirical_null(np.arange(9.0))
    with refused("CONFIG.VALUE", "no spread"):
        empirical_null(np.zeros(30))
    with refused("CONFIG.VALUE", "rate"):
        empirical_null(np.arange(30.0), rate=0)
    with refused("VALUE.NONFINITE", "z must"):
        empirical_null(np.append(np.arange(30.0), np.nan))
