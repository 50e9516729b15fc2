"""Who the providers of a made-up nation are."""

import numpy as np
import pytest

from varmodel.frame.simulation.nation import draw_register

#: After which real trusts are called.
REAL = (
    *("Addenbrooke", "Airedale", "Alder Hey", "Barnet", "Barts", "Basildon", "Bolton", "Bradford"),
    *("Calderdale", "Christie", "Derby", "Doncaster", "Exeter", "Frimley", "Gateshead", "Guy"),
    *(
        "Harrogate",
        "Hinchingbrooke",
        "Homerton",
        "Kettering",
        "Leeds",
        "Luton",
        "Medway",
        "Moorfield",
    ),
    *("Newham", "Norfolk", "Northumbria", "Nottingham", "Oxford", "Papworth", "Plymouth", "Poole"),
    *(
        "Rotherham",
        "Salford",
        "Salisbury",
        "Sherwood",
        "Southampton",
        "Stockport",
        "Tameside",
        "Taunton",
    ),
    *("Walsall", "Wirral", "Worcester", "Yeovil", "York"),
)


@pytest.fixture(scope="module")
def trusts():
    return draw_register("trust", 170, quarters=8, random_seed=1)


def test_a_full_nation_has_every_class_and_every_kind_of_gap(trusts):
    count = {name: trusts.classes.count(name) for name in dict.fromkeys(trusts.classes)}
    assert count == {"teaching": 25, "large": 41, "medium": 44, "small": 43, "specialist": 17}
    assert trusts.specialist.sum() == 17
    assert {gap.why for gap in trusts.gaps} == {"late", "lacking", "began", "stopped"}
    assert (~trusts.sent[:, -1]).sum() == 7 + 2  # late, stopped
    assert len({gap.provider for gap in trusts.gaps}) == len(trusts.gaps)
    np.testing.assert_allclose(trusts.size.mean(), 1, atol=0.1)


def test_codes_are_in_order_and_names_are_nobodys(trusts):
    assert trusts.codes == tuple(sorted(trusts.codes))
    assert trusts.codes[0] == "R001"
    old = [name for merger in trusts.mergers for name in merger.names]
    names = [*trusts.names, *old]
    assert len(set(names)) == len(names)
    assert [name for name in names if any(real in name for real in REAL)] == []


def test_those_that_merged_are_no_specialists_and_have_two_codes_before(trusts):
    assert len(trusts.mergers) == 3
    for merger in trusts.mergers:
        assert trusts.classes[merger.provider] != "specialist"
        assert 1 <= merger.quarter < 8
        assert trusts.sent[merger.provider].all()
        assert {trusts.successors[code] for code in merger.codes} == {trusts.codes[merger.provider]}
    assert not set(trusts.successors) & set(trusts.codes)


def test_a_seed_is_a_nation_and_a_small_one_has_no_gaps(trusts):
    again = draw_register("trust", 170, quarters=8, random_seed=1)
    assert again.names == trusts.names
    assert again.gaps == trusts.gaps
    assert draw_register("trust", 170, quarters=8, random_seed=2).names != trusts.names
    assert draw_register("pct", 8, quarters=1, random_seed=1).gaps == ()


def test_more_providers_than_made_up_places_still_have_names_of_their_own():
    names = draw_register("pct", 1_200, quarters=8, random_seed=1).names
    assert len(set(names)) == 1_200
