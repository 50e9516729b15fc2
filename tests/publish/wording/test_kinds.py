"""What is compared: its name, its meaning, the volume behind it."""

import pytest

from tests.publish.analysed import analysed
from varmodel.publish.wording.kinds import (
    adjusted_for,
    is_ratio,
    rate_meaning,
    rate_name,
    volume_name,
    volumes,
)


@pytest.mark.parametrize(
    ("form", "name", "volume"),
    [
        ("share", "adjusted rate", "Cases"),
        ("trial", "adjusted rate", "Cases"),
        ("expected", "adjusted ratio", "Expected"),
        ("exposure", "adjusted rate", "Exposure"),
        ("log_measurements", "adjusted rate", "Cases"),
        ("published", "adjusted rate", ""),
    ],
)
def test_each_form_has_its_words(form, name, volume):
    fit = analysed(form).fit
    assert (rate_name(fit), volume_name(fit)) == (name, volume)
    assert is_ratio(fit) == (form == "expected")
    assert bool(volumes(fit)) == bool(volume)


def test_what_is_adjusted_for_is_in_the_meaning():
    plain, adjusted = analysed().fit, analysed(terms=("age", "sex")).fit
    assert adjusted_for(plain) == []
    assert adjusted_for(adjusted) == ["age", "sex"]
    assert "adjusts for no mix" in rate_meaning(plain)
    assert "mix of patients of all providers" in rate_meaning(adjusted)


def test_volumes_are_whole_cases_and_expected_counts_with_a_digit():
    cases = next(iter(volumes(analysed(providers=12).fit).values()))
    assert cases.text == f"{cases.number:,.0f}"
    expected = next(iter(volumes(analysed("expected").fit).values()))
    assert expected.text == f"{expected.number:,.1f}"
