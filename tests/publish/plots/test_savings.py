"""Savings: providers by mean saving, named only where credible; nil names nobody."""

from dataclasses import replace

import numpy as np
import pytest

from tests.publish.checked import SIZED, checks
from tests.publish.plots.pictures import NIL, analysis, caption, parts, points, segments
from varmodel.errors import SpecError
from varmodel.estimands import summarise
from varmodel.publish import plot_savings


def test_rows_are_the_summary_of_savings():
    found = analysis(terms=("age",), annualise=4)
    ax = plot_savings(found)
    table = summarise(found.savings["saving"]).sort_values("mean", ascending=False, kind="stable")
    main = [lines for lines in parts(ax, "interval") if lines.axes is ax]
    ends = np.array(main[0].get_segments())[:, :, 0]
    assert np.allclose(ends * 1e3, table[["lower", "upper"]])
    joint = {y: x for line in ax.lines if line.get_marker() == "o" for x, y in line.get_xydata()}
    assert np.allclose([joint[row] * 1e3 for row in range(12)], table["mean"])
    assert ax.get_xlabel() == "annual saving by provider, thousand GBP"
    assert "It reads: if this period's gap lasted the year." in caption(ax)
    without = plot_savings(analysis(terms=("age",)))
    assert without.get_xlabel().startswith("saving over the time of the table by provider")
    assert "year" not in caption(without)


def test_the_plug_ins_stand_beside_few():
    found = analysis(terms=("age",))
    ax = plot_savings(found)
    order = np.argsort(-found.savings["saving"].mean(("chain", "draw")).to_numpy(), kind="stable")
    marks = {line.get_marker(): line.get_xdata() for line in ax.lines}
    for name, shape in (("plug_in_observed", "D"), ("plug_in_shrunken", "s")):
        assert np.allclose(marks[shape] * 1e3, found.savings[name].to_numpy()[order])


def test_only_credible_savings_are_named():
    found = analysis(terms=("age",))
    named = set(found.savings["provider"].to_numpy()[found.savings["named"].to_numpy()])
    written = {label.get_text() for label in plot_savings(found).get_yticklabels()} - {""}
    assert 0 < len(named) < 12
    assert written == named
    many = analysis(providers=150, shape=(2, 20), terms=("age",))
    credible = many.savings["provider"].to_numpy()[many.savings["named"].to_numpy()]
    names = {text.get_text() for text in parts(plot_savings(many), "name")}
    assert 10 < len(names) < 150
    assert names <= set(credible)


def test_nil_draws_no_provider():
    found = analysis(nil=NIL)
    ax = plot_savings(found)
    assert not parts(ax, "interval")
    assert not parts(ax, "estimate")
    assert not parts(ax, "name")
    assert ax.get_yticks().size == 0
    (bar,) = parts(ax, "nil")
    assert bar.get_width() == pytest.approx(12.345)
    (text,) = parts(ax, "written")
    assert text.get_text().startswith("nil to 12")
    assert text.get_text().endswith("thousand GBP")
    assert "nobody is named" in caption(ax)


def test_of_a_dataset_the_nil_rule_is_not_known():
    found = analysis(terms=("age",))
    savings = found.savings.drop_vars("named")
    ax = plot_savings(savings)
    assert "The nil rule was not applied here" in caption(ax)
    sure = savings["provider"].to_numpy()[savings["prob_saving"].to_numpy() >= 0.95]
    assert {label.get_text() for label in ax.get_yticklabels()} - {""} == set(sure)


def test_nothing_to_save():
    found = analysis(terms=("age",))
    ax = plot_savings((0 * found.savings).assign_attrs(found.savings.attrs))
    assert set(points(ax).values()) == {0.0}
    assert not segments(ax)[0].any()


def test_an_analysis_without_savings_is_refused():
    with pytest.raises(SpecError, match="no savings") as caught:
        plot_savings(analysis(unit_cost=None))
    assert caught.value.code == "CONFIG.VALUE"


def test_where_size_matters_the_model_that_knows_it_is_drawn_too():
    found = analysis()
    ax = plot_savings(replace(found, checks=checks(found, volume=SIZED)))
    (panel,) = [child for child in ax.child_axes if child.get_gid() == "total"]
    told = [label.get_text() for label in panel.get_yticklabels()]
    assert any(text.startswith("size known: ") for text in told)
    assert "Size matters: larger providers have higher rates" in caption(ax)
