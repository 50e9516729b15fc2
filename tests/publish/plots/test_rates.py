"""The caterpillar shows the estimands: means, intervals, the benchmark, who is credible."""

from dataclasses import replace

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, caption, parts, points, segments
from tests.publish.wording.periods.test_ranked import published
from varmodel.estimands import benchmark_rates, provider_effects, summarise
from varmodel.publish import plot_rates
from varmodel.spec import Benchmark
from varmodel.studies import make_figures


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_rows_are_the_summary_with_the_better_end_on_top(better):
    found = analysis(better=better)
    table = summarise(found.rates).sort_values("mean", ascending=better == "lower")
    ax = plot_rates(found)
    ends, rows = segments(ax)
    assert np.array_equal(ends, table[["lower", "upper"]])
    assert np.array_equal(rows, np.arange(12))
    assert points(ax) == dict(enumerate(table["mean"]))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(table["provider"])
    assert ax.get_ylim() == (11.5, -0.5)
    assert ax.get_xlabel() == f"adjusted rate ({better} is better)"


def test_the_level_is_the_benchmark_of_the_reference_population():
    found = analysis(better="higher")
    draws = benchmark_rates(found.fit, found.fit.spec.benchmark, population="reference")
    row = summarise(draws.isel(provider=0, drop=True)).iloc[0]
    ax = plot_rates(found)
    (line,), (band,) = parts(ax, "level"), parts(ax, "level interval")
    assert line.get_xdata()[0] == row["mean"]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx(
        (row["lower"], row["upper"])
    )
    assert line.get_label().startswith("benchmark (quantile 0.75)")


def test_rates_of_the_coming_period_are_compared_with_its_own_benchmark():
    """The nation moved in the last quarter: a mean level of the table would put all on one side."""
    found = published(split=True)
    found.fit.draws["posterior"]["coefficients"][:, :, -1] += 3.0
    again = replace(found, figures=make_figures(found.fit, random_seed=1))
    assert again.figures.part == "next"
    (line,) = parts(plot_rates(again), "level")
    low, high = again.rates.mean(("chain", "draw")).quantile([0.1, 0.9]).to_numpy()
    assert low < line.get_xdata()[0] < high


@pytest.mark.parametrize(
    "fields", [{"better": "neither"}, {"better": "lower", "benchmark": None, "unit_cost": None}]
)
def test_without_a_benchmark_the_level_is_the_mean_of_the_providers(fields):
    found = analysis(**fields)
    (line,) = parts(plot_rates(found), "level")
    assert line.get_xdata()[0] == pytest.approx(float(found.rates.mean()))
    assert line.get_label().startswith("mean of the providers")


def test_credible_is_a_probability_in_joint_draws():
    found = analysis(better="lower", benchmark=Benchmark("external", 0.27))
    above = (found.rates > 0.27).mean(("chain", "draw")).to_numpy()
    rows = np.argsort(found.rates.mean(("chain", "draw")).to_numpy())
    shape_of = {}
    for line in parts(plot_rates(found), "estimate"):
        shape_of |= {int(y): line.get_marker() for y in line.get_ydata()}
    expected = {
        row: "v" if above[j] > 0.975 else "^" if above[j] < 0.025 else "o"
        for row, j in enumerate(rows)
    }
    assert shape_of == expected
    assert set(expected.values()) == {"v", "^", "o"}


def test_draws_alone_are_enough():
    found = analysis(better="higher")
    ax = plot_rates(found.rates)
    assert segments(ax)[0].shape == (12, 2)
    assert ax.get_title(loc="left") == "Adjusted rates"
    assert "rankability" not in parts(ax, "subtitle")[0].get_text()
    unnamed = plot_rates(found.rates.drop_vars("provider").drop_attrs().rename(None))
    assert unnamed.get_xlabel() == "rate"
    effects = plot_rates(provider_effects(found.fit))
    assert effects.get_xlabel() == "provider effect (higher is better)"


def test_what_is_said():
    ax = plot_rates(analysis(better="lower"))
    assert "rankability" in parts(ax, "subtitle")[0].get_text()
    assert "95 % equal-tailed intervals" in caption(ax)
