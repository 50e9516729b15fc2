"""What the tests of the estimands share."""

import contextlib

import pytest

from varmodel.errors import VarmodelError


@pytest.fixture
def refused():
    """Give a context that expects a refusal: its code, and words of its message."""

    @contextlib.contextmanager
    def expect(code, *words):
        with pytest.raises(VarmodelError) as caught:
            yield
        assert caught.value.code == code
        for word in words:
            assert word in str(caught.value)

    return expect
