"""Streams: equal arguments give equal numbers, any other argument gives others."""

import itertools

import numpy as np
import pytest

from varmodel.numerics.streams import PURPOSES, generator, streams


def test_equal_arguments_give_equal_numbers():
    first, second = (generator(7, "nil tables", source_hash="abc").random(5) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_no_two_purposes_seeds_or_tables_share_a_stream():
    asked = itertools.product((0, 1, 2**62), PURPOSES, ("", "abc", "abd"))
    states = {tuple(streams(s, p, source_hash=h).generate_state(4).tolist()) for s, p, h in asked}
    assert len(states) == 3 * len(PURPOSES) * 3


def test_no_stream_is_a_child_of_another():
    """A purpose is no spawn key that a sequence made of the seed alone could ever reach."""
    keys = [streams(1, purpose).spawn_key for purpose in PURPOSES]
    assert all(len(key) == 8 for key in keys)
    children = [child.spawn_key for child in streams(1, "proposals").spawn(4)]
    assert not set(children) & set(keys)


def test_a_purpose_without_a_name_is_refused():
    with pytest.raises(KeyError, match="dice"):
        streams(1, "dice")
