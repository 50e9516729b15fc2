import re

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from varmodel.estimands import variance_components
from varmodel.estimands.classical import systematic_variation
from varmodel.publish.wording.numbers import supported
from varmodel.publish.wording.sections.variation import SENTENCES, variation_words

PANEL = {"periods": 3, "period": "quarter", "transient": "ar1"}


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("share", ["one in ten falls below", "lowest", "times the odds", "single cases"]),
        (
            "expected",
            ["one in ten falls below", "lowest", "times the rate", "systematic", "first atlases"],
        ),
        ("measurements", ["single cases"]),
        ("published", []),
    ],
)
def test_each_figure_that_the_model_has_is_told_with_its_interval(form, named):
    told = variation_words(whole_fit(form, shape=(2, 400)))[1:]
    assert len(told) == len(named)
    for sentence, words in zip(told, named, strict=True):
        assert words in sentence
        assert re.search(r"[\d.]+ to [\d.]+", sentence)


def test_shares_are_in_per_cent():
    fit = whole_fit(shape=(2, 400))
    sentence = variation_words(fit)[-1]
    value, low, high = map(float, re.findall(r"\d+(?:\.\d+)?", sentence))
    assert value == pytest.approx(100 * float(np.median(variance_components(fit)["vpc"])), abs=1)
    assert low < value < high


def test_the_first_atlases_formula_stands_beside_that_of_the_model():
    fit = whole_fit("expected", shape=(2, 400))
    seen, base = (fit.frame[name].to_numpy() for name in ("events", "expected"))
    found = systematic_variation(seen, base * seen.sum() / base.sum()).iloc[0]
    error = (found["upper"] - found["lower"]) / 40
    value, low, high = (supported(found[x], error) for x in ("value", "lower", "upper"))
    assert variation_words(fit)[-1].endswith(f"of counts alone, it is {value} ({low} to {high}).")


def test_a_panel_says_that_what_lasts_is_meant():
    panel, alone = (variation_words(whole_fit(shape=(2, 40), **more)) for more in (PANEL, {}))
    assert panel[0].startswith("True differences of what lasts, ")
    assert alone[0].startswith("True differences, ")


def test_every_sentence_is_of_a_figure_that_there_is():
    names = set(variance_components(whole_fit(shape=(1, 4), **PANEL)))
    names |= set(variance_components(whole_fit("expected", shape=(1, 4))))
    assert set(SENTENCES) <= names
