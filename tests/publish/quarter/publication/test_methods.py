"""The methods of a quarter: made of the run, readable as they stand."""

from dataclasses import replace

import pytest

from tests.publish.quarter.made import indicator, provider, quarter
from varmodel.publish.quarter.publication.methods import methods_text, paragraph


def test_the_paragraph_is_made_of_the_run():
    text = paragraph(quarter(indicator(), indicator("other")))
    for told in (
        "2 indicators were analysed, of 4 providers to 2008Q4, one by one",
        "1 more was refused.",
        "varmodel 0.1.0, seed 7",
        "binomial, logit link (2)",
        "marginal sampler, 4,000 independent draws (2)",
        "All figures passed a gate",
        "Taken to be independent.",
        "counts of 1 to 7 are shown as *",
    ):
        assert told in text


def test_tables_without_periods_are_said_to_be_of_none():
    facts = replace(quarter(), period="", refused=())
    opening = "1 indicator was analysed, of 4 providers, one by one"
    assert opening in paragraph(facts)
    assert "refused" not in paragraph(facts)


def test_an_indicator_that_failed_is_named_and_none_is_said_to_have_passed():
    text = paragraph(quarter(indicator(provisional="PROVISIONAL: the draws failed the gate")))
    assert "All figures passed" not in text
    assert "carry a stamp: Indicator of deaths." in text


def test_without_disclosure_control_it_says_so():
    text = paragraph(quarter(disclosure="none"))
    assert text.endswith("No disclosure control: counts and crude rates are shown as they are.")


def test_each_model_has_its_response_and_priors():
    text = methods_text(quarter())
    assert "### Indicator of deaths" in text
    assert r"| response | deaths / cases \(binomial, logit link\) |" in text
    assert r"| prior of provider\_sd | half\_normal\(sigma = 0.5\) |" in text
    assert "| caveat | coding differs |" in text


@pytest.mark.parametrize("title", ["<script>x</script>", "a | b", "# c\n\n# d", "[x](http://y)"])
def test_a_text_is_no_markup(title):
    facts = quarter(indicator("a", [provider()], title=title))
    text = methods_text(replace(facts, title=title))
    heading = next(line for line in text.splitlines() if line.startswith("### "))
    assert "<script>" not in text
    assert "[x](" not in text
    assert text.count("\n# ") == 0
    assert heading.replace("\\", "") == f"### {' '.join(title.split())}"
