"""The loops: the envelope bounds every conditional, over the whole line."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.inference.marginal.hand_made import awkward, chi_of, density
from varmodel.inference.marginal.loops import _log_envelope, _log_sum, _t4
from varmodel.inference.marginal.quadrature import hermite_nodes, integrate

U = np.concatenate([[0], np.geomspace(1e-3, 1e5, 20_001)])
LOG_T4 = 2.5 * np.log1p(U**2 / 4)


@settings(max_examples=300)
@given(tau=st.floats(-7, 5), information=st.floats(-12, 21))
def test_the_envelope_bounds_what_it_is_said_to_bound(tau, information):
    precision, information = math.exp(-2 * tau), math.exp(information)
    sd = 1 / math.sqrt(precision + information)
    d = U * sd
    fall = 0.5 * precision * d**2 + information * (np.expm1(-d) + d)
    ratio = LOG_T4 - fall
    top = _log_envelope(precision, information, sd)
    assert top >= ratio.max()
    assert top < ratio.max() + 0.06  # and wastes little


@pytest.mark.parametrize("form", ["share", "expected"])
@pytest.mark.parametrize("tau", [0.01, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("level", [-9.0, -2.0, 0.0, 2.0])
def test_the_envelope_bounds_the_conditionals(form, tau, level):
    """Over +-60 conditional sds, for providers of every kind (that of 1e9 to rounding)."""
    problem = awkward(form)
    chi, psi = chi_of(problem, tau), np.array([level, 0.4])
    found = integrate(problem, chi, psi=psi, start=np.zeros(8), nodes=hermite_nodes(7))
    u = np.linspace(-60, 60, 6_001)
    for j in range(8):
        precision, sd = tau**-2.0, 1 / math.sqrt(found.curvature[j])
        height = density(problem, chi, psi, j, found.mode[j] + sd * u)
        ratio = height - height[3_000] + 2.5 * np.log1p(u**2 / 4)
        top = _log_envelope(precision, found.curvature[j] - precision, sd)
        assert ratio.max() <= top, (j, ratio.max(), top)


def test_logs_are_summed_without_overflow():
    assert _log_sum(np.array([1000.0, 1000.0])) == pytest.approx(1000 + math.log(2))
    assert _log_sum(np.array([-1000.0, -2000.0])) == pytest.approx(-1000)


def test_the_t_law_has_four_degrees_of_freedom():
    draws = np.array([_t4() for _ in range(4_000)])
    assert stats.kstest(draws, stats.t(4).cdf).pvalue > 1e-6  # its seed is not ours
