"""Leave-one-provider-out by weights, against fits without the provider."""

import numpy as np
import pandas as pd
import pytest

import varmodel as vm
from tests.toys import SURGICAL, measurements, share
from varmodel.errors import DesignError, SpecError
from varmodel.fits import Fit
from varmodel.studies.figures import annual_savings
from varmodel.studies.reweighting.weights import Weights

SPEC = vm.load_model("surgical_mortality").replace(unit_cost=1_000)
PRIORS = {
    "intercept": {"dist": "normal", "mu": -2.5, "sigma": 2.5},
    "provider_sd": {"dist": "half_normal", "sigma": 0.7},
}
MANY = {"random_seed": 1, "progressbar": False, "draws": 10_000}


def fit_of(spec, table):
    return vm.fit(spec, vm.prepare(spec, table), **MANY)


def test_it_is_a_fit_of_the_table_without_the_provider():
    place = 3  # the one of most cases
    spec = SPEC.replace(priors=PRIORS)
    whole = fit_of(spec, SURGICAL)
    code = SURGICAL["hospital"][place]
    found = vm.studies.leave_one_out(whole, random_seed=1, providers=[code]).isel(provider=0)
    assert not bool(found["refitted"])
    without = fit_of(spec, SURGICAL.drop(index=place))
    total = annual_savings(without, random_seed=1)["total"].to_numpy()
    sd = float(annual_savings(whole, random_seed=1)["total"].std())
    assert float(found["total"]) == pytest.approx(total.mean(), abs=0.03 * sd)
    ends = np.quantile(total, [0.025, 0.975])
    assert [float(found[x]) for x in ("lower", "upper")] == pytest.approx(ends, abs=0.15 * sd)
    level = vm.benchmark_rates(without, spec.benchmark, population="reference")
    assert float(found["benchmark"]) == pytest.approx(float(level.mean()), rel=0.003)


@pytest.fixture(scope="module")
def whole():
    """Return a fit of twenty providers."""
    spec = share().spec
    return vm.fit(spec, vm.prepare(spec, share().table), random_seed=1, progressbar=False)


def test_influence_is_what_it_does_to_the_others(whole):
    found = vm.studies.leave_one_out(whole, random_seed=1)
    savings = annual_savings(whole, random_seed=1)
    total, own = float(savings["total"].mean()), savings["saving"].mean(("chain", "draw"))
    np.testing.assert_allclose(found["own"], own)
    np.testing.assert_allclose(found["total"], total - own + found["influence"])
    spread = float(savings["total"].std())
    np.testing.assert_allclose(found["influence_sd"], found["influence"] / spread)
    assert found["provider"].to_numpy().tolist() == whole.frame["provider"].to_numpy().tolist()


def test_a_heavy_tail_is_fitted_again(whole, monkeypatch):
    options = {"random_seed": 1, "providers": ["R02"], "jobs": 1}
    weighed = vm.studies.leave_one_out(whole, **options)
    monkeypatch.setattr(Weights, "reliable", property(lambda _: False))
    again = vm.studies.leave_one_out(whole, **options)
    assert bool(again["refitted"].all())
    assert float(again["pareto_k"][0]) == float(weighed["pareto_k"][0])
    sd = float(abs(weighed["influence"][0] / weighed["influence_sd"][0]))
    assert float(again["total"][0]) == pytest.approx(float(weighed["total"][0]), abs=0.1 * sd)


def test_without_a_price_the_benchmark_is_left():
    spec = measurements().spec.replace(unit_cost=None)
    frame = vm.prepare(spec, measurements().table)
    bare = vm.fit(spec, frame, random_seed=1, progressbar=False)
    found = vm.studies.leave_one_out(bare, random_seed=1, providers=["R00"])
    assert set(found.data_vars) == {
        *("benchmark", "benchmark_change", "provider_sd", "pareto_k", "refitted"),
    }


@pytest.mark.parametrize(
    "own",
    [
        {"peers": {"columns": ["log_volume"], "count": 4}},
        {"benchmark": vm.Benchmark("conditional", 0.75)},
    ],
)
def test_where_each_provider_has_its_benchmark_none_is_told_for_all(whole, own):
    fit = Fit(whole.spec.replace(**own), whole.frame, whole.draws)
    found = vm.studies.leave_one_out(fit, random_seed=1, providers=["R02"])
    assert "benchmark" not in found
    total = annual_savings(fit, random_seed=1)["saving"].drop_sel(provider="R02").sum("provider")
    gain = float(found["influence"][0])
    assert float(found["total"][0]) == pytest.approx(float(total.mean()) + gain)


def test_own_prices_that_are_all_the_same_are_one_price(whole):
    fees = whole.frame["activity"].copy(data=np.full(20, 7.0))
    frame = whole.frame.assign(own_price=fees).assign_attrs(own_price="fee")
    own, one = (
        vm.studies.leave_one_out(
            Fit(whole.spec.replace(unit_cost=cost), frame, whole.draws),
            random_seed=1,
            providers=["R02"],
        )
        for cost in ({"column": "fee"}, 7.0)
    )
    for name in ("total", "lower", "upper", "own", "influence", "influence_sd"):
        np.testing.assert_allclose(own[name], one[name], rtol=1e-9)


def test_unknown_providers_and_too_few_are_refused(whole):
    with pytest.raises(SpecError, match="no provider 'Q'"):
        vm.studies.leave_one_out(whole, random_seed=1, providers=["Q"])
    few = pd.DataFrame(SURGICAL[:4])
    fit = vm.fit(SPEC, vm.prepare(SPEC, few), random_seed=1, progressbar=False)
    with pytest.raises(DesignError, match="4 providers"):
        vm.studies.leave_one_out(fit, random_seed=1)
