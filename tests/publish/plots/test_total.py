"""The total: three estimators and the flexible shape, with numbers that their error supports."""

import numpy as np
import pytest

from tests.publish.plots.pictures import NIL, analysis, caption, parts
from varmodel.estimands import summarise
from varmodel.publish import plot_savings
from varmodel.publish.plots.total import unit_of
from varmodel.studies import Shape


def panel_of(ax):
    (panel,) = parts(ax, "total")
    return panel


def test_three_estimators_side_by_side():
    found = analysis(terms=("age",))
    ax = plot_savings(found)
    panel = panel_of(ax)
    row = summarise(found.savings["total"]).iloc[0]
    plug_ins = [float(found.savings[f"plug_in_{name}"].sum()) for name in ("observed", "shrunken")]
    values = [line.get_xdata()[0] for line in panel.lines]
    assert np.allclose(np.array(values) * 1e3, [row["mean"], *plug_ins])
    ends = np.array(panel.collections[0].get_segments())[0, :, 0]
    assert np.allclose(ends * 1e3, row[["lower", "upper"]].to_numpy(dtype=float))
    told = [label.get_text().partition(":")[0] for label in panel.get_yticklabels()]
    assert told == ["joint draws", "unshrunken rates", "shrunken means"]
    assert panel.get_xlim()[0] == 0


def test_the_panel_stands_above_the_rows():
    ax = plot_savings(analysis(terms=("age",)))
    ax.figure.draw_without_rendering()
    bottom = panel_of(ax).get_window_extent().y0
    assert ax.transData.transform((0, -0.5))[1] < bottom


def judged(found, **fields):
    return Shape(**{"p_value": 0.4, "passed": True, "total": found.savings["total"], **fields})


def test_the_flexible_shape_stands_beside_the_total():
    found = analysis(terms=("age",))
    flexible = 1.5 * found.savings["total"]
    ax = plot_savings(analysis(terms=("age",), judged=judged(found, total=flexible)))
    told = panel_of(ax).get_yticklabels()[1].get_text()
    value = panel_of(ax).lines[1].get_xdata()[0]
    assert told.startswith("flexible shape: ")
    assert value * 1e3 == pytest.approx(float(flexible.mean()))
    assert "PROVISIONAL" not in caption(ax)


@pytest.mark.parametrize("nil", [None, NIL])
def test_a_doubted_shape_makes_the_totals_provisional(nil):
    found = analysis(terms=("age",))
    verdict = {} if nil is None else {"nil": nil}
    doubted = judged(found, passed=False, p_value=0.001)
    ax = plot_savings(analysis(terms=("age",), judged=doubted, **verdict))
    assert "The shape of the effects is doubted (p = 0.001)" in caption(ax)
    assert "The savings are PROVISIONAL: read the total with a flexible shape." in caption(ax)
    assert ("With a flexible shape of the effects: nil to" in caption(ax)) == (nil is not None)


@pytest.mark.parametrize(
    ("most", "unit"),
    [
        (0.0, (1.0, "")),
        (999.0, (1.0, "")),
        (1_000.0, (1e3, "thousand ")),
        (2.5e6, (1e6, "million ")),
        (7e12, (1e9, "billion ")),
    ],
)
def test_units(most, unit):
    assert unit_of(most) == unit
