"""The page's own words follow the thresholds and the gate, and none is left unsaid."""

import re
from pathlib import Path

from varmodel.publish import templating
from varmodel.publish.wording import verdict
from varmodel.publish.wording.page import page_words

TEMPLATE = Path(templating.__file__).with_name("templates") / "report.html.j2"


def test_the_template_says_all_of_them_and_no_other():
    asked = set(re.findall(r"said\.(\w+)", TEMPLATE.read_text(encoding="utf-8")))
    assert asked == set(page_words(passed=True))


def test_the_gate_and_the_thresholds_are_said():
    assert page_words(passed=True)["gate"] != page_words(passed=False)["gate"]
    low, high = verdict.MOSTLY_NOISE, verdict.MODERATE
    said = page_words(passed=True)["rankability"]
    low, high = (f"{bound:g}".removeprefix("0") for bound in (low, high))
    scale = f"Below {low} the order is mostly noise, to {high} moderate, above it high."
    assert said.endswith(scale)
