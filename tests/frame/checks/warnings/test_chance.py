import numpy as np
import pandas as pd
import pytest

from tests.frame.checks.warnings.test_covariates import found
from tests.frame.hand_made import make_model
from varmodel.frame import simulate

RNG = np.random.default_rng(12)


def shares(events, cases):
    return pd.DataFrame(
        {"trust": [f"R{k:03}" for k in range(len(cases))], "deaths": events, "cases": cases}
    )


def test_counts_made_of_shrunken_rates_are_too_steady():
    cases = RNG.integers(100, 800, 60)
    rate = RNG.binomial(cases, 0.2) / cases
    assert found(make_model(), shares(np.rint(rate * cases).astype(int), cases)) == {}
    shrunken = 0.2 + 0.4 * (rate - 0.2)
    said = found(make_model(), shares(np.rint(shrunken * cases).astype(int), cases))
    assert set(said) == {"DESIGN.UNDERDISPERSED"}
    assert "on 59 degrees of freedom" in said["DESIGN.UNDERDISPERSED"]


def test_published_values_that_were_shrunken():
    error = RNG.uniform(0.5, 2, 50)
    value = RNG.normal(10, error)
    table = pd.DataFrame({"trust": [f"R{k:02}" for k in range(50)], "rate": value, "se": error})
    assert found(make_model("published"), table) == {}
    table["rate"] = 10 + 0.3 * (value - 10)
    assert set(found(make_model("published"), table)) == {"DESIGN.UNDERDISPERSED"}


@pytest.mark.parametrize("size", [12, 300])
def test_equal_providers_are_not_too_steady(size):
    """With strata of their own too, where a provider makes most of a national rate."""
    spec = make_model(case_mix=("band", "sex"), period="quarter")
    truth = {"intercept": -1.0, "provider_sd": 0.0, "coefficients": {"band[b]": 0.5, "sex[M]": 1.0}}
    for seed in range(12):
        made = simulate(
            spec,
            providers=5 + seed,
            periods=3,
            mean_denominator=size,
            truth=truth,
            random_seed=seed,
        )
        assert "DESIGN.UNDERDISPERSED" not in found(spec, made.table)
