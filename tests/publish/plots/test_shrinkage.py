"""Shrinkage goes from the crude rate by the own cases to the adjusted rate."""

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, caption, parts, segments
from varmodel.estimands import adjusted_rates, observed_rates, reliability
from varmodel.fits import Fit
from varmodel.publish import plot_shrinkage

DRAWS = ("chain", "draw")


def order_of(fit):
    return np.argsort(reliability(fit).mean(DRAWS).to_numpy(), kind="stable")


@pytest.mark.parametrize("of", ["analysis", "fit"])
def test_without_case_mix(of):
    found = analysis()
    ax = plot_shrinkage(found if of == "analysis" else found.fit)
    order = order_of(found.fit)
    raw = observed_rates(found.fit.frame).to_numpy()[order]
    adjusted = found.rates.mean(DRAWS).to_numpy()[order]
    assert np.allclose(segments(ax, "shrinkage")[0], np.column_stack([raw, adjusted]))
    assert not parts(ax, "case mix")
    marks = {line.get_marker(): line for line in parts(ax, "estimate")}
    assert np.array_equal(marks["o"].get_xdata(), raw)
    assert np.array_equal(marks["D"].get_xdata(), adjusted)


def test_with_case_mix_the_way_has_two_parts():
    found = analysis(terms=("age",))
    order = order_of(found.fit)
    own = adjusted_rates(found.fit, population="own").mean(DRAWS).to_numpy()[order]
    ax = plot_shrinkage(found)
    first, second = segments(ax, "shrinkage")[0], segments(ax, "case mix")[0]
    assert np.allclose(first[:, 1], own)
    assert np.allclose(second[:, 0], own)
    assert np.allclose(second[:, 1], found.rates.mean(DRAWS).to_numpy()[order])


def test_the_reliability_stands_beside_the_rows():
    found = analysis()
    values = reliability(found.fit).mean(DRAWS).to_numpy()
    told = [float(text.get_text()) for text in parts(plot_shrinkage(found), "reliability")]
    assert told == [round(value, 2) for value in np.sort(values)]


def test_a_provider_without_cases_has_no_raw_rate():
    fit = analysis().fit
    observed = fit.frame["observed"].copy()
    observed[3] = np.nan
    ax = plot_shrinkage(Fit(fit.spec, fit.frame.assign(observed=observed), fit.draws))
    assert len(segments(ax, "shrinkage")[0]) == 11
    assert "1 without any case have no raw rate." in caption(ax)
