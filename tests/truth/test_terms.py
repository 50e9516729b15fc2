"""Curves and products: fitted to a table of known truth, their coefficients come back."""

import numpy as np
import pytest
from scipy import stats

import varmodel as vm

SPEC = vm.ModelSpec(
    name="terms",
    provider="trust",
    numerator="events",
    denominator="cases",
    better="lower",
    family="binomial",
    case_mix=(
        *(vm.Factor("sex"), vm.Spline("age", 3), vm.Factor("band")),
        *(vm.Interaction(["sex", "band"]), vm.Interaction(["age", "sex"])),
    ),
)
TRUTH = {"intercept": -1.0, "provider_sd": 0.3}


@pytest.mark.parametrize("seed", [1, 2])
def test_coefficients_of_curves_and_products_come_back(seed):
    made = vm.simulate(SPEC, providers=30, mean_denominator=500, truth=TRUTH, random_seed=seed)
    frame = vm.prepare(SPEC, made.table)
    fit = vm.fit(SPEC, frame, random_seed=seed, draws=500, progressbar=False)
    found = fit.posterior["coefficients"].stack(sample=("chain", "draw")).to_numpy()
    assert len(found) == 2 + 3 + 2 + 4 + 6
    off = found.mean(axis=1) - made.truth["coefficients"].to_numpy()
    distance = off @ np.linalg.solve(np.cov(found), off)
    assert distance < stats.chi2.ppf(0.999, len(off))
    assert np.abs(found.std(axis=1)).max() < 0.6  # the data, not the prior, speak
