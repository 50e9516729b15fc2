"""Importance sampling of a block: unbiased, exact draws, a finer rule."""

import numpy as np
import pytest

from tests.inference.marginal.blocks.panels import KINDS, each, panel, quadrature
from varmodel.inference.marginal.blocks.conditional import room_for_units
from varmodel.inference.marginal.blocks.importance import (
    FINER,
    FINER_NOISE,
    NOISE,
    PLAIN,
    weigh_blocks,
)
from varmodel.inference.marginal.blocks.scheme import Drawn, Scheme, points_of

ETA = np.array([-0.6, -0.3])
POINT = (0.5, 0.6, 0.5)


def weighed(one, count, *, pairs, seed=1, draw=False, skewed=True):
    """Return columns, u and v of ``count`` repetitions of one point."""
    laid = one.laid(ETA, np.tile(POINT, (count, 1)))
    units, providers = one.layout.starts[-1], len(one.periods)
    lasting = np.empty((count if draw else 0, providers))
    transient = np.empty((count if draw else 0, units))
    row, place = (
        np.arange(count)[np.newaxis, :] if draw else np.empty((0, 0), int),
        np.arange(units),
    )
    drawn, out = Drawn(lasting, transient, row, place, np.empty((0, 0, 0))), np.empty((count, 4))
    rng = np.random.default_rng(seed)
    state, picking = rng.integers(2**63, size=(2, count)).astype(np.uint64)
    room, most = room_for_units(one.layout.most), one.layout.most
    scheme = points_of(Scheme(pairs, 1e-4, skewed=skewed), most)
    weigh_blocks(one.model, one.layout, *laid, scheme, state, picking, room, drawn, out)
    return out, lasting, transient


@pytest.mark.parametrize("kind", each(KINDS))
def test_the_finer_rule_is_the_integral(kind):
    one = panel(kind, ((0, 1),), size=4)
    exact = quadrature(one, ETA, POINT)[0]
    out = weighed(one, 64, pairs=256, skewed=False)[0]
    noise = np.sqrt(out[:, FINER_NOISE].mean())
    assert noise < 2e-3
    assert out[:, FINER].mean() == pytest.approx(exact, abs=noise + 1e-9)
    assert out[:, FINER].std() == pytest.approx(noise, rel=0.5, abs=1e-9)
    assert out[:, PLAIN].std() == pytest.approx(np.sqrt(out[:, NOISE].mean()), rel=0.4)


@pytest.mark.parametrize("skewed", [False, True])
def test_the_mean_of_the_weights_has_no_bias(skewed):
    """However few the points; the log of the mean has."""
    one = panel("binomial", ((0, 1),), size=2)
    exact = quadrature(one, ETA, POINT)[0]
    ratio = np.exp(weighed(one, 20_000, pairs=2, skewed=skewed)[0][:, PLAIN] - exact)
    assert ratio.mean() == pytest.approx(1, abs=4 * ratio.std() / np.sqrt(len(ratio)))


@pytest.mark.parametrize("kind", each(["binomial", "poisson"]))
def test_draws_are_those_of_the_posterior(kind):
    """Two providers; draws weighted by the evidence are exact with few points."""
    one = panel(kind, ((0, 1), (2, 3)), size=3)
    out, lasting, transient = weighed(one, 30_000, pairs=4, draw=True)
    weight = np.exp(out[:, PLAIN] - out[:, PLAIN].max())
    weight /= weight.sum()
    b = transient.reshape(-1, 2, 2) + lasting[:, :, np.newaxis]
    for j in range(2):
        alone = type(one)(
            kind, one.response[4 * j : 4 * j + 4], one.size[4 * j : 4 * j + 4], [one.periods[j]]
        )
        _, mean, spread = quadrature(alone, ETA, POINT)
        found = weight @ b[:, j]
        away = b[:, j] - mean
        error = np.sqrt(np.diag(spread) * (weight**2).sum())
        assert (np.abs(found - mean) < 4 * error).all()
        np.testing.assert_allclose((away.T * weight) @ away, spread, atol=0.03 * spread[0, 0])
        # u given b: its mean is a share of the mean of b, its variance what is left
        prior = alone.covariance(POINT)
        gain = np.linalg.solve(prior, np.full(2, POINT[0] ** 2))
        rest = lasting[:, j] - b[:, j] @ gain
        left = POINT[0] ** 2 * (1 - gain.sum())
        assert abs(weight @ rest) < 4 * np.sqrt(left * (weight**2).sum())
        assert weight @ rest**2 == pytest.approx(left, rel=0.05)
