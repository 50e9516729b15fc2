"""Points from skewed distributions: what few events leave of a block, against brute force."""

import numpy as np
import pytest

from tests.inference.marginal.blocks.panels import Panel, each
from varmodel.inference.marginal.blocks.conditional import room_for_units
from varmodel.inference.marginal.blocks.importance import weigh_blocks
from varmodel.inference.marginal.blocks.laplace import NEAR
from varmodel.inference.marginal.blocks.scheme import Drawn, Scheme, points_of, weights_alone
from varmodel.numerics.pareto import smooth_weights

ETA = np.array([-1.0, -0.6])
#: tau_u, tau_v and rho: wide, so that the effects of few events are skewed.
POINT = (1.1, 0.9, 0.6)
#: Events of the two units, of two cells of four cases each.
FEW = [(0, 0), (0, 2), (1, 0)]


def sparse(kind, events, *, cases=4.0):
    response = np.ravel([[many, 0] for many in events]).astype(float)
    return Panel(kind, response, np.full(len(response), cases), [np.arange(len(events))])


def weighed(one, scheme, count, *, point=POINT, keep=False):
    """Return b of a point that is drawn (count, unit), or log weights (weight,) of all points."""
    laid, units = one.laid(ETA, np.tile(point, (count, 1))), one.layout.starts[-1]
    lasting, transient = np.empty((count, 1)), np.empty((count, units))
    logs = np.empty((1 if keep else 0, 2 * scheme.pairs, count))
    row, place = np.arange(count)[np.newaxis, :], np.arange(units)
    drawn = weights_alone(logs) if keep else Drawn(lasting, transient, row, place, logs)
    state, picking = np.random.default_rng(1).integers(2**63, size=(2, count)).astype(np.uint64)
    scheme, room = points_of(scheme, one.layout.most), room_for_units(one.layout.most)
    out = np.empty((count, 4))
    weigh_blocks(one.model, one.layout, *laid, scheme, state, picking, room, drawn, out)
    return logs.ravel() if keep else lasting + transient


def moments(b, share):
    """Give means, sds, skewnesses and the correlation of two units."""
    mean = share @ b
    sd = np.sqrt(share @ (b - mean) ** 2)
    z = (b - mean) / sd
    return np.array([*mean, *sd, *(share @ z**3), share @ z.prod(axis=1)])


@pytest.mark.parametrize("kind", each(["binomial", "poisson", "negative_binomial"]))
@pytest.mark.parametrize("events", FEW)
def test_draws_of_few_events_are_those_of_the_posterior(kind, events):
    one, count = sparse(kind, events), 60_000
    line = np.linspace(-9, 6, 601)
    b = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    prior = one.covariance(POINT)
    logs = sum(one.log_likelihood(ETA, b[:, t], t) for t in range(2))
    logs -= 0.5 * (b * np.linalg.solve(prior, b.T).T).sum(axis=1)
    share = np.exp(logs - logs.max())
    exact = moments(b, share / share.sum())
    drawn = weighed(one, Scheme(4, NEAR, chained=True), count)
    found = moments(drawn, np.full(count, 1 / count))
    sd = exact[2:4]
    error = np.array([*sd, *(0.8 * sd), 3.0, 3.0, 1.0]) / np.sqrt(count)
    assert abs(exact[4:6]).max() > 0.15
    assert (np.abs(found - exact) < 4 * error).all(), (found, exact)


@pytest.mark.parametrize("events", [[0] * 8, [0, 1, 0, 2, 0, 0, 1, 0]])
def test_few_events_leave_no_heavy_weight(events):
    """Where normals about the mode do."""
    one, wide = sparse("binomial", events), (2.5, 0.5, 0.6)
    k, normal = (
        smooth_weights(weighed(one, Scheme(512, NEAR, skewed=skewed), 4, point=wide, keep=True))[1]
        for skewed in (True, False)
    )
    assert k < 0.5
    assert k < normal
