"""Every kind of likelihood has every operation; what the over-dispersed ones give in the end."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.inference.marginal import hand_made
from tests.inference.marginal.blocks import panels
from tests.inference.marginal.hand_made import SHAPES, conditional
from tests.inference.marginal.overdispersed import (
    CASES,
    PLAIN,
    evidence_of,
    point,
    problem_of,
)
from varmodel.families import FAMILIES
from varmodel.families.parameters import DISPERSION
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.likelihood import operations
from varmodel.inference.marginal.likelihood.batch import (
    BASE,
    BATCH,
    EXCESS,
    FOURTH,
    INFORMATION,
    PARAMETER,
    SLOPE,
    THIRD,
    B,
    room_for_rows,
)
from varmodel.inference.marginal.likelihood.beta_binomial import BetaBinomial
from varmodel.inference.marginal.likelihood.binomial import Binomial
from varmodel.inference.marginal.likelihood.exponential import Exponential
from varmodel.inference.marginal.likelihood.negative_binomial import NegativeBinomial
from varmodel.inference.marginal.likelihood.quadratic import Quadratic
from varmodel.inference.marginal.quadrature.evaluator import evaluator

KINDS = (Binomial, Exponential, Quadratic, NegativeBinomial, BetaBinomial)
OPERATIONS = [value for value in vars(operations).values() if hasattr(value, "kinds")]
each_kind = pytest.mark.parametrize("kind", PLAIN)
each_effect = pytest.mark.parametrize("effect", SHAPES)


def test_all_kinds_are_tried():
    assert set(operations._TRAITS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_every_operation(kind):
    concave = operations._TRAITS[kind].log_concave
    batched = {"growth", "normal_share"}
    for ask in OPERATIONS:
        of_batches = ask.__name__ in batched or ask.__name__.endswith("_batch")
        needed = not of_batches if not concave else ask.__name__ != "falls"
        assert (kind in ask.kinds) == needed, ask.__name__


@pytest.mark.parametrize("kind", panels.KINDS)
def test_derivatives_of_a_unit(kind):
    """Against differences of log likelihoods, and these against the formula; 3 and 32 members."""
    one = panels.panel(kind, ((0, 1),), size=30)
    model, (_, predict, parameter, _) = one.model, panels.KINDS[kind]
    eta, s = np.array([-0.6, -0.3]), room_for_rows()
    predictor = np.tile(predict(eta)[:, np.newaxis], (1, BATCH))
    b, apart = np.linspace(-1.5, 1.0, BATCH), 1e-3
    s[PARAMETER : PARAMETER + BATCH] = parameter
    rows = (BASE, SLOPE, INFORMATION, THIRD, FOURTH)

    def at(shift, width, ask=operations.derivatives):
        s[B : B + BATCH], s[EXCESS : EXCESS + BATCH] = b + shift, 0.0
        ask(model, 1, predictor, width, s)
        return np.array([s[row : row + width] for row in rows])

    for width in (3, BATCH):
        here, up, down = (at(x, width) for x in (0.0, apart, -apart))
        exact = one.log_likelihood(eta, b[:width], 1)
        np.testing.assert_allclose(here[0], exact, rtol=1e-11)
        np.testing.assert_allclose(at(0.0, width, operations.log_likelihoods)[0], exact, rtol=1e-11)
        at(0.0, width)
        second = s[EXCESS : EXCESS + width] - here[2]  # the information may be above -l''
        slopes = (up[[0, 1, 3]] - down[[0, 1, 3]]) / (2 * apart)
        below = np.array([here[1], second, here[4]])
        np.testing.assert_allclose(slopes, below, rtol=1e-4, atol=1e-4)
        curved = (up[1] - 2 * here[1] + down[1]) / apart**2
        np.testing.assert_allclose(curved, here[3], rtol=1e-3, atol=1e-3)
        near = at(0.0, width, operations.curvatures)
        np.testing.assert_allclose(near[1:3], here[1:3], rtol=1e-11)
        assert (near[2] > 0).all()


@each_kind
@each_effect
@pytest.mark.parametrize("tau", [0.05, 0.5, 2.0])
def test_the_evidence_is_the_integral(kind, effect, tau):
    for j in range(len(CASES)):
        problem = problem_of(kind, effect=effect, own=j)
        for phi in (0.25, 4.0, 100.0, 1e4):
            chi, psi = point(problem, tau, phi)
            exact = conditional(problem, chi, psi, 0).log_evidence
            near, far = (evidence_of(problem, chi, psi, start=b)[0] for b in (0.0, 2.0))
            close = 2e-5 if effect == "flexible" else 1e-8 if effect != "student_t" else 1e-6
            assert near == pytest.approx(exact, rel=1e-11, abs=close), (j, phi)
            assert far == pytest.approx(near, rel=1e-11, abs=close), (j, phi)


@each_kind
@each_effect
def test_the_gradient_by_differences(kind, effect):
    problem = problem_of(kind, effect=effect)
    for phi in (2.0, 300.0):
        chi, psi = point(problem, 1.0, phi)
        made = evaluator(problem, nodes=61)
        found = made.slope(chi, psi, effect=np.zeros(problem.providers)).gradient
        steps = 1e-4 * np.eye(len(psi))
        every = np.tile(chi, (len(psi), 1))
        up, down = (
            evidence_of(problem, every, psi + h) + problem.log_prior(every, psi + h)
            for h in (steps, -steps)
        )
        np.testing.assert_allclose(found, (up - down) / 2e-4, rtol=2e-4, atol=2e-2)


@each_kind
@each_effect
@pytest.mark.parametrize("tau", [0.1, 1.0])
def test_effects_are_drawn_from_their_conditional(kind, effect, tau):
    problem, count = problem_of(kind, effect=effect), 3_000
    chi, psi = point(problem, tau, 20.0)
    starts = Starts(np.zeros((1, problem.providers)), np.zeros(count, np.int64))
    seeds = np.random.default_rng(5).integers(2**31, size=count)
    every = (np.tile(x, (count, 1)) for x in (chi, psi))
    draws = evaluator(problem, nodes=7).draw(*every, starts=starts, seeds=seeds)["provider_effect"]
    for j in range(problem.providers):
        exact = conditional(problem, chi, psi, j)
        assert stats.kstest(draws[:, j], exact.cumulative).pvalue > 1e-5, j
        wider = exact.mean + 1.3 * (draws[:, j] - exact.mean)
        assert stats.kstest(wider, exact.cumulative).pvalue < 1e-4, j


@each_kind
def test_no_dispersion_is_the_family_without_it(kind):
    """Evidence tends to the Poisson's and the binomial's, to rounding."""
    problem = problem_of(kind)
    one = problem.hyperparameters.without(DISPERSION)
    plain = replace(problem, family=FAMILIES[PLAIN[kind]], hyperparameters=one)
    chi, psi = point(problem, 0.5, 1e12)
    found = evidence_of(problem, chi, psi)[0]
    assert found == pytest.approx(hand_made.evidence_of(plain, chi[:1], psi)[0], rel=1e-7)
