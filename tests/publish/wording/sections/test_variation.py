import re

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from varmodel.estimands import variance_components
from varmodel.publish.wording.sections.variation import SENTENCES, variation_words

PANEL = {"periods": 3, "period": "quarter", "transient": "ar1"}


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("share", ["times the odds", "one in ten falls below", "lowest", "single cases"]),
        ("expected", ["times the rate", "one in ten falls below", "lowest", "systematic"]),
        ("measurements", ["single cases"]),
        ("published", []),
    ],
)
def test_each_figure_that_the_model_has_is_told_with_its_interval(form, named):
    told = variation_words(whole_fit(form, shape=(2, 400)))
    assert len(told) == len(named)
    for sentence, words in zip(told, named, strict=True):
        assert words in sentence
        assert re.search(r"[\d.]+ to [\d.]+", sentence)


def test_what_lasts_is_told_of_a_panel():
    fit = whole_fit(shape=(2, 400), **PANEL)
    (sentence,) = (text for text in variation_words(fit) if "lasts" in text)
    value, low, high = map(float, re.findall(r"\d\.\d+", sentence))
    share = variance_components(fit)["persistence_share"]
    assert value == pytest.approx(float(np.median(share)), abs=0.02)
    assert low < value < high


def test_every_sentence_is_of_a_figure_that_there_is():
    names = set(variance_components(whole_fit(shape=(1, 4), **PANEL)))
    names |= set(variance_components(whole_fit("expected", shape=(1, 4))))
    assert set(SENTENCES) <= names
