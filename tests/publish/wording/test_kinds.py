"""What is compared: its name, its meaning, the volume behind it."""

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import fit_of, make_spec
from tests.publish.analysed import analysed
from varmodel.frame import prepare, simulate
from varmodel.publish.plots.parts.funnel import read_funnel
from varmodel.publish.wording.headline import caution
from varmodel.publish.wording.kinds import (
    adjusted_for,
    is_ratio,
    merged,
    rate_meaning,
    rate_name,
    volume_name,
    volumes,
)


@pytest.mark.parametrize(
    ("form", "name", "volume"),
    [
        ("share", "adjusted rate", "Cases"),
        ("trial", "adjusted rate", "Cases"),
        ("expected", "adjusted ratio", "Expected"),
        ("exposure", "adjusted rate", "Exposure"),
        ("log_measurements", "adjusted rate", "Cases"),
        ("published", "adjusted rate", ""),
    ],
)
def test_each_form_has_its_words(form, name, volume):
    fit = analysed(form).fit
    assert (rate_name(fit), volume_name(fit)) == (name, volume)
    assert is_ratio(fit) == (form == "expected")
    assert bool(volumes(fit)) == bool(volume)


def test_what_is_adjusted_for_is_in_the_meaning():
    plain, adjusted = analysed().fit, analysed(terms=("age", "sex")).fit
    assert adjusted_for(plain) == []
    assert adjusted_for(adjusted) == ["age", "sex"]
    assert "adjusts for no mix" in rate_meaning(plain)
    assert "mix of patients of all providers" in rate_meaning(adjusted)


def test_volumes_are_whole_cases_and_expected_counts_with_a_digit():
    cases = next(iter(volumes(analysed(providers=12).fit).values()))
    assert cases.text == f"{cases.number:,.0f}"
    expected = next(iter(volumes(analysed("expected").fit).values()))
    assert expected.text == f"{expected.number:,.1f}"


@pytest.mark.filterwarnings("ignore:DESIGN.PERIODS")
def test_a_volume_is_that_of_the_cases_that_were_sent():
    """A quarter that lacks between others is in the activity of a quarter, and in no volume."""
    made = simulate(make_spec(period="quarter"), providers=8, periods=4, random_seed=1).table
    gone = (made["trust"] == "P003") & (made["quarter"] == "2006Q2")
    left, spec = made[~gone], make_spec(period="quarter", successors={"P001": "P002"})
    frame = prepare(spec, left)
    fit = fit_of(spec, frame, posterior=xr.Dataset({"x": (("chain", "draw"), np.zeros((1, 1)))}))
    sent = left.groupby("trust")["cases"].sum()
    assert frame["activity"].sel(provider="P003") == pytest.approx(sent["P003"] / 3)
    assert volumes(fit)["P003"].number == sent["P003"]
    assert read_funnel(fit).volume[1] == sent["P003"]
    assert volumes(fit)["P002"].number == sent["P001"] + sent["P002"]
    assert merged(frame) == "Counted with the provider that it became: P001 in P002."
    assert merged(fit.frame) in caution(fit)
