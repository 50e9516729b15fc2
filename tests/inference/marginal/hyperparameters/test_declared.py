"""Which hyperparameters there are, where they stand, and the same posterior wherever they do."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal.hand_made import make_problem, toy_problem
from varmodel.families import Cells
from varmodel.families.effects import EFFECTS
from varmodel.families.parameters import EFFECT, Parameter, dispersion
from varmodel.families.priors import Prior
from varmodel.inference.marginal.hyperparameters.declared import (
    CORRELATION,
    correlation,
    declare,
    place_on_grid,
)
from varmodel.inference.marginal.sampler import sample

HALF = Prior("half_normal", sigma=0.5)
SDS = [Parameter(name, EFFECT, "nonnegative", lambda *_: HALF) for name in ("provider_sd", "other")]


def declared(*, effect="normal", periods=False):
    listed = [*SDS[: 1 + periods], dispersion()]
    rho = [correlation("rho", a=4, b=2, gridded=False)] * periods
    priors = [(one, HALF) for one in listed]
    return declare(priors, starts={}, law=EFFECTS[effect], terms=2, correlations=rho)


def test_every_hyperparameter_is_read_where_it_stands():
    every = declared(effect="flexible", periods=True)
    assert [one.name for one in every.gridded] == ["provider_sd", "other"]
    assert [one.name for one in every.sampled] == ["flexible", "dispersion", "rho"]
    chi, psi = np.array([[0.1, 0.2]] * 3), np.array([[9.0, 9, 1, 2, 3, 4, 5]] * 3)
    assert every.size == psi.shape[1]
    read = {x.name: every.coordinates(chi, psi, name=x.name)[0].tolist() for x in every.listed}
    assert read == {
        "provider_sd": [0.1],
        "other": [0.2],
        "flexible": [1, 2, 3],
        "dispersion": [4],
        "rho": [5],
    }
    assert every.coordinate(chi, psi, name="other").tolist() == [0.2] * 3
    values = every.values(chi, psi, roles=(EFFECT, CORRELATION))
    expected = {"provider_sd": np.exp(0.1), "other": np.exp(0.2), "rho": np.tanh(5)}
    assert {name: x[0] for name, x in values.items()} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("effect", "periods", "axes"),
    [
        ("normal", False, 2),
        ("student_t", False, 3),
        ("mixture", False, 3),
        ("normal", True, 2),
        ("mixture", True, 2),
    ],
)
def test_the_grid_has_at_most_three_axes(effect, periods, axes):
    every = declared(effect=effect, periods=periods)
    assert len(every.bounded) == axes
    assert every["provider_sd"].gridded
    assert every["dispersion"].gridded is (effect != "mixture" and not periods)


def test_the_prior_of_a_correlation_is_a_beta_in_its_atanh():
    rho = correlation("rho", a=4, b=2, gridded=False)
    x = np.linspace(-8, 12, 4_001)
    density = np.exp(rho.log_prior(x[:, np.newaxis]))
    assert density.sum() * (x[1] - x[0]) == pytest.approx(1, abs=1e-6)
    half = (x <= np.arctanh(0.2)) * density
    assert half.sum() * (x[1] - x[0]) == pytest.approx(stats.beta.cdf(0.6, 4, 2), abs=2e-3)
    assert np.tanh(rho.start) == pytest.approx(1 / 3)


def counts(dispersed):
    """Return twelve providers of two units each: little is known of the dispersion."""
    rng = np.random.default_rng(1)
    provider, size = np.repeat(np.arange(12), 2), np.full(24, 60.0)
    own = rng.gamma(dispersed**-2, size=24) * dispersed**2 if dispersed else 1.0
    events = rng.poisson(size * np.exp(0.3 * rng.standard_normal(12))[provider] * own)
    return make_problem(
        "negative_binomial", Cells(events.astype(float), size), provider=provider, tau=0.3
    )


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        (counts(0.0), "dispersion"),
        (counts(0.3), "dispersion"),
        (toy_problem("measurements"), "residual_sd"),
        (toy_problem("positive_measurements", "flexible"), "residual_sd"),
    ],
    ids=["next to nought", "dispersed", "measurements", "beside a shape"],
)
def test_on_the_grid_or_off_it_the_posterior_is_the_same(problem, name):
    """Means, sds and lower tails, within Monte Carlo error; the gate's k-hat is passed by far."""
    every = place_on_grid(problem.hyperparameters, name, gridded=False)
    moved = replace(problem, hyperparameters=every)
    assert len(every.bounded) == len(problem.hyperparameters.bounded) - 1
    pair = [sample(one, draws=2_000, chains=4, random_seed=7) for one in (problem, moved)]
    assert max(pair[1].pareto_k, pair[1].pareto_k_sd) < 0.6
    assert pair[1].edge_mass < 1e-4
    (mean, error), (other, its) = moments(pair[0], problem), moments(pair[1], moved)
    assert (np.abs(mean - other) <= 4.5 * np.hypot(error, its)).all()


def moments(found, problem):
    """Means of the log sds, their squares and tails, intercept and an effect; their errors."""
    every = problem.hyperparameters
    roles = [one.role for one in every.listed if one.prior is not None]
    columns = [np.log(x) for x in every.values(found.chi, found.psi, roles=roles).values()]
    columns += [found.psi[..., 0], found.effects["provider_effect"][..., 1]]
    x = np.stack([*columns, *(c**2 for c in columns), columns[1] < -3.5, columns[1] < -2], axis=-1)
    x = x.reshape(-1, x.shape[-1])
    size = min(found.importance_ess, len(x)) / 2  # of a quantile less than of all
    return x.mean(axis=0), x.std(axis=0) / np.sqrt(size)
