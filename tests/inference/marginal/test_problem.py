"""What the sampler reads of a frame."""

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal.hand_made import (
    POSITIVE_TOYS,
    SHAPES,
    chi_of,
    psi_of,
    request_of,
    toy_problem,
)
from varmodel.families import FAMILIES
from varmodel.families.effects import EFFECTS


def test_a_frame_is_read_whole():
    problem, frame = toy_problem("share"), request_of("share").frame
    assert problem.family is FAMILIES["binomial"]
    assert problem.providers == 20
    assert problem.starts[0] == 0
    assert problem.starts[-1] == len(problem.cells.response)
    np.testing.assert_array_equal(np.diff(problem.starts), np.bincount(problem.provider))
    np.testing.assert_array_equal(problem.design[:, 0], 1)
    psi = np.array([-1.0, 0.3, 0.2])
    by_hand = -1 + frame["design"].to_numpy() @ psi[1:]
    np.testing.assert_allclose(problem.eta(psi), by_hand, rtol=1e-14)
    np.testing.assert_allclose(problem.eta(np.stack([psi, psi]))[1], problem.eta(psi))


def test_measurements_have_a_second_sd():
    problem = toy_problem("measurements")
    assert problem.values(np.log([0.5, 2.0]), np.zeros(1)) == {"residual_sd": pytest.approx(2)}
    assert toy_problem("share").values(np.log([0.5]), np.zeros(1)) == {}


def test_the_prior_is_that_of_the_spec_in_the_logs_of_the_sds():
    problem = toy_problem("surgical")
    chi, psi = np.log([0.7]), np.array([-2.0])
    expected = stats.halfnorm.logpdf(0.7) + np.log(0.7) + stats.norm.logpdf(-2, scale=10)
    assert problem.log_prior(chi, psi) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["share", "measurements"])
def test_the_prior_is_a_density_in_chi(name):
    """It integrates to the density of psi: without the Jacobian it would not."""
    problem = toy_problem(name)
    psi = problem.prior_mean
    axes = [np.linspace(-14, 4, 400) for _ in problem.hyperparameters.listed]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    height = np.exp(problem.log_prior(grid.reshape(-1, len(axes)), psi))
    total = height.sum() * np.prod([axis[1] - axis[0] for axis in axes])
    normal = np.prod(np.sqrt(problem.prior_precision / (2 * np.pi)))
    assert total == pytest.approx(normal, rel=1e-3)


@pytest.mark.parametrize("name", POSITIVE_TOYS)
def test_positive_measurements_have_a_second_sd_too(name):
    problem = toy_problem(name)
    assert [one.name for one in problem.hyperparameters.listed] == ["provider_sd", "residual_sd"]
    assert problem.cells.spread is not None


@pytest.mark.parametrize("name", ["share", "measurements"])
@pytest.mark.parametrize("effect", SHAPES)
def test_where_the_coordinates_of_a_law_lie(name, effect):
    """Between the logs of the sds if they are gridded, else behind the linear terms.

    The grid has room for three: a residual_sd beside a mixture stands behind the linear terms.
    """
    problem, law = toy_problem(name, effect), EFFECTS[effect]
    chi, psi = chi_of(problem, 0.4, 2.0), psi_of(problem, 2.0)
    own = name == "measurements"
    off = own and effect == "mixture"
    assert len(chi) == len(problem.hyperparameters.bounded) == 1 + own - off + len(law.ranges)
    assert len(psi) == problem.size == problem.terms + off + law.size - len(law.ranges)
    np.testing.assert_array_equal(problem.shape(chi, psi), SHAPES[effect])
    assert problem.values(chi, psi) == (
        {"residual_sd": pytest.approx(2)} if name == "measurements" else {}
    )
    stacked = problem.shape(np.stack([chi, chi]), np.stack([psi, psi]))
    assert stacked.shape == (2, law.size)


@pytest.mark.parametrize("effect", SHAPES)
def test_the_prior_of_a_law_stands_beside_the_others(effect):
    problem, plain = toy_problem("share", effect), toy_problem("share")
    chi, psi = chi_of(problem, 0.4), psi_of(problem)
    expected = plain.log_prior(chi[:1], psi[: plain.size])
    expected += EFFECTS[effect].log_prior(np.array(SHAPES[effect]))
    assert problem.log_prior(chi, psi) == pytest.approx(expected, rel=1e-12)
    both = problem.log_prior(np.stack([chi, chi]), np.stack([psi, psi]))
    np.testing.assert_allclose(both, expected)


def test_the_prior_scale_is_that_of_each_coordinate():
    problem = toy_problem("share", "flexible")
    scale = problem.prior_scale
    np.testing.assert_allclose(scale[: problem.terms], problem.prior_precision**-0.5)
    psi = psi_of(problem, shape=[0.0, 0, 0])
    top = problem.log_prior(chi_of(problem, 0.4), psi)
    for k in range(problem.terms, problem.size):
        moved = psi + scale[k] * np.eye(problem.size)[k]
        assert top - problem.log_prior(chi_of(problem, 0.4), moved) == pytest.approx(0.5)
