"""A table and its replicate: every cell twice, one draw picked."""

import numpy as np
import pytest

from tests.estimands.hand_made import passing_fit, random_fit
from varmodel.estimands.draws.stacked import draws_of
from varmodel.frame import cells_of
from varmodel.studies.calibration.quantities import quantities_of
from varmodel.studies.calibration.replicates import pick_draws, with_replicate

FORMS = ("share", "expected", "measurements", "log_measurements", "published")


@pytest.mark.parametrize("form", FORMS)
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
    both = with_replicate(fit, rng=np.random.default_rng(1))
    assert np.array_equal(both["period_index"][::2], both["period_index"][1::2])
    found = quantities_of(fit, both)
    assert {"transient_sd", "transient_rho", "log likelihood"} < set(found)
    assert all(values.shape == (1,) for values in found.values())
