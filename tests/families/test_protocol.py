"""What every row of the table of families keeps."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from varmodel.families import FAMILIES, FORMS, LINKS, Cells, Pooled, Prior

RATES = np.array([0.05, 0.3, 0.9])
MEASUREMENTS = (np.array([2.0, 3.5, 7.0, 4.0]), np.array([1.0]), np.array([5.0, 5.5]))
RESIDUAL_SD = 1.7


@dataclass(frozen=True)
class Example:
    """Three cells of a form, and their log-likelihood by scipy."""

    cells: Cells
    reference: object

    def eta(self, family):
        return family.link.forward(RATES)


def summarised(groups):
    return Cells(
        response=np.array([group.mean() for group in groups]),
        size=np.array([float(len(group)) for group in groups]),
        spread=np.array([((group - group.mean()) ** 2).sum() for group in groups]),
    )


def counted(size):
    return Cells(response=np.array([0.0, 4.0, 11.0]), size=np.array(size))


def by_measurement(cells, eta):
    groups = zip(MEASUREMENTS, eta, strict=True)
    return [stats.norm.logpdf(group, mean, RESIDUAL_SD).sum() for group, mean in groups]


EXAMPLES = {
    "share": Example(
        counted([7.0, 20.0, 12.0]),
        lambda c, eta: stats.binom.logpmf(c.response, c.size, LINKS["logit"].inverse(eta)),
    ),
    "trial": Example(
        Cells(response=np.array([0.0, 1.0, 1.0]), size=np.ones(3)),
        lambda c, eta: stats.bernoulli.logpmf(c.response, LINKS["logit"].inverse(eta)),
    ),
    "expected": Example(
        counted([0.4, 6.5, 9.0]),
        lambda c, eta: stats.poisson.logpmf(c.response, c.size * np.exp(eta)),
    ),
    "exposure": Example(
        counted([150.0, 900.0, 21.5]),
        lambda c, eta: stats.poisson.logpmf(c.response, c.size * np.exp(eta)),
    ),
    "measurements": Example(summarised(MEASUREMENTS), by_measurement),
    "published": Example(
        Cells(response=RATES + 0.1, size=np.ones(3), error=np.array([0.1, 0.3, 2.0])),
        lambda c, eta: stats.norm.logpdf(c.response, eta, c.error),
    ),
}

PAIRS = [(family, form) for family in FAMILIES.values() for form in family.form_names]
IDS = [f"{family.name}-{form}" for family, form in PAIRS]
pairs = pytest.mark.parametrize(("family", "form"), PAIRS, ids=IDS)


def test_every_form_has_one_family():
    assert sorted(form for _, form in PAIRS) == sorted(FORMS)
    assert {name: family.name for name, family in FAMILIES.items()} == {n: n for n in FAMILIES}


@pairs
def test_the_forms_of_a_family(family, form):
    assert FORMS[form] in family.forms


@pairs
def test_log_likelihood_is_scipys_with_its_constants(family, form):
    example = EXAMPLES[form]
    eta = example.eta(family)
    found = family.log_likelihood(example.cells, eta, RESIDUAL_SD)
    np.testing.assert_allclose(found, example.reference(example.cells, eta), rtol=1e-12)


@pairs
@pytest.mark.parametrize("shift", [-3.0, 0.0, 2.0])
def test_score_and_information_are_derivatives(family, form, shift):
    cells = EXAMPLES[form].cells
    eta, step = EXAMPLES[form].eta(family) + shift, 1e-5

    def slope(function):
        up, down = (function(cells, eta + s, RESIDUAL_SD) for s in (step, -step))
        return (up - down) / (2 * step)

    score = family.score(cells, eta, RESIDUAL_SD)
    information = family.information(cells, eta, RESIDUAL_SD)
    scale = np.abs(score).max() + information.max()
    np.testing.assert_allclose(score, slope(family.log_likelihood), atol=1e-6 * scale)
    np.testing.assert_allclose(information, -slope(family.score), atol=1e-6 * scale)
    assert (information > 0).all()


@pairs
def test_draws_have_the_mean_and_variance_of_the_law(family, form):
    cells, draws = EXAMPLES[form].cells, 40_000
    eta = EXAMPLES[form].eta(family) - (1.0 if form == "exposure" else 0.0)
    drawn = family.draw(
        np.random.default_rng(5), cells, np.broadcast_to(eta, (draws, 3)), RESIDUAL_SD
    )
    information = family.information(cells, eta, RESIDUAL_SD)
    counts = cells.spread is None and cells.error is None
    mean = cells.size * family.link.inverse(eta) if counts else eta
    variance = information if counts else 1 / information
    assert drawn.shape == (draws, 3)
    assert drawn.dtype == np.float64
    assert (np.abs(drawn.mean(0) - mean) < 4.5 * np.sqrt(variance / draws)).all()
    assert (np.abs(drawn.var(0) / variance - 1) < 0.15).all()
    assert ((drawn % 1 == 0).all() and (drawn >= 0).all()) or not counts


@pairs
def test_functions_broadcast_over_leading_axes(family, form):
    cells = EXAMPLES[form].cells
    eta = EXAMPLES[form].eta(family) + np.linspace(-1, 1, 10).reshape(5, 2, 1)
    for function in (family.log_likelihood, family.score, family.information):
        whole = function(cells, eta, RESIDUAL_SD)
        assert whole.shape == (5, 2, 3)
        np.testing.assert_array_equal(whole[3, 1], function(cells, eta[3, 1], RESIDUAL_SD))
    first = family.draw(np.random.default_rng(1), cells, eta, RESIDUAL_SD)
    again = family.draw(np.random.default_rng(1), cells, eta, RESIDUAL_SD)
    assert first.shape == (5, 2, 3)
    np.testing.assert_array_equal(first, again)


COUNTED = {
    "share": (Cells(np.array([5.0]), np.array([19.0])), ([2.0, 3.0], [4.0, 15.0])),
    "trial": (Cells(np.array([1.0]), np.array([2.0])), ([0.0, 1.0], [1.0, 1.0])),
    "expected": (Cells(np.array([5.0]), np.array([4.5])), ([2.0, 3.0], [1.2, 3.3])),
    "exposure": (Cells(np.array([5.0]), np.array([90.0])), ([0.0, 5.0], [30.0, 60.0])),
}


@pytest.mark.parametrize("form", COUNTED)
def test_a_count_split_in_two_differs_by_a_constant_only(form):
    family = next(family for family, name in PAIRS if name == form)
    whole, (response, size) = COUNTED[form]
    parts = Cells(np.array(response), np.array(size))
    eta = np.linspace(-5, 3, 9)[:, None]
    one = family.log_likelihood(whole, eta, 1.0)[:, 0]
    two = family.log_likelihood(parts, eta, 1.0).sum(-1)
    np.testing.assert_allclose(one - two, (one - two)[0], atol=1e-10)
    for function in (family.score, family.information):
        np.testing.assert_allclose(
            function(whole, eta, 1.0)[:, 0], function(parts, eta, 1.0).sum(-1), atol=1e-10
        )


def test_measurements_split_in_two_give_the_same_likelihood():
    normal, values = FAMILIES["normal"], np.array([1.0, 4.0, 4.5, 9.0, 2.0])
    eta = np.linspace(-5, 8, 9)[:, None]
    for function in (normal.log_likelihood, normal.score, normal.information):
        whole = function(summarised([values]), eta, RESIDUAL_SD)[:, 0]
        parts = function(summarised([values[:2], values[2:]]), eta, RESIDUAL_SD).sum(-1)
        np.testing.assert_allclose(whole, parts, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["binomial", "poisson"])
def test_an_empty_cell_says_nothing(name):
    cells = Cells(response=np.zeros(2), size=np.zeros(2))
    eta = np.array([-3.0, 3.0])
    for function in (
        FAMILIES[name].log_likelihood,
        FAMILIES[name].score,
        FAMILIES[name].information,
    ):
        np.testing.assert_array_equal(function(cells, eta, 1.0), 0.0)


def test_shares_stay_finite_far_out():
    cells = counted([7.0, 20.0, 12.0])
    for eta in (np.full(3, -700.0), np.full(3, 700.0)):
        for function in (FAMILIES["binomial"].log_likelihood, FAMILIES["binomial"].score):
            assert np.isfinite(function(cells, eta, 1.0)).all()
        assert (FAMILIES["binomial"].information(cells, eta, 1.0) >= 0).all()


# Default priors, as methods 2 states them


UNIT = Prior("normal", mu=0.0, sigma=1.0)
POOLED = Pooled(mean=0.2, sd=4.0)
DEFAULTS = {
    "share": (Prior("normal", mu=0, sigma=2.5), UNIT, Prior("half_normal", sigma=0.7), None),
    "expected": (UNIT, UNIT, Prior("half_normal", sigma=0.3), None),
    "exposure": (
        Prior("normal", mu=np.log(0.2), sigma=2.5),
        UNIT,
        Prior("half_normal", sigma=0.3),
        None,
    ),
    "measurements": (
        Prior("normal", mu=0.2, sigma=10),
        Prior("normal", mu=0, sigma=4),
        Prior("half_normal", sigma=0.3 * 0.2),
        Prior("half_normal", sigma=8),
    ),
    "published": (
        Prior("normal", mu=0.2, sigma=10),
        Prior("normal", mu=0, sigma=4),
        None,  # no default: the spec must state it
        None,
    ),
}
DEFAULTS["trial"] = DEFAULTS["share"]


@pairs
def test_default_priors(family, form):
    names = ("intercept", "coefficients", "provider_sd", "residual_sd")
    stated = dict(zip(names, DEFAULTS[form], strict=True))
    found = family.default_priors(form, POOLED)
    assert found == {name: prior for name, prior in stated.items() if prior is not None}
    assert all(prior.positive == name.endswith("_sd") for name, prior in found.items())


def test_a_mean_of_zero_scales_no_provider_sd():
    found = FAMILIES["normal"].default_priors("measurements", Pooled(mean=0.0, sd=1.0))
    assert "provider_sd" not in found
    found = FAMILIES["normal"].default_priors("measurements", Pooled(mean=-2.0, sd=1.0))
    assert found["provider_sd"] == Prior("half_normal", sigma=0.6)
