"""What a user has in hand is recognised, and what it says is read."""

from dataclasses import replace

import pytest

from tests.publish.plots.pictures import FOUND, NIL, analysis, caption
from tests.publish.wording.periods.test_ranked import published
from varmodel.publish import plot_ranks, plot_rates, plot_shrinkage
from varmodel.publish.plots.annotation import annotation_of_analysis, annotation_of_draws


@pytest.mark.parametrize(("nil", "notes"), [(FOUND, 0), (NIL, 1)])
def test_what_an_analysis_says(nil, notes):
    annotation = annotation_of_analysis(analysis(nil=nil))
    assert annotation.title == "Hand made"
    assert annotation.names == tuple(f"P{number:03d}" for number in range(1, 13))
    assert annotation.better == "lower"
    assert annotation.order.startswith("rankability 0.")
    assert len(annotation.notes) == notes


def test_names_of_the_frame_stand_beside_the_codes():
    found = analysis()
    frame = found.fit.frame.assign(provider_name=("provider", [f"St {n}" for n in range(12)]))
    named = type(found.fit)(found.fit.spec, frame, found.fit.draws)
    assert annotation_of_analysis(replace(found, fit=named)).names[:2] == ("P001 St 0", "P002 St 1")


def test_what_an_array_says():
    annotation = annotation_of_draws(["a", 7], {"better": "higher", "provisional": 1})
    assert (annotation.names, annotation.better) == (("a", "7"), "higher")
    assert annotation.stamp == "PROVISIONAL: the draws failed the gate; do not publish"
    why = {"provisional": 1, "provisional_reason": "the prior and the data disagree"}
    assert annotation_of_draws(["a"], why).stamp.startswith("PROVISIONAL: the prior and the data")
    assert annotation_of_draws(["a"], {"provisional": 0}).stamp == ""
    assert annotation_of_draws(["a"], {}).better == ""


@pytest.mark.parametrize(
    ("split", "said"), [(False, "lasting performance"), (True, "the coming quarter")]
)
def test_a_picture_of_several_periods_says_what_is_ranked(split, said):
    x = published(split=split)
    for plot in (plot_ranks, plot_rates, plot_shrinkage):
        text = caption(plot(x))
        assert f"Ranked: {said}" in text.replace("performance in the coming", "the coming")
    assert ("not of the coming period" in text) == split
