"""Three verdicts, three sentences, and none that another on the page contradicts."""

from dataclasses import replace

import pytest

from tests.fits.hand_made import make_spec
from tests.publish.analysed import analysed, flexible
from varmodel.publish.plots.annotation import annotation_of_analysis
from varmodel.publish.report import report_html
from varmodel.publish.wording.headline import headline
from varmodel.publish.wording.verdict import (
    APART,
    NOT_APART,
    NOT_SHOWN,
    bridge,
    shape_sentence,
    trust,
    verdict_meaning,
    verdict_of,
    verdict_sentence,
)
from varmodel.studies import NilVerdict

SPEC = make_spec()
CHANCE = NilVerdict(False, 0.312, 0.97, 900.0)
REAL = NilVerdict(False, 0.001, 0.6, 900.0, prior_prob_relevant=0.88)
FOUND = NilVerdict(True, 0.001, 0.9999, 900.0, prior_prob_relevant=0.97)
VERDICTS = {"chance": CHANCE, "real": REAL, "found": FOUND}
SENTENCES = {
    "chance": (
        "Nil: the providers cannot be told apart from chance (p = 0.312 without any variation; "
        "probability that the differences matter 0.97). That nothing was found is not that there "
        "is nothing."
    ),
    "real": (
        "Nil: the differences are real, but not shown to matter (p = 0.001 without any variation; "
        "probability that the differences matter 0.60, before the data 0.88). The differences may "
        "be too small to matter, or the table too small to show it."
    ),
    "found": (
        "The providers can be told apart from chance (p = 0.001 without any variation; "
        "probability that the differences matter >.99, before the data 0.97). By the prior alone "
        "they matter, so that probability says nothing: p alone decides."
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_each_verdict_has_a_sentence_of_its_own(name):
    said = {"chance": NOT_APART, "real": NOT_SHOWN, "found": APART}[name]
    assert verdict_of(VERDICTS[name]) is said
    assert verdict_sentence(VERDICTS[name], SPEC) == SENTENCES[name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chance", "Nil: differences that last beyond one period cannot be told apart from chance"),
        ("real", "Nil: differences last beyond one period, but they are not shown to matter"),
        ("found", "can be told apart from chance: differences last beyond one period"),
    ],
)
def test_of_several_periods_it_is_said_whether_differences_last(name, said):
    nil = replace(VERDICTS[name], several_periods=True)
    sentence = verdict_sentence(nil, SPEC)
    assert f"{said} (p = " in sentence
    assert "without any lasting variation" in sentence
    assert bridge(nil, 0.6) == bridge(VERDICTS[name], 0.6)
    meaning = verdict_meaning(nil, SPEC, money=False)
    assert "providers differ in each period, and nothing of it lasts" in meaning
    assert "{percent}" not in meaning


def test_the_level_is_that_of_the_model():
    nil = NilVerdict(False, 0.03, 0.99, 1.0, alpha=0.01)
    assert verdict_of(nil) is NOT_APART
    assert verdict_of(NilVerdict(False, 0.03, 0.6, 1.0)) is NOT_SHOWN
    spec = SPEC.replace(nil={"alpha": 0.01})
    assert "in fewer than 1 % of cases" in verdict_meaning(REAL, spec, money=False)


@pytest.mark.parametrize("nil", VERDICTS.values(), ids=VERDICTS)
def test_names_and_lower_ends_go_with_the_verdict(nil):
    assert ("no provider is named" in verdict_meaning(nil, SPEC, money=True)) == (nil is not FOUND)
    assert "named" not in verdict_meaning(nil, SPEC, money=False)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("nil", VERDICTS.values(), ids=VERDICTS)
def test_verdict_and_rankability_are_bridged_where_they_clash(nil, share):
    noise, real = "noise" in trust(share), nil is not CHANCE
    bridged = bridge(nil, share)
    assert bool(bridged) == (noise == real or nil is REAL)
    if noise and real:
        assert "differences as a whole are real, but small" in bridged


@pytest.mark.parametrize("nil", VERDICTS.values(), ids=VERDICTS)
def test_headline_tables_captions_and_report_say_the_same(nil):
    x = analysed(nil=nil, share=0.3)
    sentence = verdict_sentence(nil, x.fit.spec)
    told = " ".join(headline(x).split())
    assert sentence in told
    assert sentence.split("(")[0] in report_html(x)
    notes = annotation_of_analysis(x).notes
    assert (sentence in notes) == (nil is not FOUND)
    others = {verdict_of(other).heading for other in VERDICTS.values()} - {verdict_of(nil).heading}
    assert not any(claim in told for claim in others)


def test_a_total_that_no_flexible_one_stands_beside_is_provisional():
    assert not flexible().provisional
    assert flexible(0.002).provisional
    failed = flexible(reason="k-hat 0.9")
    assert failed.provisional
    said = shape_sentence(failed, money=True)
    assert said.startswith("Shape of the effects: no doubt was found (p = 0.300), which does not")
    assert "The savings are PROVISIONAL: without a total of flexible shape" in said
    assert "PROVISIONAL" not in shape_sentence(failed, money=False)
