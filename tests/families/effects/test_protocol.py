"""Every distribution of the provider effects keeps the protocol: density, draws, priors."""

import itertools

import numpy as np
import pytest
from scipy import integrate, stats

from varmodel.families import EFFECTS
from varmodel.families.effects import flexible_spline
from varmodel.families.effects.flexible import RIDGE

SHAPES = {
    "normal": [[]],
    "student_t": [[2.3], [5.0], [200.0]],
    "mixture": [[0.1, 4.0], [0.5, 2.5], [0.9, 0.01]],
    "flexible": [[0, 0, 0], [0.4, -0.3, 0.2], [-0.6, 0.9, 0.5]],
}
CASES = [(EFFECTS[name], np.array(x, float)) for name, shapes in SHAPES.items() for x in shapes]
each_law = pytest.mark.parametrize("distribution", EFFECTS.values(), ids=EFFECTS)
each_case = pytest.mark.parametrize(
    ("distribution", "shape"), CASES, ids=lambda x: getattr(x, "name", None)
)


def ends(distribution, shape, sd=1.0):
    """Where the density ends, or has fallen to nothing."""
    if distribution.name == "student_t":
        return -np.inf, np.inf
    if distribution.name != "flexible":
        return -12 * sd, 12 * sd
    spline = flexible_spline(shape)
    return tuple(sd * (spline.knots[[0, -1]] - spline.mean) / spline.sd)


def integral(distribution, shape, function, *, sd=1.0, upper=None):
    def integrand(b):
        return function(b) * np.exp(distribution.log_density(np.array([b]), sd, shape)[0])

    low, high = ends(distribution, shape, sd)
    high = high if upper is None else min(high, upper)
    if np.isinf(low):
        return integrate.quad(integrand, low, high, epsabs=1e-12, limit=500)[0]
    edges = np.linspace(low, high, 30)
    return sum(integrate.quad(integrand, *pair)[0] for pair in itertools.pairwise(edges))


def one(x):
    del x
    return 1.0


def test_every_law_is_tested():
    assert set(SHAPES) == set(EFFECTS)
    assert [distribution.name for distribution in EFFECTS.values()] == list(EFFECTS)


@each_case
def test_the_density_has_mean_zero_and_the_sd(distribution, shape):
    sd = 0.3
    assert integral(distribution, shape, one, sd=sd) == pytest.approx(1, abs=1e-8)
    assert integral(distribution, shape, lambda b: b, sd=sd) == pytest.approx(0, abs=1e-8)
    if distribution.name == "student_t":
        if shape[0] > 4:
            assert integral(distribution, shape, lambda b: b**2, sd=sd) == pytest.approx(
                sd**2, rel=1e-5
            )
    else:
        assert integral(distribution, shape, lambda b: b**2, sd=sd) == pytest.approx(
            sd**2, rel=1e-8
        )


@each_case
def test_draws_follow_the_density(distribution, shape):
    drawn = np.sort(distribution.draw(np.random.default_rng(5), 0.3, shape, 20_000))
    assert drawn.shape == (20_000,)
    places = np.linspace(0, len(drawn) - 1, 14).astype(int)[1:-1]
    below = [integral(distribution, shape, one, sd=0.3, upper=drawn[k]) for k in places]
    assert np.abs(np.array(below) - places / len(drawn)).max() < stats.kstwo(20_000).ppf(0.999)


@each_law
def test_the_prior_integrates_to_one(distribution):
    if distribution.size == 0:
        assert distribution.log_prior(np.empty((3, 0))).tolist() == [0, 0, 0]
        return
    axes = {"student_t": [(-20, 6)], "mixture": [(-40, 40), (-25, 4)]}
    axes = axes.get(distribution.name, [(-20, 20)] * distribution.size)
    if distribution.name == "flexible":  # a product: one axis at a time, the others at 0
        zero = distribution.log_prior(np.zeros(distribution.size))
        x = np.linspace(*axes[0], 4001)
        for number in range(distribution.size):
            u = np.zeros((len(x), distribution.size))
            u[:, number] = x
            total = integrate.trapezoid(
                np.exp(distribution.log_prior(u) - zero * (1 - 1 / distribution.size)), x
            )
            assert total == pytest.approx(1, abs=1e-8)
        return
    grids = [np.linspace(*axis, 2001) for axis in axes]
    u = np.stack(np.meshgrid(*grids, indexing="ij"), axis=-1)
    density = np.exp(distribution.log_prior(u))
    for x in reversed(grids):
        density = integrate.trapezoid(density, x)
    assert density == pytest.approx(1, abs=1e-6)


