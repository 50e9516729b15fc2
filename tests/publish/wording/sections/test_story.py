"""The story behind a number: its signs, its sums, what is told and what is not."""

import re

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from varmodel.errors import SpecError
from varmodel.publish.wording.sections.story import stories, story, story_intro

PARTS = ["case_mix", "demography", "level", "persistent", "transient", "noise"]
PANEL = {"periods": 3, "transient": "ar1", "period": "quarter"}


def parts_of(*means, spread=0.0, national=0.10):
    """Parts of one provider, A, by their means; the lasting one and chance vary against."""
    rng = np.random.default_rng(1)
    values = np.tile(np.array(means, float), (2, 500, 1, 1))
    noise = spread * rng.normal(size=(2, 500, 1))
    values[..., 3] += noise
    values[..., 5] -= noise
    coords = {"provider": ["A"], "part": PARTS}
    dims = ("chain", "draw", "provider", "part")
    return xr.DataArray(values, coords, dims, attrs={"national_rate": national})


def spec_of(**fields):
    return whole_fit(shape=(1, 4), **fields).spec


def numbers(text):
    """The differences of a paragraph, with their signs: of the whole, then of each part."""
    pattern = r"(: |adds? |takes? away )([\d.,]+) percentage points(?: (more|less))?"
    found = re.findall(pattern, text)
    return [
        float(size) * (-1 if verb.startswith("take") or side == "less" else 1)
        for verb, size, side in found
    ]


def test_a_paragraph_word_by_word():
    text = story(parts_of(0.011, 0, 0, 0.02, -0.004, -0.001), "A", spec=spec_of(unit="%"))
    assert text == (
        "Its crude rate is 12.6 %, that of all providers together 10.0 %: 2.6 percentage points "
        "more. The kinds of cases that it treats add 1.1 percentage points. What is its own and "
        "lasts adds 2.0 percentage points (95 % interval 2.0 to 2.0). What passed in the time of "
        "the table takes away 0.4 percentage points. Chance takes away 0.1 percentage points."
    )


@pytest.mark.parametrize("seed", range(6))
def test_printed_parts_add_up_and_keep_their_signs(seed):
    means = np.random.default_rng(seed).normal(0, 0.02, 6)
    text = story(parts_of(*means, spread=0.01, national=0.31), "A", spec=spec_of(unit="%"))
    whole, *parts = numbers(text)
    assert sum(parts) == pytest.approx(whole, abs=1e-9)
    crude, nation = (float(x) for x in re.findall(r"(?:is|together) ([\d.]+) %", text))
    assert crude - nation == pytest.approx(whole, abs=1e-9)
    told = [100 * mean for mean in means]
    for printed, mean in zip(parts, told, strict=False):
        assert printed == pytest.approx(mean, abs=0.4)
        assert np.sign(printed) == np.sign(mean) or abs(mean) < 0.4


@pytest.mark.parametrize(
    ("mean", "interval"),
    [
        (0.03, r"adds [23]\.\d percentage points \(95 % interval 1\.\d to [45]\.\d\)"),
        (-0.03, r"takes away [23]\.\d percentage points \(95 % interval [01]\.\d to 5\.\d\)"),
        (0.005, r"\(95 % interval from 1\.\d taken away to 2\.\d added: it may be nothing\)"),
    ],
)
def test_the_interval_has_the_direction_that_is_told(mean, interval):
    text = story(parts_of(0, 0, 0, mean, 0, 0.01, spread=0.01), "A", spec=spec_of(unit="%"))
    assert re.search(interval, text), text
    assert "-" not in text


def test_nothing_is_said_to_last_where_nothing_is_known_of_what_passes():
    lasting, alone = (
        story(parts_of(0, 0, 0, 0.02, passed, 0.01), "A", spec=spec_of(unit="%"))
        for passed in (0.01, 0)
    )
    assert "What is its own and lasts adds" in lasting
    assert "What is its own adds" in alone


def test_what_the_model_has_not_is_not_told():
    text = story(parts_of(0, 0, 0, 0.02, 0, 0.01), "A", spec=spec_of(unit="%"))
    for absent in ("kinds of cases", "Who its patients", "group that", "What passed"):
        assert absent not in text
    fit = whole_fit(shape=(2, 50), case_mix=("age",), unit="%", **PANEL)
    text = stories(fit, ["P001"])["P001"]
    assert "kinds of cases" in text
    assert "What passed" in text
    assert "Who its patients" not in text


def test_other_units_and_no_difference():
    spec = spec_of(form="measurements", unit="days", better="neither")
    text = story(parts_of(0, 0, 0, 0.5, 0, -0.5, national=4.0), "A", spec=spec)
    same = "Its crude rate is 4.00 days, the same as that of all providers together."
    assert text.startswith(f"{same} What is its own adds 0.50 days")
    assert "better" not in story_intro(spec)
    assert "Chance takes away 0.50 days." in text
    assert "percentage" not in text


def test_one_point_is_no_points():
    text = story(parts_of(0.01, 0, 0, 0.2, 0, 0.01), "A", spec=spec_of(unit="%"))
    assert "22 percentage points more" in text
    assert "Chance adds 1 percentage point." in text


def test_unknown_codes_are_refused():
    fit = whole_fit(shape=(2, 20))
    assert list(stories(fit, ["P002"])) == ["P002"]
    with pytest.raises(SpecError, match="no provider 'P02'"):
        stories(fit, ["P02"])
