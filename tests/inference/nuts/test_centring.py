"""How far each provider is centred."""

import numpy as np
import pytest

from tests.estimands.hand_made import make_frame, make_spec
from tests.fits.hand_made import TRUTH, whole_fit
from varmodel.inference.nuts.centring import (
    HALF,
    centred_share,
    moment_variance,
    provider_information,
)


def share_frame(events, trials, mean):
    count = len(events)
    spec = make_spec("share")
    frame = make_frame(
        spec,
        provider=range(count),
        pattern=[0] * count,
        design=np.zeros((1, 0)),
        events=events,
        trials=trials,
    )
    return frame.assign_attrs(family="binomial", pooled_mean=mean, pooled_sd=1.0)


@pytest.mark.parametrize("form", TRUTH)
def test_shares_lie_between_0_and_1_and_grow_with_information(form):
    frame = whole_fit(form, providers=40).frame
    share = centred_share(frame)
    information, _ = provider_information(frame)
    assert share.shape == (40,)
    assert ((share >= 0) & (share < 1)).all()
    assert (np.diff(share[np.argsort(information)]) >= 0).all()
    assert share.max() > 0


def test_nobody_is_centred_without_excess_variation():
    frame = share_frame([50, 50, 50, 50], [100, 100, 100, 100], 0.5)
    assert (centred_share(frame) == 0).all()


def test_much_information_and_much_variation_centre_fully():
    frame = share_frame([2e5, 4e5, 6e5, 8e5], [1e6, 1e6, 1e6, 1e6], 0.5)
    assert (centred_share(frame) > 0.99).all()


def test_by_hand():
    frame = share_frame([30.0, 70.0], [100.0, 100.0], 0.5)
    information, score = provider_information(frame)
    np.testing.assert_allclose(information, [25, 25])
    np.testing.assert_allclose(score, [-20, 20])
    # Q = 2 x 400 / 25 = 32; (Q - 1) / (50 - 1250 / 50) = 31 / 25
    assert moment_variance(information, score) == pytest.approx(31 / 25)
    odds = 25 * 31 / 25
    np.testing.assert_allclose(centred_share(frame), odds / (HALF + odds))


@pytest.mark.parametrize("trials", [[100, 0, 0, 0], [100, 50, 0, 0]])
def test_providers_without_cases_are_not_centred(trials):
    frame = share_frame([30 if n else 0 for n in trials], trials, 0.3)
    share = centred_share(frame)
    assert np.isfinite(share).all()
    assert (share[np.equal(trials, 0)] == 0).all()


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_a_national_mean_at_the_bound_is_no_trouble(mean):
    frame = share_frame([100 * mean] * 4, [100] * 4, mean)
    assert np.isfinite(centred_share(frame)).all()
