"""Size and performance: the slope in each draw."""

import numpy as np
import pytest

from tests.estimands.hand_made import random_fit
from varmodel.studies import judge_volume


def related(slope, *, noise=0.05):
    """Give a fit whose effects go with log volume, and an empty provider far from the line."""
    fit = random_fit(providers=40, draws=200)
    rng = np.random.default_rng(1)
    volume = rng.lognormal(4, 1, 40)
    volume[7] = 0.0
    log = np.log(np.where(volume > 0, volume, 1.0))
    effect = slope * log + rng.normal(0, noise, (2, 200, 40))
    effect[:, :, 7] = 50.0
    fit.draws["posterior"]["provider_effect"][:] = effect
    fit.frame["activity"] = ("provider", volume)
    return fit


def test_the_slope_is_that_of_least_squares():
    fit = related(0.3)
    found = judge_volume(fit)
    held = fit.frame["activity"].to_numpy() > 0
    log = np.log(fit.frame["activity"].to_numpy()[held])
    one = np.polyfit(log, fit.posterior["provider_effect"][1, 3].to_numpy()[held], 1)[0]
    assert float(found.slope[1, 3]) == pytest.approx(one)
    assert float(found.slope.mean()) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("slope", "passed"), [(0.3, False), (-0.3, False), (0.0, True)])
def test_a_slope_either_way_is_seen(slope, passed):
    assert judge_volume(related(slope)).passed is passed


@pytest.mark.parametrize("activity", [None, 5.0])
def test_without_volumes_that_differ_there_is_no_slope(activity):
    fit = random_fit(draws=3)
    if activity is None:
        fit = type(fit)(fit.spec, fit.frame.drop_vars("activity"), fit.draws)
    else:
        fit.frame["activity"][:] = activity
    found = judge_volume(fit)
    assert found.slope is None
    assert found.passed
