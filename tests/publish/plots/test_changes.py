"""Who moved between two periods, and how sure it is."""

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, parts, points, segments
from varmodel import change
from varmodel.errors import SpecError
from varmodel.publish import plot_change
from varmodel.publish.wording.numbers import probability

PANEL = {"periods": 4, "period": "quarter", "transient": "ar1"}
ENDS = {"earlier": "2006Q1", "later": "2006Q4"}


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_rows_are_the_changes_the_better_on_top(better):
    fit = analysis(**PANEL, better=better).fit
    ax = plot_change(fit, **ENDS)
    found = change(fit, **ENDS)
    mean = found["difference"].mean(("chain", "draw")).to_numpy()
    rows = np.argsort(mean if better == "lower" else -mean, kind="stable")
    drawn = points(ax)
    np.testing.assert_allclose([drawn[row] for row in range(len(rows))], mean[rows])
    lower = np.quantile(found["difference"], 0.025, axis=(0, 1))
    np.testing.assert_allclose(segments(ax)[0][:, 0], lower[rows], atol=0.02)
    (level,) = parts(ax, "level")
    assert level.get_xdata()[0] == pytest.approx(mean.mean())
    told = [text.get_text() for text in parts(ax, "prob")]
    assert told == [probability(p) for p in found["prob_improved_relative"].to_numpy()[rows]]


def test_a_filled_triangle_is_a_real_move_against_the_others():
    fit = analysis(**PANEL).fit
    improved = change(fit, **ENDS)["prob_improved_relative"].to_numpy()
    marks = {
        line.get_marker(): len(line.get_xdata())
        for line in parts(plot_change(fit, **ENDS), "estimate")
    }
    assert marks.get("^", 0) == (improved > 0.975).sum() > 0
    assert marks.get("v", 0) == (improved < 0.025).sum() > 0
    assert marks.get("o", 0) == ((improved >= 0.025) & (improved <= 0.975)).sum()


def test_the_highlighted_have_shaded_rows_and_names_among_many():
    found = analysis(**PANEL, providers=150, shape=(2, 20))
    ax = plot_change(found, **ENDS, highlight=["P070", "P071"])
    assert len(parts(ax, "highlight")) == 2
    names = {text.get_text() for text in parts(ax, "name")}
    assert {"P070", "P071"} <= names
    assert len(names) < 150


@pytest.mark.parametrize(
    ("fields", "options", "word"),
    [
        (PANEL, {"later": "2009Q1"}, "no period '2009Q1'"),
        (PANEL, {"highlight": ["nobody"]}, "'nobody'"),
        ({**PANEL, "better": "neither"}, {}, "neither"),
        ({}, {}, "no transient"),
    ],
)
def test_what_is_not_there_is_refused(fields, options, word):
    with pytest.raises(SpecError, match=word):
        plot_change(analysis(**fields), **{**ENDS, **options})
