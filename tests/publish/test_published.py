"""What is published is held once: the rest is read off it, and nothing changes in place."""

import dataclasses

import pytest
import xarray as xr

from tests.publish.analysed import analysed
from varmodel import Analysis
from varmodel.publish import Published, headline, tables_of

PARTS = ["fit", "figures", "nil", "shape", "diagnosis", "checks", "forecast"]


def test_an_analysis_holds_no_part_twice():
    x = analysed()
    assert [part.name for part in dataclasses.fields(Analysis)] == PARTS
    assert isinstance(x, Published)
    assert not hasattr(x, "__dict__")
    assert x.spec is x.fit.spec
    for name in ("rates", "ranks", "savings", "rankability"):
        assert getattr(x, name) is getattr(x.figures, name)


def test_other_figures_are_other_tables_and_another_headline():
    x = analysed()
    share = xr.full_like(x.rankability, 0.123)
    other = dataclasses.replace(x, figures=dataclasses.replace(x.figures, rankability=share))
    assert other.median_rankability == pytest.approx(0.123)
    totals = tables_of(other)["totals"].set_index("quantity")
    assert totals.loc["rankability", "mean"] == pytest.approx(0.123)
    assert "rankability 0.12: the order is mostly noise" in headline(other)
    assert "mostly noise" not in headline(x)


@pytest.mark.parametrize("name", [*PARTS, "rates", "spec", "median_rankability"])
def test_nothing_is_set(name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(analysed(), name, None)
