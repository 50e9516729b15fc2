"""The funnel: crude rates where they are, limits that are those of chance."""

from functools import cache

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, caption, parts
from varmodel.errors import SpecError
from varmodel.estimands import observed_rates
from varmodel.estimands.classical import funnel
from varmodel.estimands.classical.limits import binomial_limits, normal_limits, poisson_limits
from varmodel.fits import Fit
from varmodel.publish import plot_volume
from varmodel.publish.plots.parts.funnel import limits, read_funnel

FORMS = ["share", "expected", "exposure", "measurements", "published"]
PRIOR = {"provider_sd": {"dist": "half_normal", "sigma": 1.0}}


@cache
def fit_of(form):
    published = {"unit_cost": None, "benchmark": None, "priors": PRIOR}
    return analysis.__wrapped__(form, **(published if form == "published" else {})).fit


def volume_of(frame):
    if "activity" in frame:
        return frame["activity"].to_numpy() * frame.attrs["periods"]
    return np.sqrt((frame["standard_error"] ** -2.0).groupby(frame["provider_index"]).sum())


@pytest.mark.parametrize("form", FORMS)
def test_points_are_crude_rates_at_their_volume(form):
    fit = fit_of(form)
    ax = plot_volume(fit)
    drawn = np.concatenate([line.get_xydata() for line in parts(ax, "estimate")])
    wanted = np.column_stack([volume_of(fit.frame), observed_rates(fit.frame)])
    assert np.allclose(np.sort(drawn, axis=0), np.sort(wanted, axis=0))
    (level,) = parts(ax, "level")
    assert level.get_ydata()[0] == fit.frame.attrs["pooled_mean"]
    assert len(parts(ax, "limit")) == 4


@pytest.mark.parametrize("form", FORMS)
def test_limits_are_those_of_chance_as_rates(form):
    read, volume = read_funnel(fit_of(form)), np.array([20.0, 200.0])
    wanted = {
        "share": lambda: binomial_limits(volume, rate=read.level, prob=0.95),
        "measurements": lambda: normal_limits(read.scale.sd * volume**0.5, mean=0.0, prob=0.95),
        "published": lambda: normal_limits(volume**0.0, mean=0.0, prob=0.95),
    }.get(form, lambda: poisson_limits(volume * read.level, prob=0.95))
    shift = read.level if form in ("measurements", "published") else 0.0
    for side, counts in zip(limits(read, volume, prob=0.95), wanted(), strict=True):
        assert np.allclose(side, shift + counts / volume)


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
@pytest.mark.parametrize("form", ["share", "expected"])
def test_wider_limits_are_those_of_the_classical_funnel(form, kind):
    fit = fit_of(form)
    assert not fit.frame.sizes["term"]
    table = funnel(fit.frame, overdispersion=kind)
    read = read_funnel(fit, overdispersion=kind)
    low, high = limits(read, read.volume, prob=0.998)
    centre = fit.frame.attrs["pooled_mean"] / table.attrs["centre"]
    np.testing.assert_allclose(low, table["lower_0.998"] * centre)
    np.testing.assert_allclose(high, table["upper_0.998"] * centre)
    said = caption(plot_volume(fit, overdispersion=kind))
    assert f"({kind} over-dispersion: phi {table.attrs['phi']:.3g}" in said
    assert table.attrs["tau2"] > 0


@pytest.mark.parametrize("form", ["measurements", "published"])
def test_wider_limits_of_normal_figures(form):
    read = read_funnel(fit_of(form), overdispersion="additive")
    error = read.scale.sd * read.volume**-read.scale.power
    z = (read.rate - read.level) / error
    phi = np.mean(np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2)
    w = error**-2.0
    tau2 = max(0, (len(z) * phi - len(z) + 1) / (w.sum() - (w**2).sum() / w.sum()))
    half = 1.959964 * np.sqrt(error**2 + tau2)
    np.testing.assert_allclose(limits(read, read.volume, prob=0.95)[1], read.level + half, 1e-6)


def test_another_word_is_refused():
    with pytest.raises(SpecError, match="unknown overdispersion 'predictive'"):
        plot_volume(fit_of("share"), overdispersion="predictive")
    with pytest.raises(SpecError, match="no limits of lognormal measurements"):
        plot_volume(fit_of("log_measurements"), overdispersion="additive")


def test_triangles_lie_outside_and_are_named():
    fit = analysis(providers=150, shape=(2, 20), terms=("age",)).fit
    read = read_funnel(fit)
    low, high = limits(read, read.volume, prob=0.998)
    ax = plot_volume(fit)
    marks = {line.get_marker(): len(line.get_xdata()) for line in parts(ax, "estimate")}
    assert marks["^"] == (read.rate > high).sum()
    assert marks["v"] == (read.rate < low).sum()
    outside = set(np.array(read.annotation.names)[(read.rate > high) | (read.rate < low)])
    names = {text.get_text() for text in parts(ax, "name")}
    assert names
    assert names <= outside


def test_a_provider_without_cases_is_counted_not_drawn():
    fit = analysis().fit
    frame = fit.frame.copy(deep=True)
    frame["activity"][2], frame["observed"][2] = 0.0, np.nan
    ax = plot_volume(Fit(fit.spec, frame, fit.draws))
    assert sum(len(line.get_xdata()) for line in parts(ax, "estimate")) == 11
    assert "1 without any case are not drawn." in caption(ax)
