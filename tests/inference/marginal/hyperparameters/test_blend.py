"""A blend of the grid's proposal and t laws: exact whatever it is made of."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal.hand_made import toy_problem
from varmodel.inference.marginal.hyperparameters.blend import (
    Blend,
    Component,
    _component,
    _known,
    add_components,
    normalise,
    weigh,
)
from varmodel.inference.marginal.hyperparameters.pilot import explore
from varmodel.inference.marginal.hyperparameters.proposal import Points, freeze
from varmodel.inference.marginal.quadrature.evaluator import evaluator

COUNT = 20_000


@pytest.fixture(scope="module")
def chosen():
    return evaluator(toy_problem("surgical"), nodes=7)


@pytest.fixture(scope="module")
def base(chosen):
    return freeze(explore(chosen), width=np.array([1.05]))


@pytest.fixture(scope="module")
def blend(base):
    """Two laws, one of them half off the grid."""
    middle = np.array([base.axes[0].mean(), base.psi.mean()])
    end = np.array([base.axes[0][-1], base.psi.mean()])
    first = Component(middle, np.array([[0.3, 0.0], [0.1, 0.2]]))
    return Blend(base, (first, Component(end, 0.2 * np.eye(2))), np.array([0.5, 0.3, 0.2]))


def test_a_component_is_a_t_law():
    factor = np.array([[0.5, 0.0], [-0.2, 0.4]])
    one = Component(np.array([1.0, -2.0]), factor)
    x = one.draw(np.random.default_rng(1), COUNT)
    law = stats.multivariate_t(one.centre, factor @ factor.T, df=5)
    np.testing.assert_allclose(one.log_density(x[:50]), law.logpdf(x[:50]))
    z = np.linalg.solve(factor, (x - one.centre).T)
    assert stats.kstest(z[0], stats.t(5).cdf).pvalue > 1e-3
    assert stats.kstest(z[1], stats.t(5).cdf).pvalue > 1e-3


def test_its_density_is_that_of_the_mixture(base, blend):
    points = blend.draw(np.random.default_rng(1), COUNT)
    inside = np.isfinite(points.log_density)
    assert 0.05 < (~inside).mean() < 0.15  # half of the last law
    x = np.hstack([points.chi, points.psi])[inside]
    parts = [base.log_density(points.chi[inside], points.psi[inside])]
    parts += [one.log_density(x) for one in blend.components]
    expected = np.log(np.exp(np.array(parts)).T @ blend.share)
    np.testing.assert_allclose(points.log_density[inside], expected)
    # Any law on the grid: its mean ratio to the density is 1
    ratio = np.exp(parts[0] - points.log_density[inside])
    error = ratio.std() / np.sqrt(COUNT)
    assert ratio.sum() / COUNT == pytest.approx(1, abs=4 * error)


def test_nothing_is_weighed_off_the_grid(chosen, blend):
    points = blend.draw(np.random.default_rng(1), 2_000)
    found = weigh(chosen, blend, points=points)
    off = np.isinf(points.log_density)
    assert (found.log_ratio[off] == -np.inf).all()
    assert np.isfinite(found.posterior).all()
    assert normalise(found.log_ratio)[off].sum() == 0


def test_weights_of_a_blend_give_the_same_posterior(chosen, base, blend):
    """With a proposal of the grid alone, and with one that is anything but good."""
    means = []
    for proposal in (base, blend):
        found = weigh(chosen, proposal, points=proposal.draw(np.random.default_rng(3), COUNT))
        weight = normalise(found.log_ratio)
        means.append(weight @ np.column_stack([found.points.chi, found.points.psi]))
    np.testing.assert_allclose(means[0], means[1], atol=0.02)


def test_laws_are_added_where_the_proposal_lacks_mass(chosen, base):
    """Centred two sds off the modes, the base alone wastes most of its points."""
    off = freeze(base.grid, width=base.width, shift=np.array([0.6]))
    rng = np.random.default_rng(1)
    start = Blend(off, (), np.ones(1))
    seen = weigh(chosen, off, points=off.draw(rng, 2_000))
    made = add_components(chosen, [seen], start=start, rng=rng)
    sizes = []
    for proposal in (off, made):
        weight = normalise(weigh(chosen, proposal, points=proposal.draw(rng, 2_000)).log_ratio)
        sizes.append(1 / (weight**2).sum())
    assert made.components
    assert sizes[1] > 2 * sizes[0]


def test_even_weights_ask_for_none(chosen, base):
    rng = np.random.default_rng(1)
    seen = weigh(chosen, base, points=base.draw(rng, 2_000))
    assert (
        add_components(chosen, [seen], start=Blend(base, (), np.ones(1)), rng=rng).components == ()
    )


def test_a_component_stands_whatever_its_neighbours():
    """All weight on one point, and points on a line."""
    x = np.column_stack([np.linspace(0, 1, 600)] * 3)
    weight = np.zeros(600)
    weight[7] = 1.0
    one = _component(x, weight)
    np.testing.assert_array_equal(one.centre, x[7])
    assert np.isfinite(one.log_density(x)).all()


@pytest.mark.parametrize(("far", "kept"), [(1e4, True), (10.0, False)])
def test_a_point_where_the_likelihood_overflows_counts_for_nothing_if_it_is_far_out(far, kept):
    """The prior alone has to say that it is: the other one may be where the mass is."""
    points = Points(np.zeros((3, 1)), np.array([[0.0], [1.0], [far]]), np.zeros(3), np.arange(3))
    problem = SimpleNamespace(log_prior=lambda _, psi: -psi[:, 0])
    found = SimpleNamespace(problem=problem)
    posterior = np.array([-3.0, -2.0, np.nan])
    if kept:
        np.testing.assert_array_equal(_known(found, points, posterior), [-3.0, -2.0, -np.inf])
    else:
        with pytest.raises(FloatingPointError, match="the prior allows"):
            _known(found, points, posterior)
