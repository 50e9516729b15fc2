"""Providers side by side under a spline have the expected scores of one after another."""

import numpy as np
import pytest

from tests.inference.marginal.hand_made import FAMILY_OF, awkward, chi_of, psi_of
from varmodel.inference.marginal.likelihood.operations import log_concave
from varmodel.inference.marginal.quadrature.by_point import (
    expected_scores,
    room_for_logs,
    scratch,
    sum_logs,
)
from varmodel.inference.marginal.quadrature.evaluator import evaluator
from varmodel.inference.marginal.quadrature.scores import expect


@pytest.mark.parametrize("form", FAMILY_OF)
@pytest.mark.parametrize("tau", [0.02, 0.4, 2.0])
def test_the_scores_are_those_of_one_provider_after_another(form, tau):
    """But for nodes of next to no weight, which one after another leaves out."""
    problem = awkward(form, effect="flexible")
    made = evaluator(problem, nodes=7)
    model = made.kernel.likelihood
    if not log_concave(model):
        pytest.skip("one after another in any case")
    laid = made._predict(chi_of(problem, tau)[np.newaxis], psi_of(problem)[np.newaxis])
    near = np.random.default_rng(7).normal(0.0, 0.1, problem.providers)
    found = expect(problem.law, laid, model=model, rule=made.rule, near=near)

    predictor, parameter, distribution = laid
    effect, ones = near.copy(), room_for_logs(model, 1)
    score, powers = np.empty_like(found.score), np.zeros_like(found.powers)
    at = (model, predictor[0], float(parameter[0]), distribution, made.rule)
    height = expected_scores(*at, effect, ones[0], scratch(), score, powers)
    height -= float(sum_logs(model, ones)[0])

    assert found.height == pytest.approx(height, rel=1e-12, abs=1e-5)
    np.testing.assert_allclose(found.effect, effect, atol=1e-6)
    assert (np.abs(found.score - score) < 1e-5 * (1 + problem.cells.size)).all()
    np.testing.assert_allclose(found.powers, powers, rtol=1e-6, atol=1e-4)
    assert found.powers[:, 0].sum() == pytest.approx(problem.providers)
