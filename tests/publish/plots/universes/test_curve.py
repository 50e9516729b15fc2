"""The specification curve and the tornado, of universes written by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import varmodel as vm
from tests.publish.plots.pictures import HOSTILE, caption, overlaps, written
from varmodel.errors import SpecError
from varmodel.publish.plots.parts.layout import BLUE, GREY
from varmodel.studies import Sensitivity
from varmodel.studies.universes.comparisons import TORNADO_COLUMNS

PLOTS = (vm.plot_sensitivity, vm.plot_tornado)
every = pytest.mark.parametrize("plot", PLOTS)


def universes(options=("as stated", "other", "refused"), names=("prior", "effect")):
    grid = pd.MultiIndex.from_product([list(options)] * len(names), names=list(names))
    table = grid.to_frame(index=False)
    total = 1e6 + 1e5 * np.arange(len(table))
    figures = {"total": total, "lower": total - 5e5, "upper": total + 5e5, "rankability": 0.7}
    table = table.assign(**figures, verdict="distinguishable", code="", seconds=1.0)
    refused = (table[list(names)] == options[-1]).any(axis=1)
    table.loc[refused, ["total", "lower", "upper"]] = np.nan
    table.loc[refused, "code"] = "FIT.CONVERGENCE"
    table.loc[1, "verdict"] = "chance"
    rows = [
        (name, option, 1, 1.1e6, 6e5, 1.6e6, 1e5, 1e4, "") for name in names for option in options
    ]
    return Sensitivity(
        spec=vm.load_model("surgical_mortality"),
        dimensions=tuple(names),
        currency="GBP",
        table=table.rename_axis("universe"),
        providers=pd.DataFrame(),
        tornado=pd.DataFrame(rows, columns=list(TORNADO_COLUMNS)),
        flips=pd.DataFrame(),
        shares=pd.DataFrame(),
    )


def test_a_mark_a_universe_that_ran_the_base_apart():
    ax = vm.plot_sensitivity(universes())
    (panel,) = ax.child_axes
    lines = {line.get_marker(): line for line in panel.get_lines() if len(line.get_xdata())}
    assert lines["s"].get_ydata().tolist() == [1.0]
    assert sum(len(line.get_xdata()) for line in panel.get_lines()) == 4
    open_marks = [
        x for x in panel.get_lines() if x.get_markerfacecolor() != x.get_markeredgecolor()
    ]
    assert sum(len(line.get_xdata()) for line in open_marks) == 1
    options = [line for line in ax.get_lines() if line.get_gid() == "option"]
    assert [len(line.get_xdata()) for line in options] == [2, 2, 0, 2, 2, 0]
    assert "refused: 5 (FIT.CONVERGENCE)" in caption(ax).replace("\n", " ")


def test_bars_go_from_the_base_to_the_option():
    ax = vm.plot_tornado(universes())
    bars = [bar for bar in ax.patches if bar.get_gid() == "bar"]
    assert {(round(bar.get_x(), 9), round(bar.get_width(), 9)) for bar in bars} == {(1.0, 0.1)}


def test_a_bar_within_simulation_error_is_grey_and_said_to_be_none():
    found = universes()
    assert "Grey bars" not in caption(vm.plot_tornado(found))
    found.tornado.loc[0, "mcse"] = 0.5e5
    ax = vm.plot_tornado(found)
    bars = [bar.get_facecolor() for bar in ax.patches if bar.get_gid() == "bar"]
    assert bars[0] == to_rgba(GREY)
    assert set(bars[1:]) == {to_rgba(BLUE)}
    assert "Grey bars: within twice the simulation error" in caption(ax)


@every
@pytest.mark.parametrize("hostile", [False, True])
def test_no_text_lies_over_another_or_is_cut_off(plot, hostile):
    named = {"options": HOSTILE, "names": ("a_b^{c}",)} if hostile else {}
    ax = plot(universes(**named))
    boxes = written(ax)
    assert overlaps(boxes) == []
    width, height = ax.figure.bbox.size
    for text, (left, bottom, right, top) in boxes.items():
        assert min(left, bottom) >= -1, text
        assert right <= width + 1, text
        assert top <= height + 1, text


@every
def test_given_axes_come_back(plot):
    ax = Figure(figsize=(7, 7)).subplots()
    assert plot(universes(), ax=ax) is ax


@every
def test_what_cannot_be_drawn_is_refused(plot):
    with pytest.raises(SpecError, match=r"studies\.sensitivity"):
        plot(3)
    found = universes()
    with pytest.raises(SpecError, match="no universe has a total"):
        plot(replace(found, table=found.table.assign(total=np.nan)))


def test_a_tornado_needs_options_alone():
    found = universes()
    with pytest.raises(SpecError, match="no option ran alone"):
        vm.plot_tornado(replace(found, tornado=found.tornado.iloc[:0]))
