"""The parameters of a model's structure: their names, order and priors, whatever the family."""

import pytest

from varmodel.families import FAMILIES, TRANSIENT_PARAMETERS, Pooled, Predictor, Prior

OWN = {"none": [], "iid": ["transient_sd"], "ar1": ["transient_sd", "transient_rho"]}
PAIRS = [(family, form) for family in FAMILIES.values() for form in family.form_names]


def priors(family, form, transient, **stated):
    pooled = Pooled(family.middle, 3.0)
    return Predictor(transient).priors(family, form, pooled=pooled, stated=stated)


@pytest.mark.parametrize("transient", TRANSIENT_PARAMETERS)
@pytest.mark.parametrize(("family", "form"), PAIRS, ids=lambda x: getattr(x, "name", x))
def test_a_structure_has_its_parameters_beside_the_familys(family, form, transient):
    names = [x.name for x in Predictor(transient).parameters(family, form)]
    own = [x.name for x in family.own(form)]
    assert names == ["intercept", "coefficients", "provider_sd", *OWN[transient], *own]
    stated = {"provider_sd": Prior("half_normal", sigma=1)} if form == "published" else {}
    found = priors(family, form, transient, **stated)
    assert set(found) == set(names)
    supports = {x.name: x.support.ends for x in Predictor(transient).parameters(family, form)}
    assert {name: prior.support for name, prior in found.items()} == supports


def test_what_passes_has_half_the_prior_of_what_lasts():
    normal = FAMILIES["normal"]
    assert priors(normal, "measurements", "iid")["transient_sd"] == Prior("half_normal", sigma=1.5)
    stated = {"provider_sd": Prior("exponential", lam=3)}
    found = priors(normal, "published", "ar1", **stated)
    assert found["transient_sd"] == Prior("exponential", lam=6)
    assert found["transient_rho"] == Prior("beta", alpha=4, beta=2)
    own = {**stated, "transient_sd": Prior("half_cauchy", beta=2)}
    assert priors(normal, "published", "ar1", **own)["transient_sd"] == own["transient_sd"]


def test_a_prior_that_nobody_states_is_left_out_and_one_of_no_parameter_too():
    assert "transient_sd" not in priors(FAMILIES["normal"], "published", "ar1")
    stated = {"transient_sd": Prior("half_normal", sigma=1)}
    assert "transient_sd" not in priors(FAMILIES["binomial"], "share", "none", **stated)
