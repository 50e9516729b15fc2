"""The Student-t on the coordinate arcsinh(b / width), and the median gap of two of its effects."""

import numpy as np
import pytest
from scipy import integrate, stats

from varmodel.families import EFFECTS
from varmodel.families.effects import arcsinh_form

LAW = EFFECTS["student_t"]
each_nu = pytest.mark.parametrize("nu", [2.05, 2.4, 3.0, 4.0, 30.0, 200.0])


def scale_of(nu):
    return np.sqrt((nu - 2) / nu)


@each_nu
def test_the_density_of_the_coordinate(nu):
    """Its Jacobian included: width times cosh."""
    form = arcsinh_form(np.array(nu))
    x = np.linspace(-1, 1, 301) * form.reach
    b = form.width * np.sinh(x)
    exact = stats.t(nu, scale=scale_of(nu)).logpdf(b) + np.log(form.width * np.cosh(x))
    np.testing.assert_allclose(form.top - nu * np.log(np.cosh(x)), exact, atol=1e-10)


@each_nu
def test_hardly_any_mass_lies_beyond_the_reach(nu):
    form = arcsinh_form(np.array(nu))
    end = form.width * np.sinh(form.reach)
    assert stats.t(nu, scale=scale_of(nu)).sf(end) < 1e-11
    assert end > 30


@each_nu
def test_few_even_nodes_integrate_the_law(nu):
    form = arcsinh_form(np.array(nu))
    spacing = 0.7 / np.sqrt(nu)
    for start in (0.0, 0.3, 0.5):
        x = np.arange(start * spacing - form.reach, form.reach, spacing)
        total = spacing * np.exp(form.top - nu * np.log(np.cosh(x))).sum()
        assert total == pytest.approx(1, abs=2e-7)


@each_nu
def test_the_median_gap(nu):
    """Half of all pairs are nearer, by integrating the t's distribution function."""
    scale = scale_of(nu)
    distribution, gap = stats.t(nu, scale=scale), float(LAW.median_gap(np.array([nu])))

    def inside(x):
        return distribution.pdf(x) * (distribution.cdf(x + gap) - distribution.cdf(x - gap))

    parts = [(-np.inf, -scale), (-scale, scale), (scale, np.inf)]
    share = sum(integrate.quad(inside, *part, epsabs=1e-12)[0] for part in parts)
    assert share == pytest.approx(0.5, abs=1e-8)
