"""What a parameter is: its list by family, its support, its place."""

import numpy as np
import pytest

from varmodel.families import FAMILIES, Parameter, Pooled, Predictor, take
from varmodel.families.parameters import OWN_ROLES, ROLES, SUPPORTS

PAIRS = [(family, form) for family in FAMILIES.values() for form in family.form_names]
#: Parameters of its own, by family, or by form where all its families have them.
OWN = {
    "measurements": ["residual_sd"],
    "log_measurements": ["residual_sd"],
    "positive_measurements": ["residual_sd"],
    "beta_binomial": ["dispersion"],
    "negative_binomial": ["dispersion"],
}


@pytest.mark.parametrize(("family", "form"), PAIRS, ids=lambda x: getattr(x, "name", x))
def test_every_family_lists_its_parameters(family, form):
    names = [parameter.name for parameter in family.parameters(form)]
    own = OWN.get(family.name, OWN.get(form, []))
    assert names == ["intercept", "coefficients", "provider_sd", *own]
    assert [parameter.name for parameter in family.own(form)] == own
    assert family.residual_name(form) == ("residual_sd" if "residual_sd" in own else None)
    assert family.adds_up == ("dispersion" not in own)
    for parameter in family.parameters(form):
        prior = parameter.default(form, Pooled(family.middle, 1.0))
        assert prior is None or prior.positive == parameter.support.positive
        assert parameter.dims == (("term",) if parameter.name == "coefficients" else ())
    held = family.typical(form, Pooled(family.middle, 1.3))
    assert set(own) <= set(held)
    assert all(np.isfinite(value) and value > 0 for value in held.values())


def test_no_two_parameters_of_a_name_differ_in_what_they_are():
    seen = {}
    for family, form in PAIRS:
        for x in Predictor("ar1").parameters(family, form):
            assert seen.setdefault(x.name, (x.role, x.support_name)) == (x.role, x.support_name)
    assert {role for role, _ in seen.values()} == set(ROLES)
    assert {name for name, (role, _) in seen.items() if role in OWN_ROLES} == {
        "residual_sd",
        "dispersion",
    }


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("real", [1, 1, 1, 1]),
        ("nonnegative", [0, 1, 1, 1]),
        ("positive", [0, 0, 1, 1]),
        ("correlation", [0, 1, 1, 0]),
    ],
)
def test_what_a_support_holds(name, held):
    assert [SUPPORTS[name].holds(value) for value in (-1.0, 0.0, 0.5, 2.0)] == held


def test_values_are_indexed_alike():
    values = {"a": np.arange(4.0), "b": np.arange(4.0) * 2}
    found = take(values, (slice(1, 3), np.newaxis))
    assert {name: x.tolist() for name, x in found.items()} == {"a": [[1], [2]], "b": [[2], [4]]}


def test_a_parameter_may_be_of_some_forms_only():
    some = Parameter("x", "scale", "positive", lambda *_: None, form_names=("share",))
    assert some.is_in("share")
    assert not some.is_in("trial")
