"""Log p(y_j | phi) of every family under every law, against integrals over the whole line."""

import numpy as np
import pytest
from scipy.integrate import quad

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    PSI,
    SHAPES,
    awkward,
    chi_of,
    conditional,
    density,
    evidence_of,
    one_provider,
    psi_of,
)
from varmodel.inference.marginal.quadrature.by_point import _log_sum, normalise
from varmodel.inference.marginal.quadrature.evaluator import evaluator

each_form = pytest.mark.parametrize("form", FAMILY_OF)
#: Those that log-concave kinds take point by point; normals are tried where no kind is
#: log-concave, in the tests of the likelihoods.
each_law = pytest.mark.parametrize("effect", ["student_t", "flexible"])


def left_out(problem, exact):
    """What is known to be missed: the series' error where a t alone holds mass, a range's end."""
    if problem.law.name != "flexible":
        return 1e-5 if problem.law.name == "student_t" else 0.0
    width = np.ptp(exact.b)
    near = np.minimum(exact.b - exact.b[0], exact.b[-1] - exact.b) < 0.1 * width
    return 1e-4 * exact.weight[near].sum()


@each_form
@each_law
@pytest.mark.parametrize("tau", [1e-3, 0.05, 0.5, 2.0])
def test_the_evidence_is_the_integral(form, effect, tau):
    for j in range(8):
        problem = one_provider(form, j, effect=effect)
        chi, psi = chi_of(problem, tau), psi_of(problem)
        exact = conditional(problem, chi, psi, 0)
        found = evidence_of(problem, chi, psi)[0]
        assert np.isfinite(found)
        missed = left_out(problem, exact)
        assert found == pytest.approx(exact.log_evidence, abs=1e-6 + missed), j


@each_form
@each_law
def test_the_providers_add_up(form, effect):
    whole = awkward(form, effect=effect)
    chi, psi = chi_of(whole, 0.5), psi_of(whole)
    found = evidence_of(whole, chi, psi, start=0.7)[0]
    parts = [evidence_of(one_provider(form, j, effect=effect), chi, psi)[0] for j in range(8)]
    assert found == pytest.approx(sum(parts), abs=1e-5, rel=1e-13)


@each_form
@pytest.mark.parametrize("effect", ["student_t", "flexible"])
def test_where_the_search_starts_does_not_matter(form, effect):
    problem = awkward(form, effect=effect)
    chi, psi = chi_of(problem, 0.5), psi_of(problem)
    found = [evidence_of(problem, chi, psi, start=b)[0] for b in (-5.0, 0.0, 5.0)]
    np.testing.assert_allclose(found, found[0], rtol=1e-13, atol=1e-5)


@each_law
def test_providers_without_cases_say_nothing(effect):
    for form in ("share", "measurements"):
        problem = one_provider(form, 4, effect=effect)
        found = evidence_of(problem, chi_of(problem, 0.5), psi_of(problem))[0]
        assert found == pytest.approx(0, abs=1e-8)


def test_one_node_is_exact_where_conditionals_are_normal():
    for form in ("measurements", "published", "log_measurements"):
        for effect in ("normal", "mixture"):
            problem = awkward(form, effect=effect)
            chi, psi = chi_of(problem, 0.5), psi_of(problem)
            one, many = (evidence_of(problem, chi, psi, nodes=n)[0] for n in (1, 61))
            assert one == pytest.approx(many, rel=1e-13, abs=1e-9)


def test_one_node_is_seen_where_they_are_not():
    problem = one_provider("share", 2)
    chi = chi_of(problem, 2.0)
    one, many = (evidence_of(problem, chi, PSI, nodes=n)[0] for n in (1, 61))
    assert abs(one - many) > 1e-2


@each_form
@each_law
def test_expected_scores(form, effect):
    """Each cell's expected score, and the expected effects."""
    for j in (0, 1, 2, 4, 5, 7):
        problem = one_provider(form, j, effect=effect)
        chi, psi = chi_of(problem, 0.5), psi_of(problem)
        slope = evaluator(problem, nodes=61).slope(chi, psi, effect=np.zeros(1))
        exact = conditional(problem, chi, psi, 0)
        eta = problem.eta(psi)[problem.pattern] + exact.b[:, np.newaxis]
        with np.errstate(all="ignore"):
            score = problem.family.score(problem.cells, eta, problem.values(chi, psi))
        counted = (exact.weight[:, np.newaxis] > 0) & (problem.cells.size > 0)
        mean = exact.weight @ np.where(counted, score, 0)
        tolerance = 1e-5 * (1 + problem.cells.size)
        assert slope.effect[0] == pytest.approx(exact.mean, abs=1e-3 * exact.sd)
        found = slope.score + untouched(problem, chi, psi)
        assert (np.abs(found - mean) < tolerance + 1e-5 * np.abs(mean)).all(), (j, found, mean)


@pytest.mark.parametrize("effect", SHAPES)
def test_the_slope_of_many_cases(effect):
    """A hundred millionth of 1e9 cases is still ten: no weight may be lost."""
    for form in ("share", "expected", "measurements"):
        problem = one_provider(form, 3, effect=effect)
        chi, psi = chi_of(problem, 0.5), psi_of(problem)
        slope = evaluator(problem, nodes=7).slope(chi, psi, effect=np.zeros(1)).gradient
        steps = 0.02 * np.array([1.0, -1.0])
        moved = np.tile(psi, (2, 1))
        moved[:, 0] += steps
        up, down = evidence_of(problem, np.tile(chi, (2, 1)), moved)
        prior = -problem.prior_precision[0] * psi[0]
        assert slope[0] == pytest.approx((up - down) / 0.04 + prior, abs=0.03, rel=0.01)


def untouched(problem, chi, psi):
    """Give what the loops leave of the scores to a dot product: what does not hold the effect."""
    if problem.family.name in {"binomial", "poisson"}:
        return problem.cells.response
    if problem.family.name == "gamma":
        return -problem.cells.size * problem.values(chi, psi)["residual_sd"] ** -2.0
    return 0.0


def test_logs_are_summed_without_overflow():
    assert _log_sum(np.array([1000.0, 1000.0, 5.0]), 2) == pytest.approx(1000 + np.log(2))
    assert _log_sum(np.array([-1000.0, -2000.0]), 2) == pytest.approx(-1000)


def test_weights_sum_to_one():
    heights = np.array([-1000.0, -1001.0, 7.0])
    assert normalise(heights, 2) == pytest.approx(-1000 + np.log1p(np.exp(-1)))
    assert heights[:2].sum() == pytest.approx(1)
    assert heights[2] == 7


def test_the_exact_integral_is_that_of_scipy():
    """The reference itself."""

    problem = one_provider("share", 6, effect="student_t")
    chi, psi = chi_of(problem, 0.5), psi_of(problem)
    exact = conditional(problem, chi, psi, 0)
    top = float(density(problem, chi, psi, 0, np.array([exact.mean]))[0])

    def at(b):
        return np.exp(float(density(problem, chi, psi, 0, np.array([b]))[0]) - top)

    ends = exact.mean + np.array([-40, 40]) * exact.sd
    found = quad(at, *ends, points=[exact.mean], limit=400, epsabs=0, epsrel=1e-10)[0]
    assert exact.log_evidence == pytest.approx(top + np.log(found), abs=1e-9)
