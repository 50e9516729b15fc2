"""From a frame to arrays: sizes, priors, and cells that say nothing."""

from dataclasses import replace

import numpy as np
import pytest

from tests.fits.hand_made import make_spec, whole_fit
from tests.frame.hand_made import make_model, make_table
from varmodel.families import Pooled, Prior
from varmodel.frame import prepare
from varmodel.frame.cells import Aggregate
from varmodel.frame.dataset import national_figures
from varmodel.inference.nuts.arrays import arrays_of, resolve_priors, structure_of

SIZES = {"share": "trials", "expected": "expected", "measurements": "measurements"}
POSITIVE = ("log_measurements", "positive_measurements")


def arrays(spec, frame):
    return arrays_of(frame, resolve_priors(spec, frame), centred=np.zeros(frame.sizes["provider"]))


@pytest.mark.filterwarnings("ignore::varmodel.VarmodelWarning")
def test_cells_of_size_0_are_left_out():
    spec = make_model(case_mix=("sex",))
    table = make_table(deaths=[3, 0, 2, 7, 0, 4], cases=[40, 0, 30, 80, 20, 60])
    table = table.assign(trust=["RA1", "RA1", *table["trust"][2:]])  # nobody of sex M in RA1
    frame = prepare(spec, table.assign(sex=list("FMFMFM")))
    assert frame.sizes["cell"] == 6
    found = arrays(spec, frame)
    assert list(found["provider_index"]) == [0, 1, 2, 3, 4]
    assert list(found["pattern_index"]) == [0, 0, 1, 0, 1]
    assert list(found["response"]) == [3, 2, 7, 0, 4]
    assert list(found["size"]) == [40, 30, 80, 20, 60]
    assert len(found["constant"]) == 5
    assert found["design"].shape == (2, 1)


@pytest.mark.parametrize("form", ["share", "expected", "measurements", *POSITIVE, "published"])
def test_every_statistic_and_prior_parameter_is_an_array(form):
    fit = whole_fit(form)
    found = arrays(fit.spec, fit.frame)
    common = {"provider_index", "pattern_index", "response", "design", "centred"}
    common |= {"intercept__mu", "intercept__sigma", "coefficients__mu", "coefficients__sigma"}
    common |= {"provider_sd__sigma"}
    own = {
        "share": {"size", "constant"},
        "expected": {"size", "constant"},
        "measurements": {"size", "spread", "residual_sd__sigma"},
        **{key: {"size", "spread", "constant", "residual_sd__sigma"} for key in POSITIVE},
        "published": {"error"},
    }
    assert set(found) == common | own[form]
    if form in SIZES:
        np.testing.assert_array_equal(found["size"], fit.frame[SIZES[form]])
    assert found["provider_index"].dtype == np.int32


def test_the_spec_stands_over_the_defaults():
    given = {"provider_sd": {"dist": "half_cauchy", "beta": 2}}
    fit = whole_fit("measurements", priors=given)
    priors = resolve_priors(fit.spec, fit.frame)
    assert priors["provider_sd"] == Prior("half_cauchy", beta=2)
    pooled_sd = fit.frame.attrs["pooled_sd"]
    assert priors["residual_sd"] == Prior("half_normal", sigma=2 * pooled_sd)
    assert set(priors) == {"intercept", "coefficients", "provider_sd", "residual_sd"}


@pytest.mark.parametrize(("form", "sd"), [("share", 1.0), ("exposure", 1.0), ("measurements", 3.0)])
def test_the_intercept_lies_about_the_pooled_figure(form, sd):
    fit = whole_fit(form)
    mean = fit.frame.attrs["pooled_mean"]
    frame = fit.frame.assign_attrs(pooled_sd=sd)
    level = float(fit.spec.family_row.link.forward(mean))
    assert resolve_priors(fit.spec, frame)["intercept"] == Prior("normal", mu=level, sigma=2.5 * sd)


def test_a_pooled_rate_at_the_end_of_its_range_is_brought_inside():
    """No table gets so far: half an event (and a case) is added."""
    family = make_spec().family_row
    counts = {"events": np.zeros(3), "trials": np.full(3, 33.0)}
    cells = Aggregate(np.arange(3), np.zeros(3, int), (), counts)
    found = national_figures(family, make_spec().form, cells=cells)
    assert found == Pooled(mean=0.5 / 100, sd=1.0)
    everybody = replace(cells, statistics={"events": counts["trials"], "trials": counts["trials"]})
    assert national_figures(family, make_spec().form, cells=everybody).mean == 99.5 / 100


def test_a_structure_holds_what_must_be_compiled_anew():
    fit = whole_fit(case_mix=("age",))

    def structure(**fields):
        spec = make_spec(case_mix=("age",), **fields)
        return structure_of(spec, fit.frame, priors=resolve_priors(spec, fit.frame))

    one = structure()
    assert (one.family, one.form, one.providers, one.terms) == ("binomial", "share", 12, 1)
    assert one.prior("provider_sd") == "half_normal"
    assert one.prior_names == ("coefficients", "intercept", "provider_sd")
    narrower = structure(priors={"provider_sd": Prior("half_normal", sigma=0.1)})
    assert narrower == one
    assert hash(narrower) == hash(one)
    assert structure(priors={"provider_sd": Prior("exponential", lam=1)}) != one
