"""Change between periods, and what of the order lasts."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from tests.estimands.hand_made import passing_fit, random_fit
from varmodel.estimands import adjusted_rates, change, provider_effects, rank, rank_overlap


def test_ranks_of_each_period_are_those_of_its_rates():
    rates = adjusted_rates(passing_fit(), part="period")
    whole = rank(rates, better="lower")
    assert whole["rank"].dims == ("chain", "draw", "provider", "period")
    assert whole["expected_rank"].dims == ("provider", "period")
    assert whole["probability"].dims == ("provider", "position", "period")
    assert whole.attrs["part"] == "period"
    for period in rates["period"].to_numpy():
        alone = rank(rates.sel(period=period, drop=True), better="lower")
        xr.testing.assert_equal(whole.sel(period=period).drop_vars("period"), alone)


def test_a_change_is_that_of_the_rates_and_of_what_passes():
    fit = passing_fit("share", better="lower")
    found = change(fit, earlier="2006Q1", later="2007Q1")
    rates = adjusted_rates(fit, part="period")
    expected = rates.sel(period="2007Q1", drop=True) - rates.sel(period="2006Q1", drop=True)
    np.testing.assert_allclose(found["difference"], expected, rtol=1e-12)
    effects = provider_effects(fit, part="period")
    relative = effects.sel(period="2007Q1") - effects.sel(period="2006Q1")
    np.testing.assert_allclose(found["relative"], relative, atol=1e-12)
    improved = (relative < 0).mean(("chain", "draw"))
    np.testing.assert_allclose(found["prob_improved_relative"], improved)
    np.testing.assert_allclose(found["prob_improved"], (expected < 0).mean(("chain", "draw")))


def test_a_national_change_alone_moves_no_provider_against_the_others():
    fit = passing_fit("exposure")
    fit.draws["posterior"]["transient_effect"][:] = 0.0
    found = change(fit, earlier="2006Q1", later="2006Q2")
    np.testing.assert_array_equal(found["relative"], 0.0)
    moved = np.log1p(found["difference"] / adjusted_rates(fit, part="period").isel(period=0))
    national = fit.posterior["coefficients"].isel(term=1)
    np.testing.assert_allclose(moved, np.broadcast_to(national.to_numpy()[..., None], moved.shape))


@pytest.mark.parametrize(
    ("periods", "word"),
    [(("2006Q1", "2006Q1"), "same period"), (("2006Q1", "2006Q4"), "no period '2006Q4'")],
)
def test_periods_that_are_none_are_refused(refused, periods, word):
    with refused("CONFIG.VALUE", word):
        change(passing_fit(), earlier=periods[0], later=periods[1])


def test_without_a_transient_nothing_changes_places(refused):
    with refused("CONFIG.VALUE", "no transient"):
        change(random_fit(), earlier="2006Q1", later="2006Q2")
    with refused("CONFIG.VALUE", "neither"):
        change(passing_fit(better="neither"), earlier="2006Q1", later="2006Q2")
    assert np.isnan(rank_overlap(random_fit())).all()


def test_neighbours_keep_their_order_as_often_as_in_periods_to_come():
    fit = passing_fit(providers=5, draws=4000)
    lasting = fit.posterior["provider_effect"] + np.arange(5)[[3, 0, 4, 1, 2]] / 3
    fit.draws["posterior"]["provider_effect"] = lasting
    coming = provider_effects(fit, part="next").to_numpy().reshape(-1, 5)
    ordered = coming[:, np.argsort(-lasting.mean(("chain", "draw")).to_numpy())]
    kept = (np.diff(ordered, axis=1) < 0).mean()
    found = rank_overlap(fit)
    assert found.dims == ("chain", "draw")
    assert float(found.mean()) == pytest.approx(kept, abs=4 * 0.5 / np.sqrt(4 * 8000))
    assert stats.norm.cdf(0) < float(found.mean()) < 0.9


def test_where_nothing_passes_the_order_stays():
    fit = passing_fit()
    for name in ("transient_sd", "transient_effect"):
        fit.draws["posterior"][name][:] = 0.0
    effects = fit.posterior["provider_effect"] * 0 + np.arange(9.0)
    fit.draws["posterior"]["provider_effect"] = effects
    np.testing.assert_array_equal(rank_overlap(fit), 1.0)
