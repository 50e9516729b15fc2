"""What a number is: one that a double can stand for, wherever it is given."""

import numpy as np
import pytest
import xarray as xr

import varmodel as vm
from varmodel.values import is_number, is_real

HUGE = 10**5_000  # more digits than Python writes
RATES = xr.DataArray(
    np.random.default_rng(1).normal(size=(1, 40, 6)),
    {"provider": list("ABCDEF")},
    ("chain", "draw", "provider"),
)
PROBS = RATES.mean(("chain", "draw"))
SPEC = vm.load_model("surgical_mortality")
BETTER = {"better": "lower"}
CALLS = {
    "simulate": lambda: vm.simulate(SPEC, providers=HUGE, random_seed=1),
    "exceedance": lambda: vm.exceedance(RATES, threshold=HUGE),
    "summarise": lambda: vm.summarise(RATES, prob=HUGE),
    "grade": lambda: vm.ranks.grade(RATES, discordance_weight=HUGE, **BETTER),
    "sets": lambda: vm.ranks.sets(RATES, prob=HUGE, **BETTER),
    "best": lambda: vm.ranks.best(RATES, m=HUGE, **BETTER),
    "threshold": lambda: vm.ranks.threshold(RATES, gamma=HUGE, **BETTER),
    "fdr_list": lambda: vm.ranks.fdr_list(PROBS, rate=HUGE),
    "utility_list": lambda: vm.ranks.utility_list(PROBS, false_alarm=HUGE, miss=1),
    "bins": lambda: vm.rank_probabilities(vm.rank(RATES, **BETTER)["rank"], bins=HUGE),
    "worth_acting": lambda: vm.money.worth_acting(RATES, cost=HUGE),
    "displacement": lambda: vm.money.net_of_displacement(RATES, delta=HUGE),
    "proportion": lambda: vm.classical.proportion_interval(HUGE, HUGE, prob=0.95),
    "ratio": lambda: vm.classical.indirect_ratio(HUGE, 1, prob=0.95),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_number_beyond_the_doubles_is_refused(call):
    with pytest.raises(vm.SpecError) as caught:
        call()
    assert caught.value.code == "CONFIG.VALUE"


@pytest.mark.parametrize(
    "value", [HUGE, -HUGE, True, "1", None, 1j], ids=lambda x: type(x).__name__
)
def test_what_is_no_number(value):
    assert not is_real(value)
    assert not is_number(value)


@pytest.mark.parametrize("value", [0, 2**1_022, -1.5, np.float64(2), np.int32(3)])
def test_what_is_one(value):
    assert is_real(value)
    assert is_number(value)


def test_infinity_is_real_and_no_finite_number():
    assert is_real(float("inf"))
    assert not is_number(float("inf"))
