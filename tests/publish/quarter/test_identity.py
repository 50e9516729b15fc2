"""Who is one provider: by kind and code, whatever a column is called."""

from dataclasses import replace

import pytest

from tests.publish.quarter.made import indicator, provider
from varmodel.publish.quarter.identity import (
    Identity,
    identities_of,
    kind_of_level,
    kinds_of_levels,
)


def of(level, *codes):
    return replace(indicator(level), level=level, providers=tuple(provider(x) for x in codes))


@pytest.mark.parametrize(
    ("level", "kind"),
    [("trust", "trust"), ("Hospital_code", "trust"), ("pct-code", "PCT"), ("provider", "")],
)
def test_the_name_of_a_column_may_tell_the_kind(level, kind):
    assert kind_of_level(level) == kind


def test_a_column_of_no_kind_is_of_that_with_the_most_codes_in_common():
    held = [
        of("provider", "A1", "A2", "A3"),
        of("org", "A3", "B9"),  # of the trusts by way of provider alone
        of("trust", "A1", "A2"),
        of("pct", "A1"),
        of("area", "E1"),
    ]
    kinds = kinds_of_levels(held)
    assert [kinds[x.level] for x in held] == ["trust", "trust", "trust", "PCT", "area"]
    who = identities_of(held)
    assert who["provider", "A1"] == who["trust", "A1"] == Identity("A1 (trust)", "A1", "trust")
    assert who["pct", "A1"] == Identity("A1 (PCT)", "A1", "PCT")
    assert who["org", "A3"] == who["provider", "A3"] == Identity("A3", "A3")
