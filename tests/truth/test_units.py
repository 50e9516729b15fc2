"""What the unit and the zero of a measurement must not change: spread, order, money, verdict.

Each table is told twice, once moved or in another unit. With one seed and the random streams of
one table the draws are the same but for rounding, so that what remains is far below Monte Carlo
error.
"""

import numpy as np
import pandas as pd
import pytest

from varmodel import Benchmark, ModelSpec, fit, prepare
from varmodel.families import Prior
from varmodel.spec import Nil
from varmodel.studies import judge_nil, make_figures, prior_conflict

PROVIDERS = 14
NAMED = {"name": "units", "provider": "trust", "better": "higher"}
PRICED = {"benchmark": Benchmark("quantile", 0.75), "unit_cost": 100.0}
COMPARED = ["rankability", "p_value", "prob_relevant", "prior_prob_relevant", "distinguishable"]


def records(family, seed=3):
    """Give some 40 measurements a provider with a covariate; mean near 0 where that can be."""
    rng = np.random.default_rng(seed)
    trust = np.repeat(np.arange(PROVIDERS), rng.integers(20, 61, PROVIDERS))
    age = rng.normal(60, 10, len(trust))
    eta = rng.normal(0, 0.4, PROVIDERS)[trust] + 0.01 * (age - 60)
    noise = rng.standard_normal(len(trust))
    if family == "normal":
        value = eta + noise
        value -= value.mean() - 0.001
    elif family == "lognormal":
        value = np.exp(eta + 0.7 * noise)
    else:
        value = rng.gamma(2.0, np.exp(eta) / 2.0)
    labels = [f"T{number:02d}" for number in trust]
    return pd.DataFrame({"trust": labels, "age": age, "value": value})


def figures_of(spec, table):
    """Fit, and give what is published by name, with money and spread in the table's units."""
    frame = prepare(spec, table).assign_attrs(source_hash="one table, told twice")
    fitted = fit(spec, frame, random_seed=5, draws=400, progressbar=False)
    made = make_figures(fitted, random_seed=5)
    total = None if made.savings is None else made.savings["total"]
    nil = judge_nil(fitted, total=total, random_seed=5)
    found = {name: getattr(nil, name) for name in COMPARED[1:]}
    found["rankability"] = float(made.rankability.mean())
    found["rank"] = made.ranks["rank"].mean(("chain", "draw")).to_numpy()
    found["conflict"] = prior_conflict(fitted)
    found["tau"] = float(fitted.posterior["provider_sd"].mean())
    if made.savings is not None:
        found["saving"] = float(total.mean())
        found["named"] = made.savings["named"].to_numpy()
    return found


def agree(found, other, *, sd_unit=1.0, money_unit=1.0):
    for name in COMPARED:
        assert found[name] == pytest.approx(other[name], abs=0.003), name
    assert other["tau"] == pytest.approx(found["tau"] * sd_unit, rel=0.005)
    np.testing.assert_allclose(other["rank"], found["rank"], atol=0.05)
    assert found["conflict"] == other["conflict"] == ""
    if "saving" in found:
        assert other["saving"] == pytest.approx(found["saving"] * money_unit, rel=0.005)
        np.testing.assert_array_equal(other["named"], found["named"])


def test_where_zero_lies_and_the_unit_of_a_normal_mean():
    spec = ModelSpec(**NAMED, **PRICED, value="value", family="normal", case_mix=("age",))
    table = records("normal")
    plain = figures_of(spec, table)
    assert plain["tau"] == pytest.approx(0.4, abs=0.2)
    assert plain["distinguishable"]
    assert 0 < plain["named"].sum() < PROVIDERS
    agree(plain, figures_of(spec, table.assign(value=table["value"] + 100)))
    agree(plain, figures_of(spec, table.assign(value=table["value"] - 7)))
    thousand = figures_of(spec, table.assign(value=1000 * table["value"]))
    agree(plain, thousand, sd_unit=1000, money_unit=1000)


@pytest.mark.parametrize("family", ["lognormal", "gamma"])
def test_the_unit_of_positive_measurements(family):
    spec = ModelSpec(**NAMED, **PRICED, value="value", family=family, case_mix=("age",))
    table = records(family)
    hours = figures_of(spec, table.assign(value=24 * table["value"]))
    agree(figures_of(spec, table), hours, money_unit=24)


def test_the_unit_of_an_exposure():
    rng = np.random.default_rng(3)
    exposure = rng.integers(200, 900, PROVIDERS).astype(float)
    events = rng.poisson(0.2 * exposure * np.exp(rng.normal(0, 0.3, PROVIDERS)))
    labels = [f"T{number:02d}" for number in range(PROVIDERS)]
    table = pd.DataFrame({"trust": labels, "events": events, "days": exposure})
    spec = ModelSpec(**NAMED, **PRICED, numerator="events", exposure="days", family="poisson")
    years = figures_of(spec, table.assign(days=exposure / 365.25))
    agree(figures_of(spec, table), years)


def test_where_zero_lies_and_the_unit_of_published_values():
    rng = np.random.default_rng(4)
    error = rng.uniform(0.1, 0.4, PROVIDERS)
    value = rng.normal(rng.normal(0, 0.5, PROVIDERS), error)
    labels = [f"T{number:02d}" for number in range(PROVIDERS)]
    table = pd.DataFrame({"trust": labels, "value": value, "se": error})

    def told(unit, zero):
        spec = ModelSpec(
            **NAMED,
            value="value",
            standard_error="se",
            family="normal",
            priors={"provider_sd": Prior("half_normal", sigma=0.7 * unit)},
            nil=Nil(smallest_relevant=0.05 * unit),
        )
        moved = table.assign(value=unit * table["value"] + zero, se=unit * table["se"])
        return figures_of(spec, moved)

    plain = told(1.0, 0.0)
    agree(plain, told(1.0, 250.0))
    agree(plain, told(0.01, 0.0), sd_unit=0.01)
