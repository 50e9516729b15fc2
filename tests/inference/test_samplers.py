"""One table of samplers."""

import pytest

from varmodel.errors import SpecError
from varmodel.inference.samplers import SAMPLERS, choose


def test_auto_takes_the_first():
    assert list(SAMPLERS) == ["nuts"]
    assert choose("auto") is SAMPLERS["nuts"]
    assert choose("nuts") is SAMPLERS["nuts"]


@pytest.mark.parametrize("name", ["NUTS", "marginal", "", None, 3, ["nuts"]])
def test_an_unknown_sampler_is_refused(name):
    with pytest.raises(SpecError, match="allowed: auto, nuts") as caught:
        choose(name)
    assert caught.value.code == "CONFIG.VALUE"
