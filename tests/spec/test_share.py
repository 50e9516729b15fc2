"""The declared share of what passes."""

import numpy as np
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import SpecError
from varmodel.spec import ModelSpec
from varmodel.spec.share import TransientShare

SHARE = {"mean": 0.2, "sd": 0.1}


def test_its_beta_has_the_declared_moments():
    drawn = np.random.default_rng(1).beta(*TransientShare(0.2, 0.1).shape, 200_000)
    assert drawn.mean() == pytest.approx(0.2, abs=0.002)
    assert drawn.std() == pytest.approx(0.1, abs=0.002)


def test_a_model_file_may_declare_it():
    spec = make_model(transient_share=SHARE)
    assert spec.transient_share == TransientShare(0.2, 0.1)
    assert ModelSpec.from_toml(spec.to_toml()) == spec
    text = make_model().to_toml() + "transient_share = { mean = 0.2, sd = 0.1 }\n"
    assert ModelSpec.from_toml(text) == spec
    assert spec.fit_digest != make_model().fit_digest


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"transient_share": {"mean": 0.2, "sd": 0.4}}, "no share has so large an sd"),
        ({"transient_share": {"mean": 1.2, "sd": 0.1}}, "mean must lie between 0 and 1"),
        ({"transient_share": {"mean": 0.2}}, "sd is required"),
        ({"transient_share": 0.2}, "a table of mean and sd"),
        ({"transient_share": SHARE, "transient": "ar1"}, "the share is for one period"),
        ({"transient_share": SHARE, "effect": "student_t"}, "needs normal effects"),
        ({"transient_share": SHARE, "classes": "type"}, "one sd, and each class its own"),
    ],
)
def test_what_is_no_share_is_refused(fields, why):
    with pytest.raises(SpecError, match=why):
        make_model(**fields)
