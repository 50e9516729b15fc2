"""The Student-t as a mixture of normals: exact enough, small enough, quick enough."""

import time

import numpy as np
import pytest
from scipy import integrate, stats

from varmodel.families import EFFECTS

LAW = EFFECTS["student_t"]


@pytest.mark.parametrize("nu", [2.05, 2.06, 2.1, 2.3, 3, 5, 9, 17, 40, 90, 200])
def test_the_mixture_is_the_density_to_forty_sds(nu):
    made = LAW.normals(0.7, np.array([nu]))
    b = np.concatenate([[0.0], np.geomspace(1e-3, 40, 3000)]) * 0.7
    scale = 0.7 * np.sqrt((nu - 2) / nu)
    exact = stats.t(nu, scale=scale).pdf(b)
    parts = stats.norm.pdf(b[:, np.newaxis], made.mean, made.sd)
    assert np.abs(parts @ np.exp(made.log_weight) / exact - 1).max() < 1e-8
    assert 30 <= len(made.sd) <= 42
    assert np.exp(made.log_weight).sum() == pytest.approx(1, abs=1e-8)


def test_the_mixture_is_cheap():
    shape = np.array([5.0])
    LAW.normals(1.0, shape)
    start = time.process_time()
    for _ in range(1000):
        LAW.normals(1.0, shape)
    assert time.process_time() - start < 0.2  # usually .02


@pytest.mark.parametrize("nu", [2.05, 2.4, 3.0, 4.0, 30.0, 200.0])
def test_the_median_gap(nu):
    """Half of all pairs are nearer, by integrating the t's distribution function."""
    scale = np.sqrt((nu - 2) / nu)
    law, gap = stats.t(nu, scale=scale), float(LAW.median_gap(np.array([nu])))

    def inside(x):
        return law.pdf(x) * (law.cdf(x + gap) - law.cdf(x - gap))

    parts = [(-np.inf, -scale), (-scale, scale), (scale, np.inf)]
    share = sum(integrate.quad(inside, *part, epsabs=1e-12)[0] for part in parts)
    assert share == pytest.approx(0.5, abs=1e-8)
