"""A table and its replicate: every cell twice, one draw picked."""

import numpy as np
import pytest
import xarray as xr

from tests.estimands.hand_made import passing_fit, random_fit
from varmodel.estimands.draws.stacked import draws_of
from varmodel.estimands.prediction.log_densities import log_likelihood_by_cell
from varmodel.fits import Fit
from varmodel.frame import cells_of
from varmodel.studies.calibration.quantities import quantities_of
from varmodel.studies.calibration.replicates import pick_draws, with_replicate

FORMS = ("share", "expected", "measurements", "log_measurements", "published")


@pytest.mark.parametrize("form", FORMS[2:])
def test_every_cell_stands_twice_and_the_old_are_as_they_were(form):
    fit = pick_draws(random_fit(form, providers=6), np.array([3]))
    both = with_replicate(fit, rng=np.random.default_rng(1))
    old, new = cells_of(fit.frame), cells_of(both)
    assert new.size[::2] == pytest.approx(old.size)
    assert new.size[1::2] == pytest.approx(old.size)
    assert new.response[::2] == pytest.approx(old.response)
    assert not np.allclose(new.response[1::2], old.response)
    assert np.array_equal(both["provider_index"][::2], both["provider_index"][1::2])
    assert both.attrs["source_hash"] != fit.frame.attrs["source_hash"]
    for name in ("pattern_weight", "activity", "observed"):
        assert both[name].identical(fit.frame[name])


@pytest.mark.parametrize("form", FORMS[:2])
def test_counts_of_cells_that_share_a_rate_add_up(form):
    """The sum has the likelihood of both tables, but for a constant."""
    fit = random_fit(form, providers=6)
    one, few = (pick_draws(fit, np.array(draws)) for draws in ([3], [1, 5, 9]))
    both = with_replicate(one, rng=np.random.default_rng(1))
    old, new = cells_of(fit.frame), cells_of(both)
    drawn = new.response - old.response
    assert np.array_equal(new.size, 2 * old.size)
    assert (drawn >= 0).all()
    assert not np.array_equal(drawn, old.response)
    name = fit.spec.form.response
    apart = fit.frame.assign({name: fit.frame[name] + (drawn - old.response)})
    whole, first, second = (
        log_likelihood_by_cell(Fit(fit.spec, frame, few.draws)).sum(axis=1)
        for frame in (both, fit.frame, apart)
    )
    assert np.ptp(whole) > 1
    assert whole - (first + second) == pytest.approx(np.full(3, whole[0] - first[0] - second[0]))


def test_over_dispersed_cells_stand_twice():
    """Each has a rate of its own: their sum has another likelihood."""
    fit = pick_draws(random_fit("share", providers=6, family="beta_binomial"), np.array([3]))
    both = with_replicate(fit, rng=np.random.default_rng(1))
    assert both.sizes["cell"] == 2 * fit.frame.sizes["cell"]


def test_the_scatter_of_measurements_is_new_and_has_its_mean():
    fit = pick_draws(random_fit("measurements", providers=6), np.array([0]))
    sd = float(fit.posterior["residual_sd"].squeeze())
    freedom = (cells_of(fit.frame).size - 1).sum()
    drawn = [
        cells_of(with_replicate(fit, rng=np.random.default_rng(k))).spread[1::2].sum()
        for k in range(40)
    ]
    assert np.mean(drawn) == pytest.approx(freedom * sd**2, rel=0.05)


def test_draws_are_counted_with_the_chains_end_to_end():
    fit = random_fit(draws=20)
    picked = pick_draws(fit, np.array([0, 19, 20, 39]))
    for name, dims in (("intercept", ()), ("provider_effect", ("provider",))):
        assert np.array_equal(
            draws_of(picked, name, *dims), draws_of(fit, name, *dims)[[0, 19, 20, 39]]
        )


def test_with_a_transient_the_replicate_keeps_what_passes():
    fit = pick_draws(passing_fit(), np.array([2]))
    posterior = fit.posterior
    odd = posterior["transient_effect"].copy()
    odd[..., 0], odd[..., 1:] = 30, -30
    tree = fit.draws.assign({"posterior": xr.DataTree(posterior.assign(transient_effect=odd))})
    both = with_replicate(Fit(fit.spec, fit.frame, tree), rng=np.random.default_rng(1))
    old, new = cells_of(fit.frame), cells_of(both)
    first = fit.frame["period_index"].to_numpy() == 0
    assert np.array_equal(new.response - old.response, np.where(first, old.size, 0))
    found = quantities_of(fit, both)
    assert {"transient_sd", "transient_rho", "log likelihood"} < set(found)
    assert all(values.shape == (1,) for values in found.values())
