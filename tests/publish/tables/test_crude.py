import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from varmodel.publish.tables.crude import counts_of, crude_by_period, level_by_period

SMALL = {"shape": (1, 2), "providers": 5, "periods": 3, "period": "quarter"}


def test_crude_rates_of_periods_add_up_to_that_of_the_table():
    fit = whole_fit(**SMALL)
    crude, (events, cases) = crude_by_period(fit), counts_of(fit)
    frame = fit.frame
    assert crude.shape == (5, 3)
    assert events / cases == pytest.approx(frame["observed"].to_numpy())
    cell = (frame["provider_index"] == 2) & (frame["period_index"] == 1)
    own = frame.isel(cell=np.flatnonzero(cell.to_numpy()))
    assert crude[2, 1] == pytest.approx(float(own["events"].sum() / own["trials"].sum()))


def test_measurements_have_cases_and_no_events_and_logs_no_crude_rate():
    events, cases = counts_of(whole_fit("measurements", **SMALL))
    assert events is None
    assert (cases > 0).all()
    assert crude_by_period(whole_fit("log_measurements", **SMALL)) is None
    assert counts_of(whole_fit("published", shape=(1, 2), providers=5)) == (None, None)


def test_a_level_is_the_mean_over_draws_of_a_quantile_over_providers():
    values = np.array([[[[1.0], [3.0]], [[5.0], [9.0]]]])
    rates = xr.DataArray(values, dims=("chain", "draw", "provider", "period"))
    assert level_by_period(rates, 0.5).tolist() == [4.5]
