"""What a user has in hand is recognised, and what it says is read."""

from dataclasses import replace

import pytest

from tests.publish.plots.pictures import FOUND, NIL, analysis
from varmodel.publish.plots.subject import subject_of_analysis, subject_of_draws


@pytest.mark.parametrize(("nil", "notes"), [(FOUND, 0), (NIL, 1)])
def test_what_an_analysis_says(nil, notes):
    subject = subject_of_analysis(analysis(nil=nil))
    assert subject.title == "Hand made"
    assert subject.names == tuple(f"P{number:03d}" for number in range(1, 13))
    assert subject.better == "lower"
    assert subject.order.startswith("rankability 0.")
    assert len(subject.notes) == notes


def test_names_of_the_frame_stand_beside_the_codes():
    found = analysis()
    frame = found.fit.frame.assign(provider_name=("provider", [f"St {n}" for n in range(12)]))
    named = type(found.fit)(found.fit.spec, frame, found.fit.draws)
    assert subject_of_analysis(replace(found, fit=named)).names[:2] == ("P001 St 0", "P002 St 1")


def test_what_an_array_says():
    subject = subject_of_draws(["a", 7], {"better": "higher", "provisional": 1})
    assert (subject.names, subject.better) == (("a", "7"), "higher")
    assert subject.stamp == "PROVISIONAL: the draws failed the gate; do not publish"
    why = {"provisional": 1, "provisional_reason": "the prior and the data disagree"}
    assert subject_of_draws(["a"], why).stamp.startswith("PROVISIONAL: the prior and the data")
    assert subject_of_draws(["a"], {"provisional": 0}).stamp == ""
    assert subject_of_draws(["a"], {}).better == ""
