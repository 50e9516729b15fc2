"""The predictive check: the observed table where it is, and p as the table has it."""

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from tests.publish.plots.pictures import analysis, parts
from varmodel.estimands import predictive_check
from varmodel.publish import plot_predictive_check
from varmodel.publish.wording.numbers import probability

FORMS = ["share", "expected", "measurements", "log_measurements", "positive_measurements"]


@pytest.mark.parametrize("form", FORMS)
def test_lines_and_p_are_those_of_the_check(form):
    fit = whole_fit(form, shape=(2, 60))
    ax = plot_predictive_check(fit)
    table = predictive_check(fit, random_seed=fit.draws.attrs["random_seed"])
    observed = [line.get_xdata()[0] for line in parts(ax, "observed")]
    rows = table[table["providers"] == "same"]
    assert sorted(observed) == pytest.approx(sorted(rows["observed"]))
    titles = [panel.get_title(loc="left") for panel in ax.child_axes]
    for title, (_, part) in zip(titles, table.groupby("statistic", sort=False), strict=True):
        for providers, p in zip(part["providers"], part["p_mid"], strict=True):
            assert f"{probability(p)} ({providers})" in title


def test_every_table_but_the_furthest_is_drawn():
    fit = whole_fit(shape=(2, 300))
    for steps in parts(plot_predictive_check(fit), "new"):
        assert steps.get_data().values.sum() >= 0.99 * 600


def test_a_statistic_that_never_changes_is_drawn():
    fit = whole_fit(shape=(2, 60))
    fit.draws["posterior"]["intercept"][:] = 40.0
    (same, *_) = parts(plot_predictive_check(fit), "same")
    assert np.isfinite(same.get_data().edges).all()


def test_an_analysis_is_its_fit():
    found = analysis()
    one, other = (parts(plot_predictive_check(x), "new") for x in (found, found.fit))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.get_data().values, b.get_data().values)
