"""Rank intervals show what rank and summarise give."""

from dataclasses import replace

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, caption, parts, points, segments
from varmodel.errors import SpecError
from varmodel.estimands import summarise
from varmodel.publish import plot_ranks


@pytest.mark.parametrize("of", ["analysis", "ranks"])
def test_rows_are_the_ranks(of):
    found = analysis(providers=20)
    ax = plot_ranks(found if of == "analysis" else found.ranks)
    table = summarise(found.ranks["rank"])
    table["expected"] = found.ranks["expected_rank"].to_numpy()
    table = table.sort_values("expected", kind="stable")
    assert np.array_equal(segments(ax)[0], table[["lower", "upper"]])
    assert points(ax) == dict(enumerate(table["expected"]))
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == list(table["provider"])


def test_marks_tell_the_three_places():
    found = analysis(providers=20, shape=(4, 500))
    order = np.argsort(found.ranks["expected_rank"].to_numpy(), kind="stable")
    top = found.ranks["prob_top_quarter"].to_numpy()[order] >= 0.95
    bottom = found.ranks["prob_bottom_quarter"].to_numpy()[order] >= 0.95
    middle = found.ranks["prob_middle"].to_numpy()[order] >= 0.95
    ax = plot_ranks(found)
    marks = {line.get_marker(): line.get_ydata() for line in parts(ax, "estimate")}
    assert np.array_equal(marks["^"], np.flatnonzero(top))
    assert np.array_equal(marks["v"], np.flatnonzero(bottom))
    assert middle.sum() > 3
    assert np.array_equal(marks["s"], np.flatnonzero(middle))
    assert np.array_equal(marks["o"], np.flatnonzero(~(top | middle | bottom)))
    told = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "middle half, probability .95 or more" in told


def test_a_quarter_of_five_is_told_by_its_places():
    ax = plot_ranks(analysis(providers=5, shape=(4, 500)))
    told = " ".join(text.get_text() for text in ax.get_legend().get_texts())
    assert "top 2 of 5, probability .95 or more" in told
    assert "quarter," not in told


def test_where_nobody_is_placed_no_end_is_named():
    ranks = analysis(providers=150).ranks
    names = ("prob_top_quarter", "prob_middle", "prob_bottom_quarter")
    unsure = {name: ranks[name] * 0 + 0.3 for name in names}
    assert parts(plot_ranks(ranks), "name")
    assert not parts(plot_ranks(ranks.assign(unsure)), "name")


def test_quarters_end_between_places():
    places = [line.get_xdata()[0] for line in parts(plot_ranks(analysis(providers=10)), "quarter")]
    assert places == [3.5, 7.5]


def test_places_are_whole():
    ax = plot_ranks(analysis(providers=4))
    assert all(float(tick).is_integer() for tick in ax.get_xticks())


def test_the_order_names_its_loss():
    ax = plot_ranks(analysis())
    assert "Order: expected rank (least squared error)." in caption(ax)
    assert "rankability" in parts(ax, "subtitle")[0].get_text()


def test_neither_direction_has_no_ranks():
    with pytest.raises(SpecError, match="no ranks") as caught:
        plot_ranks(analysis(better="neither"))
    assert caught.value.code == "CONFIG.VALUE"


def test_an_order_of_noise_is_parted_by_grades():
    found = analysis(providers=20)
    noise = replace(found.figures, rankability=0 * found.rankability + 0.3)
    ax = plot_ranks(replace(found, figures=noise))
    graded = noise.order.graded["grade"].to_numpy()
    assert graded.max() > 1
    names = [label.get_text() for label in ax.get_yticklabels()]
    rows = [dict(zip(found.ranks["provider"].to_numpy(), graded, strict=True))[n] for n in names]
    assert rows == sorted(rows)
    lines = [line.get_ydata()[0] for line in parts(ax, "grade")]
    np.testing.assert_array_equal(lines, np.flatnonzero(np.diff(rows)) + 0.5)
    assert "Lines across part grades" in caption(ax)
    assert not parts(plot_ranks(found), "grade")
