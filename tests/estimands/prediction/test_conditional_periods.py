"""The distribution of a new provider's effects over periods, whatever the law of what lasts."""

import numpy as np
from scipy import special, stats

from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.transient import StackedTransient
from varmodel.estimands.prediction.conditional_periods import _prior_of
from varmodel.families import EFFECTS


def test_a_path_s_density_where_the_lasting_effect_is_two_normals():
    """Sums over nodes of u against the closed form: a mixture of normals of the path."""
    law, sd, rho, tau = EFFECTS["mixture"], 0.3, 0.6, np.array([0.4])
    shape = law.natural(np.array([[-1.0, 0.8]]))
    source = Source(None, law, None, tau, shape, own={})
    transient = StackedTransient(np.array([sd]), np.array([rho]), np.empty((1, 0, 3)), np.arange(3))
    lags = np.abs(np.subtract.outer(np.arange(3.0), np.arange(3.0)))
    density = _prior_of(source, transient, draws=slice(None), lags=lags)
    points = np.random.default_rng(1).normal(0, 0.6, (1, 40, 3))
    normals = law.normals(float(tau[0]), shape[0])
    parts = [
        weight
        + stats.multivariate_normal(np.full(3, mean), sd**2 * rho**lags + own**2).logpdf(points[0])
        for weight, mean, own in zip(normals.log_weight, normals.mean, normals.sd, strict=True)
    ]
    gap = density(points)[0] - special.logsumexp(parts, axis=0)
    assert np.ptp(gap) < 1e-6
