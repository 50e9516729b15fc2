"""Dimensions and the universes that they make."""

import pytest

from tests.toys import TOYS
from varmodel.errors import SpecError
from varmodel.studies.universes.product import choose_universes, read_dimensions
from varmodel.studies.universes.universe import Universe

PRIOR = {"dist": "half_normal", "sigma": 0.1}
GIVEN = {
    "prior": {"as stated": {}, "tight": {"priors": {"provider_sd": PRIOR}}},
    "national": {
        "as stated": {},
        "near": {"priors": {"intercept": {"dist": "normal", "sigma": 1}}},
    },
    "effect": {"normal": {}, "t": {"effect": "student_t"}, "two": {"effect": "mixture"}},
}


def test_the_product_has_the_base_first():
    found = choose_universes(read_dimensions(GIVEN), sample=None, random_seed=1)
    assert found[0] == (0, 0, 0)
    assert len(set(found)) == len(found) == 12


def test_priors_of_two_dimensions_are_put_together():
    spec = TOYS["share"]().spec
    made = read_dimensions(GIVEN).universe_of(spec, (1, 1, 2)).spec
    assert set(made.priors) == {"intercept", "provider_sd"}
    assert made.effect == "mixture"
    assert read_dimensions(GIVEN).universe_of(spec, (0, 0, 0)) == Universe(spec)


def test_a_sample_holds_each_option_alone_before_others():
    dimensions = read_dimensions(GIVEN)
    alone = {(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 2)}
    found = choose_universes(dimensions, sample=7, random_seed=1)
    assert found == choose_universes(dimensions, sample=7, random_seed=1)
    assert len(set(found)) == 7
    assert {(0, 0, 0), *alone} < set(found)
    assert set(choose_universes(dimensions, sample=3, random_seed=1)) < {(0, 0, 0), *alone}
    seeds = {choose_universes(dimensions, sample=7, random_seed=seed) for seed in range(9)}
    assert len(seeds) > 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "at least one"),
        ({"effect": {"normal": {}}}, "at least two options"),
        ({"total": {"a": {}, "b": {"effect": "mixture"}}}, "the table of universes has it"),
        ({"effect": {"a": {}, "b": "mixture"}}, "must map fields"),
        ({"effect": {"a": {}, "b": {"efect": "mixture"}}}, "did you mean 'effect'"),
        ({"a\n": {"a": {}, "b": {"effect": "mixture"}}}, "text in one line"),
        (
            {name: {"a": {}, "b": {"effect": "mixture"}} for name in ("one", "two")},
            "'one' and 'two' both set effect",
        ),
    ],
)
def test_what_is_no_plan_is_refused(given, told):
    with pytest.raises(SpecError, match=told):
        read_dimensions(given)


@pytest.mark.parametrize("sample", [0, 2.5, True])
def test_a_sample_is_a_whole_number(sample):
    with pytest.raises(SpecError, match="whole number"):
        choose_universes(read_dimensions(GIVEN), sample=sample, random_seed=1)


def test_too_many_are_run_as_a_sample_only():
    options = {str(k): {} for k in range(11)}
    many = read_dimensions(dict.fromkeys("abcd", options))
    with pytest.raises(SpecError, match="14,641 universes"):
        choose_universes(many, sample=None, random_seed=1)
    assert len(choose_universes(many, sample=60, random_seed=1)) == 60