@each_law
def test_draws_of_the_shape_follow_its_prior(distribution):
    rng = np.random.default_rng(1)
    drawn = np.array([distribution.draw_shape(rng) for _ in range(4000)])
    assert drawn.shape == (4000, distribution.size)
    margins = {
        "student_t": [stats.gamma(2, loc=2, scale=10)],
        "mixture": [stats.uniform(), stats.halfnorm(scale=3)],
        "flexible": [stats.norm(0, RIDGE)] * distribution.size,
    }
    for column, margin in zip(drawn.T, margins.get(distribution.name, []), strict=True):
        assert stats.kstest(column, margin.cdf).pvalue > 0.001


@each_law
def test_the_natural_parameters_stay_in_the_ranges_of_the_prior(distribution):
    assert len(distribution.ranges) in (0, distribution.size)
    u = (
        np.zeros((5, distribution.size))
        if not distribution.ranges
        else np.array([low for low, _ in distribution.ranges])
    )
    assert distribution.natural(u).shape == u.shape
    if distribution.name == "student_t":
        np.testing.assert_allclose(
            [distribution.natural(np.array(x)) for x in distribution.ranges], [[2.05, 200]]
        )
    if distribution.name == "mixture":
        np.testing.assert_allclose(distribution.natural(np.array([0.0, np.log(2)])), [0.5, 2])


@each_case
def test_arguments_broadcast(distribution, shape):
    """A batch of sds and shapes gives what each gives by itself."""
    rng = np.random.default_rng(2)
    sd = rng.uniform(0.2, 1.0, (2, 3))
    shapes = np.broadcast_to(shape, (2, 3, distribution.size)) * rng.uniform(0.99, 1, (2, 3, 1))
    b = rng.normal(0, 0.5, (2, 3, 7))
    whole = distribution.log_density(b, sd, shapes)
    gaps = distribution.median_gap(shapes)
    assert whole.shape == b.shape
    assert gaps.shape == sd.shape
    assert distribution.draw(rng, sd, shapes, 11).shape == (2, 3, 11)
    assert distribution.draw(rng, sd, shape, 11).shape == (2, 3, 11)
    for place in np.ndindex(sd.shape):
        single = distribution.log_density(b[place], sd[place], shapes[place])
        np.testing.assert_allclose(whole[place], single, rtol=1e-12)
        np.testing.assert_allclose(gaps[place], distribution.median_gap(shapes[place]), rtol=1e-12)


@each_case
def test_normals_are_the_density(distribution, shape):
    if distribution.normals is None:
        assert distribution.name in {"student_t", "flexible"}
        return
    made = distribution.normals(0.3, shape)
    b = np.linspace(-40, 40, 2001) * 0.3
    parts = stats.norm.logpdf(b[:, np.newaxis], made.mean, made.sd)
    exact = distribution.log_density(b, 0.3, shape)
    found = np.logaddexp.reduce(parts + made.log_weight, axis=1)
    np.testing.assert_allclose(found, exact, atol=1e-8)


@each_case
def test_the_median_gap_parts_pairs_in_two(distribution, shape):
    gap = float(distribution.median_gap(shape))
    drawn = distribution.draw(np.random.default_rng(8), 1.0, shape, 400_000).reshape(2, -1)
    share = (np.abs(drawn[0] - drawn[1]) < gap).mean()
    assert share == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(200_000))


@each_law
def test_the_normal_lies_at_the_edge_of_every_law(distribution):
    """One sd, no heavy tail, no distance, no shape: the normal's median gap."""
    normal = {"normal": [], "student_t": [200.0], "mixture": [0.3, 1e-6], "flexible": [0.0] * 3}
    found = distribution.median_gap(np.array(normal[distribution.name]))
    tolerance = 0.003 if distribution.name == "student_t" else 2e-5
    assert found == pytest.approx(np.sqrt(2) * stats.norm.ppf(0.75), rel=tolerance)


@each_law
def test_natural_parameters_have_the_names_of_the_posterior(distribution):
    shape = np.arange(2.0 * distribution.size).reshape(2, distribution.size)
    named = distribution.named(shape)
    assert tuple(named) == distribution.parameters
    joined = [values.reshape(2, -1) for values in named.values()]
    np.testing.assert_array_equal(np.concatenate([np.empty((2, 0)), *joined], axis=1), shape)
