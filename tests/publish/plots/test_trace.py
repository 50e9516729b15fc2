"""Traces, ranks and weights are those of the draws."""

import numpy as np
import pytest
from scipy import stats

from tests.publish.plots.pictures import analysis, parts, weighted
from varmodel.fits import Fit
from varmodel.fits.importance import PARETO_K
from varmodel.publish import plot_trace
from varmodel.publish.plots.trace import _quantities, even_band, gate_shares, rank_shares


def test_every_chain_of_every_parameter_is_traced():
    fit = analysis(terms=("age",)).fit
    ax = plot_trace(fit)
    titles = [panel.get_title(loc="left").partition(":")[0] for panel in ax.child_axes[::2]]
    assert titles[:2] == ["intercept", "provider_sd"]
    assert titles[2] == "coefficients[age]"
    assert titles[3].startswith("provider_effect[P")
    lines = [line for line in ax.child_axes[0].lines if line.get_gid() == "trace"]
    drawn = np.stack([line.get_ydata() for line in lines])
    assert np.array_equal(drawn, fit.posterior["intercept"].to_numpy())


def test_long_chains_are_thinned():
    ax = plot_trace(analysis(shape=(2, 1_000)).fit)
    assert {len(line.get_xdata()) for line in parts(ax, "trace")} == {500}


def test_ranks_of_equal_chains_lie_in_the_band():
    rng = np.random.default_rng(1)
    low, high = even_band(1_000, 4)
    inside = 0
    for _ in range(200):
        shares = rank_shares(rng.normal(size=(4, 1_000)))
        assert np.allclose(shares.mean(axis=1), 1)
        inside += bool(((shares >= low) & (shares <= high)).all())
    assert inside / 200 > 0.9
    apart = rank_shares(rng.normal(size=(4, 1_000)) + np.array([[0.5], [0], [0], [0]]))
    assert apart.max() > high


def test_the_band_is_binomial():
    low, high = even_band(1_000, 4)
    ends = stats.binom.ppf([0.025 / 80, 1 - 0.025 / 80], 1_000, 1 / 20) / 50
    assert (low, high) == pytest.approx(tuple(ends))


def test_few_draws_have_few_bins():
    assert rank_shares(np.arange(12.0).reshape(2, 6)).shape == (2, 6)


def test_weights_instead_of_traces():
    fit = weighted(analysis().fit)
    ax = plot_trace(fit)
    (cloud,) = parts(ax, "weight")
    sd = fit.posterior["provider_sd"]
    assert np.array_equal(cloud.get_xdata(), sd.to_numpy().ravel())
    assert np.allclose(cloud.get_ydata(), 2_000 * sd["ancestor_weight"].to_numpy().ravel())


def test_the_gate_at_a_glance():
    fit = weighted(analysis().fit)
    shares = gate_shares(fit.draws["sample_stats"].to_dataset())
    assert shares["Pareto k times sd"] == (
        0.35,
        pytest.approx(min(1 - 1 / np.log10(2e3), PARETO_K)),
    )
    marks = {line.get_marker(): line.get_xdata() for line in parts(plot_trace(fit), "share")}
    assert np.allclose(marks["X"], [5.0])  # 5e-4 at the ends of the grid, 1e-4 allowed
    assert np.allclose(marks["o"], [0.0, 0.35 / shares["Pareto k"][1], 0.05, 0.1])


def test_the_worst_of_what_passes_is_named_by_provider_and_period():
    """Its number among provider times period lies beyond the number of providers."""
    fit = analysis(periods=4, period="quarter", transient="ar1", shape=(4, 100)).fit
    draws = fit.draws.copy(deep=True)
    draws["posterior"]["transient_effect"][0, :, 9, 3] += 5
    (name,) = [
        q.name for q in _quantities(Fit(fit.spec, fit.frame, draws)) if "transient_eff" in q.name
    ]
    assert name == "transient_effect[P010, 2006Q4]"
