"""The evidence of each provider by the sampler's loops, against tabulated integrals."""

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from tests.truth.test_shared_effects import SPEC, table
from varmodel.estimands import with_log_densities
from varmodel.fits import Fit
from varmodel.frame import prepare
from varmodel.inference import fit
from varmodel.inference.marginal.evidence import evidence_by_provider

SHAPES = {
    "normal": {},
    "student_t": {"effect_nu": 4.0},
    "mixture": {"effect_weight": 0.3, "effect_distance": 1.5},
}
PERIODS = {"period": "quarter", "periods": 4, "transient": "none"}
CASES = {
    "events of trials": ("share", {"case_mix": ("age",)}),
    "counts": ("expected", {}),
    "beta-binomial": ("share", {"family": "beta_binomial", **PERIODS}),
    "NB2": ("exposure", {"family": "negative_binomial", **PERIODS}),
    "measurements": ("measurements", {"case_mix": ("age",)}),
    "gamma": ("positive_measurements", {}),
    "ar1": ("share", {"period": "quarter", "periods": 5, "transient": "ar1"}),
    "iid": ("expected", {"period": "quarter", "periods": 4, "transient": "iid"}),
}


def tabulated(found):
    response = with_log_densities(found).draws["log_likelihood"]["response"]
    return response.to_numpy().reshape(-1, response.sizes["provider"])


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_integral_over_the_effects(case):
    form, fields = CASES[case]
    found = whole_fit(form, shape=(2, 3), **fields)
    np.testing.assert_allclose(evidence_by_provider(found), tabulated(found), atol=0.01)


@pytest.mark.parametrize("effect", SHAPES)
def test_effects_need_not_be_normal(effect):
    found = whole_fit("expected", shape=(2, 3))
    own = {name: (("chain", "draw"), np.full((2, 3), x)) for name, x in SHAPES[effect].items()}
    draws = found.draws.assign({"posterior": xr.DataTree(found.posterior.assign(own))})
    found = Fit(found.spec.replace(effect=effect), found.frame, draws)
    np.testing.assert_allclose(evidence_by_provider(found), tabulated(found), atol=0.01)


def test_what_providers_share_with_their_like_shifts_them():
    frame = prepare(SPEC, table())
    found = fit(SPEC, frame, random_seed=1, draws=20, progressbar=False, provisional=True)
    np.testing.assert_allclose(evidence_by_provider(found), tabulated(found), atol=1e-6)
