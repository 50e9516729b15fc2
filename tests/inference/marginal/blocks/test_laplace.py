"""Evidence by Laplace and the term of fourth order: against integrals, and in its limits."""

import numpy as np
import pytest
from scipy import special, stats

from tests.inference.marginal.blocks.panels import KINDS, each, panel, quadrature

ETA = np.array([-0.6, -0.3])
POINTS = [(0.5, 0.3, 0.6), (0.2, 0.6, -0.5), (0.8, 0.05, 0.9)]
each_kind = pytest.mark.parametrize("kind", each(KINDS))


@each_kind
@pytest.mark.parametrize("periods", [(0,), (0, 1), (0, 3)])
def test_it_is_the_integral(kind, periods):
    for size, close in ((6, 2e-3 if kind == "beta_binomial" else 4e-4), (40, 6e-4)):
        one = panel(kind, (periods,), size=size)
        for point in POINTS:
            exact = quadrature(one, ETA, point)[0]
            for start in (0.0, 3.0):
                found = one.evidence(ETA, point, start=start)[0]
                assert found == pytest.approx(exact, abs=close), (size, point, start)


@pytest.mark.parametrize("kind", each(["poisson", "binomial"]))
def test_the_rest_is_of_higher_order(kind):
    """With n times the cases Laplace's error falls as 1/n, that beyond the term as 1/n^2."""
    errors = []
    for many in (4, 16):
        one = panel(kind, ((0, 1),), size=6, seed=3)
        thick = type(one)(kind, one.response * many, one.size * many, one.periods)
        point = (0.5, 0.4, 0.3)
        errors.append(abs(thick.evidence(ETA, point)[0] - quadrature(thick, ETA, point)[0]))
    assert errors[1] < errors[0] / 6 or errors[0] < 2e-5


@pytest.mark.long
def test_measurements_are_exact():
    """Against the dense multivariate normal, periods missing."""
    periods = ((0, 1, 2, 5, 6, 9), (3,), (2, 8))
    one = panel("normal", periods)
    points = np.array([(0.5, 0.3, 0.6), (0.2, 1.5, -0.9), (1e-4, 0.7, 0.99)])
    found, precision = one.evidence(ETA, points), 7.0
    for point, value in zip(points, found, strict=True):
        exact, unit = 0.0, 0
        for j, own in enumerate(periods):
            at = slice(2 * unit, 2 * (unit + len(own)))
            y, n = one.response[at] - np.tile(ETA, len(own)), one.size[at]
            spread = np.kron(one.covariance(point, j), np.ones((2, 2)))
            spread += np.diag(1 / (precision * n))
            exact += stats.multivariate_normal(cov=spread).logpdf(y)
            exact -= 0.5 * np.log(precision * n / (2 * np.pi)).sum()
            unit += len(own)
        assert value == pytest.approx(exact, abs=1e-9)


@each_kind
def test_without_v_a_provider_has_one_number(kind):
    """As tau_v tends to 0, whatever rho; and rho = 1 is a larger tau_u."""
    many = panel(kind, ((0, 1, 2, 6),), size=8)
    points = np.array([(0.5, 1e-8, 0.3), (0.5, 1e-12, -0.9), (0.3, 0.4, 1.0)])
    b = np.linspace(-6, 6, 20_001)
    logs = sum(many.log_likelihood(ETA, b, t) for t in range(4)) - 0.5 * (b / 0.5) ** 2
    exact = special.logsumexp(logs) + np.log(b[1] - b[0]) - np.log(0.5 * np.sqrt(2 * np.pi))
    found = many.evidence(ETA, points)
    np.testing.assert_allclose(found, exact, atol=3e-4)
    np.testing.assert_allclose(found, found[0], atol=1e-6)


def test_a_period_split_in_two_is_not_the_same_provider():
    """Independent v: what two periods have in common is u alone; providers are independent."""
    one = panel("binomial", ((0, 1),))
    halves = panel("binomial", ((0,), (0,)))
    assert one.response.tolist() == halves.response.tolist()
    without_u = np.array([(1e-9, 0.6, 0.0)])
    np.testing.assert_allclose(
        one.evidence(ETA, without_u), halves.evidence(ETA, without_u), atol=2e-5
    )
    with_u = (0.6, 0.3, 0.0)
    exact = quadrature(one, ETA, with_u)[0]
    assert one.evidence(ETA, with_u)[0] == pytest.approx(exact, abs=3e-4)
    assert abs(halves.evidence(ETA, with_u)[0] - exact) > 0.01


@pytest.mark.parametrize("kind", each(["poisson", "binomial", "normal"]))
def test_cells_of_a_period_may_be_split(kind):
    one = panel(kind, ((0, 2),))
    shares = one.response if kind == "normal" else one.response / 2
    split = type(one)(kind, np.repeat(shares, 2), np.repeat(one.size / 2, 2), one.periods)
    for point in POINTS:
        found = split.evidence(np.repeat(ETA, 2), point)
        np.testing.assert_allclose(found, one.evidence(ETA, point), rtol=1e-9)


def test_a_point_does_not_know_its_neighbours():
    one = panel("binomial", ((0, 1, 3), (2,), (0, 3)))
    rng = np.random.default_rng(2)
    points = np.column_stack([*rng.uniform(0.1, 1, (2, 70)), rng.uniform(-0.9, 0.9, 70)])
    whole = one.evidence(ETA, points)
    for k in (0, 31, 32, 69):
        assert one.evidence(ETA, points[k])[0] == pytest.approx(whole[k], abs=1e-12)
