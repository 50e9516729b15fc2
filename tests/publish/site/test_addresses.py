import re

from hypothesis import given
from hypothesis import strategies as st

from tests.publish.site.made import HOSTILE
from varmodel.publish.site.addresses import file_names

TEXTS = st.lists(st.text() | st.sampled_from([*HOSTILE, "nul", "LPT1", "r1", "R1"]), max_size=20)


@given(TEXTS)
def test_names_are_safe_on_every_file_system_and_never_the_same(labels):
    made = file_names(labels)
    assert set(made) == set(labels)
    names = list(made.values())
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}", name) for name in names)
    assert {name.casefold() for name in names}.isdisjoint({"con", "nul", "aux", "prn", "lpt1"})


def test_a_plain_code_is_its_own_file_and_an_address_does_not_hang_on_others():
    assert file_names(["R01", "5A3"]) == {"R01": "R01", "5A3": "5A3"}
    alone, among = file_names(["a/b"]), file_names(["a/b", "a?b", "R01"])
    assert alone["a/b"] == among["a/b"] != among["a?b"]


def test_a_code_that_looks_like_a_made_name_is_not_taken_for_it():
    (made,) = file_names(["R 1"]).values()
    names = file_names(["R 1", made, made.upper()])
    assert len({name.casefold() for name in names.values()}) == 3
