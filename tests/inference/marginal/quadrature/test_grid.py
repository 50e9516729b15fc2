"""Laws on an evenly divided coordinate: their density, and nodes over their range."""

import numpy as np
import pytest
from scipy import special

from tests.inference.marginal.hand_made import (
    FAMILY_OF,
    awkward,
    chi_of,
    density,
    evidence_of,
    loops_of,
    made_of,
    make_problem,
    psi_of,
)
from varmodel.families import Cells
from varmodel.inference.marginal.quadrature.distributions import (
    coordinate,
    effect_at,
    ends,
    log_density,
    rises,
)
from varmodel.inference.marginal.quadrature.grid import ROOM

each_law = pytest.mark.parametrize("effect", ["student_t", "flexible"])


@each_law
def test_a_coordinate_leads_back_to_its_effect(effect):
    law = made_of("share", 6, effect)[-1].law
    for x in np.linspace(*law.knots[0, [0, -1]], 23):
        assert coordinate(law, 0, effect_at(law, 0, x)) == pytest.approx(x, rel=1e-12, abs=1e-12)


@each_law
def test_the_rises_by_the_coordinate(effect):
    law = made_of("share", 6, effect)[-1].law
    for x in np.linspace(*law.knots[0, [0, -1]], 23)[1:-1]:
        exact = [
            (f(law, 0, x + 1e-6) - f(law, 0, x - 1e-6)) / 2e-6 for f in (log_density, effect_at)
        ]
        assert rises(law, 0, x) == pytest.approx(exact, rel=1e-6, abs=1e-6)


@each_law
def test_the_density_of_the_coordinate_integrates_to_one(effect):
    law = made_of("share", 6, effect)[-1].law
    x, width = np.linspace(*law.knots[0, [0, -1]], 4001, retstep=True)
    density = np.exp([log_density(law, 0, one) for one in x])
    assert width * (density.sum() - density[[0, -1]].mean()) == pytest.approx(1, abs=1e-6)


def test_the_law_in_pieces_ends():
    law = made_of("share", 6, "flexible")[-1].law
    low, high = ends(law, 0)
    for b in (low - 0.01, high + 0.01):
        assert log_density(law, 0, coordinate(law, 0, b)) < -1e200


@each_law
@pytest.mark.parametrize("j", range(8))
def test_even_nodes_stay_in_the_range_of_the_law(j, effect):
    for form in FAMILY_OF:
        for tau in (1e-3, 0.3, 3.0):
            loops = made_of(form, j, effect, tau=tau, nodes=61)[-1]
            b, _ = loops.lay(2.0)
            low, high = ends(loops.law, 0)
            assert low <= b.min()
            assert b.max() <= high
            assert 2 <= len(b) <= ROOM
            steps = np.diff([coordinate(loops.law, 0, one) for one in b])
            np.testing.assert_allclose(steps, steps[0], rtol=1e-6, atol=1e-12)


@each_law
def test_what_a_level_holds_is_what_each_provider_would_have(effect):
    """The table of nodes is shared: one provider after another, and each by itself."""
    problem = awkward("expected", effect=effect)
    chi, psi = chi_of(problem, 0.5), psi_of(problem)
    shared = loops_of(problem, chi, psi)
    for j in (6, 0, 1, 3, 5, 7, 2, 4, 3):
        own = loops_of(problem, chi, psi, j=j)
        together = shared.at_provider(j)
        for found, exact in zip(together.lay(), own.lay(), strict=True):
            np.testing.assert_array_equal(found, exact)


# A Student-t: nodes where the likelihood says nothing, where it says all, where both conflict.

EVENTS = [(0, 1), (1, 1), (0, 5), (5, 5), (0, 100), (1, 20), (30, 100), (999, 1000), (3e4, 1e5)]
VALUES = [(0.0, 5.0), (3.0, 1.0), (8.0, 1.3), (5.0, 0.1), (-20.0, 0.5), (3.0, 0.02)]
#: A log evidence so low says that no posterior lies there.
_HOPELESS = -200.0


def hard_cases():
    for events, trials in EVENTS:
        cells = Cells(np.array([float(events)]), np.array([float(trials)]))
        yield make_problem("binomial", cells, provider=[0], effect="student_t")
    for value, error in VALUES:
        cells = Cells(np.array([value]), np.ones(1), error=np.array([error]))
        yield make_problem("normal", cells, provider=[0], effect="student_t")


def by_sums(problem, chi, psi):
    """Log evidence by thousands of nodes of the coordinate, far beyond the law's range."""
    tau, nu = np.exp(chi[0]), 2 + np.exp(chi[1])
    width = tau * np.sqrt(nu - 2)
    end = max(np.arccosh(np.exp(30 / nu + 1)), np.arcsinh(30 / width))
    x, spacing = np.linspace(-end, end, 20_001, retstep=True)
    b = width * np.sinh(x)
    heights = density(problem, chi, psi, 0, b) + np.log(width * np.cosh(x))
    return special.logsumexp(heights) + np.log(spacing)


@pytest.mark.parametrize("nu", [2.05, 2.5, 4.0, 10.0, 60.0, 200.0])
@pytest.mark.parametrize("tau", [1e-3, 0.03, 0.3, 1.0])
def test_the_evidence_under_a_student_t(nu, tau):
    """To a millionth; at the seven nodes that the sampler starts from nearly so."""
    chi, psi = np.array([np.log(tau), np.log(nu - 2)]), np.array([-3.0])
    for number, problem in enumerate(hard_cases()):
        exact = by_sums(problem, chi, psi)
        if exact > _HOPELESS:
            few, many = (evidence_of(problem, chi, psi, nodes=n)[0] for n in (7, 28))
            assert many == pytest.approx(exact, abs=1e-6 * max(1, -0.1 * exact)), number
            assert few == pytest.approx(exact, abs=1e-5), number


@pytest.mark.parametrize("axis", [0, 1])
def test_the_error_is_smooth_in_spread_and_degrees_of_freedom(axis):
    """What moves between neighbouring points is the law, not the number of nodes."""
    psi, ends = np.array([-3.0]), [(-5.0, 0.5), (-2.9, 5.2)][axis]
    chi = np.tile(np.log([0.2, 2.0]), (40, 1))
    chi[:, axis] = np.linspace(*ends, 40)
    for number, problem in enumerate(hard_cases()):
        found = evidence_of(problem, chi, np.tile(psi, (40, 1)), nodes=7)
        exact = np.array([by_sums(problem, one, psi) for one in chi])
        assert np.ptp((found - exact)[exact > _HOPELESS]) < 3e-6, number
