"""What is made once: in a block, for the same things, and nowhere else."""

import numpy as np
import pytest

from varmodel.numerics import once as module
from varmodel.numerics.once import made_once, once

CALLS: list[str] = []


@once(lambda x, *, name: (x, name))
def shifted(x, *, name):
    CALLS.append(name)
    return x + len(name)


@pytest.fixture(autouse=True)
def _count_anew():
    CALLS.clear()


def test_a_block_keeps_what_is_of_the_same_things():
    x, equal = np.zeros(3), np.zeros(3)
    with made_once():
        first = shifted(x, name="a")
        with made_once():  # a block in a block is the same block
            assert shifted(x, name=str(b"a", "ascii")) is first  # an equal text is the same text
        assert shifted(x, name="a") is first
        assert shifted(equal, name="a") is not first  # an equal array is another thing
        assert shifted(x, name="bb").tolist() == [2, 2, 2]
    assert CALLS == ["a", "a", "bb"]


def test_nothing_is_kept_outside():
    x = np.zeros(3)
    with made_once():
        first = shifted(x, name="a")
    assert shifted(x, name="a") is not shifted(x, name="a")
    with made_once():
        assert shifted(x, name="a") is not first


def test_identities_are_not_used_again():
    """A thing that nobody else holds is held, so that the next one is not taken for it."""
    with made_once():
        found = [shifted(np.full(3, i), name="a").tolist() for i in range(50)]
    assert found == [[i + 1] * 3 for i in range(50)]


def test_what_is_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(module, "_LARGEST", 15)
    x, y = np.zeros(1), np.zeros(2)
    with made_once():
        assert shifted(x, name="a") is shifted(x, name="a")
        assert shifted(y, name="a") is not shifted(y, name="a")
