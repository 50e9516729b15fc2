"""What every row of the table of families keeps."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import special, stats

from varmodel.families import FAMILIES, FORMS, LINKS, Cells, Pooled, Prior
from varmodel.families.family import canonical_weight
from varmodel.families.outcomes.gamma import log_normaliser

RATES = np.array([0.05, 0.3, 0.9])
MEASUREMENTS = (np.array([2.0, 3.5, 7.0, 4.0]), np.array([1.0]), np.array([5.0, 5.5]))
RESIDUAL_SD = 1.7
OWN = {"residual_sd": RESIDUAL_SD, "phi": 2.5}
PHI = OWN["phi"]


@dataclass(frozen=True)
class Example:
    """Three cells of a form, and their log-likelihood by scipy."""

    cells: Cells
    reference: object

    def eta(self, family):
        return family.link.forward(RATES)


def squares(group):
    return ((group - group.mean()) ** 2).sum()


def summarised(groups, spread=squares):
    return Cells(
        response=np.array([group.mean() for group in groups]),
        size=np.array([float(len(group)) for group in groups]),
        spread=np.array([spread(group) for group in groups]),
    )


def logged(groups):
    return summarised([np.log(group) for group in groups])


def positive(groups):
    return summarised(groups, lambda x: len(x) * (np.log(x.mean()) - np.log(x).mean()))


SUMMARISED = {"normal": summarised, "lognormal": logged, "gamma": positive}


def single(family, eta, residual_sd=RESIDUAL_SD):
    """SciPy's distribution of single measurements at a predictor."""
    if family == "normal":
        return stats.norm(eta, residual_sd)
    if family == "lognormal":
        return stats.lognorm(residual_sd, scale=np.exp(eta))
    return stats.gamma(residual_sd**-2, scale=np.exp(eta) * residual_sd**2)


def counted(size):
    return Cells(response=np.array([0.0, 4.0, 11.0]), size=np.array(size))


def by_measurement(family):
    def density(cells, eta):
        groups = zip(MEASUREMENTS, eta, strict=True)
        return [single(family, at).logpdf(group).sum() for group, at in groups]

    return density


def beta_binomial(cells, eta):
    p = LINKS["logit"].inverse(eta)
    return stats.betabinom.logpmf(cells.response, cells.size, PHI * p, PHI * (1 - p))


def negative_binomial(cells, eta):
    share = PHI / (PHI + cells.size * np.exp(eta))
    return stats.nbinom.logpmf(cells.response, PHI, share)


OVERDISPERSED = {"beta_binomial": beta_binomial, "negative_binomial": negative_binomial}
#: SciPy's density of each family that is not the first of its form.
DENSITIES = {**OVERDISPERSED}
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
    "measurements": Example(summarised(MEASUREMENTS), by_measurement("normal")),
    "log_measurements": Example(logged(MEASUREMENTS), by_measurement("lognormal")),
    "positive_measurements": Example(positive(MEASUREMENTS), by_measurement("gamma")),
    "published": Example(
        Cells(response=RATES + 0.1, size=np.ones(3), error=np.array([0.1, 0.3, 2.0])),
        lambda c, eta: stats.norm.logpdf(c.response, eta, c.error),
    ),
}

PAIRS = [(family, form) for family in FAMILIES.values() for form in family.form_names]
IDS = [f"{family.name}-{form}" for family, form in PAIRS]
pairs = pytest.mark.parametrize(("family", "form"), PAIRS, ids=IDS)


def test_every_form_has_a_first_family_and_the_others_a_density_of_their_own():
    assert sorted(form for family, form in PAIRS if family.name not in DENSITIES) == sorted(FORMS)
    assert {family.name for family, _ in PAIRS if not family.adds_up} == set(OVERDISPERSED)
    assert {name: family.name for name, family in FAMILIES.items()} == {n: n for n in FAMILIES}


@pairs
def test_the_forms_of_a_family(family, form):
    assert FORMS[form] in family.forms


@pairs
def test_log_likelihood_is_scipys_with_its_constants(family, form):
    example = EXAMPLES[form]
    eta = example.eta(family)
    found = family.log_likelihood(example.cells, eta, OWN)
    reference = DENSITIES.get(family.name, example.reference)
    np.testing.assert_allclose(found, reference(example.cells, eta), rtol=1e-12)


@pairs
@pytest.mark.parametrize("shift", [-3.0, 0.0, 2.0])
def test_score_and_information_are_derivatives(family, form, shift):
    cells = EXAMPLES[form].cells
    eta, step = EXAMPLES[form].eta(family) + shift, 1e-5

    def slope(function):
        up, down = (function(cells, eta + s, OWN) for s in (step, -step))
        return (up - down) / (2 * step)

    score = family.score(cells, eta, OWN)
    information = family.information(cells, eta, OWN)
    scale = np.abs(score).max() + information.max()
    np.testing.assert_allclose(score, slope(family.log_likelihood), atol=1e-6 * scale)
    assert (information > 0).all()
    if not family.adds_up:  # what the variance tells: below
        return
    if family.weight is not canonical_weight:  # the expected one: of cells which lie at their mean
        cells = replace(cells, response=family.scale.inverse(eta))
    np.testing.assert_allclose(information, -slope(family.score), atol=1e-6 * scale)


@pairs
def test_draws_have_the_mean_and_variance_of_the_law(family, form):
    cells, draws = EXAMPLES[form].cells, 40_000
    eta = EXAMPLES[form].eta(family) - (1.0 if form == "exposure" else 0.0)
    drawn = family.draw(np.random.default_rng(5), cells, np.broadcast_to(eta, (draws, 3)), OWN)
    information = family.information(cells, eta, OWN)
    counts = cells.spread is None and cells.error is None
    per_unit = family.scale.inverse(eta)
    mean = cells.size * per_unit if counts else per_unit
    slope = family.link.inverse(eta + 1e-6) - family.link.inverse(eta - 1e-6)
    slope *= cells.size / 2e-6
    variance = slope**2 / information if counts else 1 / information
    relative = FORMS[form].positive and not FORMS[form].logged  # the sd goes with the mean
    variance = variance * per_unit**2 if relative else variance
    assert drawn.shape == (draws, 3)
    assert drawn.dtype == np.float64
    assert (np.abs(drawn.mean(0) - mean) < 4.5 * np.sqrt(variance / draws)).all()
    kurtosis = 6 * variance / mean**2 if relative else 0.0
    error = np.sqrt((2 + kurtosis) / draws)
    assert (np.abs(drawn.var(0) / variance - 1) < np.maximum(0.15, 4.5 * error)).all()
    assert ((drawn % 1 == 0).all() and (drawn >= 0).all()) or not counts


@pairs
def test_functions_broadcast_over_leading_axes(family, form):
    cells = EXAMPLES[form].cells
    eta = EXAMPLES[form].eta(family) + np.linspace(-1, 1, 10).reshape(5, 2, 1)
    for function in (family.log_likelihood, family.score, family.information):
        whole = function(cells, eta, OWN)
        assert whole.shape == (5, 2, 3)
        np.testing.assert_array_equal(whole[3, 1], function(cells, eta[3, 1], OWN))
    first = family.draw(np.random.default_rng(1), cells, eta, OWN)
    again = family.draw(np.random.default_rng(1), cells, eta, OWN)
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
    family = next(family for family, name in PAIRS if name == form and family.adds_up)
    whole, (response, size) = COUNTED[form]
    parts = Cells(np.array(response), np.array(size))
    eta = np.linspace(-5, 3, 9)[:, None]
    one = family.log_likelihood(whole, eta, {})[:, 0]
    two = family.log_likelihood(parts, eta, {}).sum(-1)
    np.testing.assert_allclose(one - two, (one - two)[0], atol=1e-10)
    for function in (family.score, family.information):
        np.testing.assert_allclose(
            function(whole, eta, {})[:, 0], function(parts, eta, {}).sum(-1), atol=1e-10
        )


@pytest.mark.parametrize("name", SUMMARISED)
def test_measurements_split_in_two_give_the_same_likelihood(name):
    family, values = FAMILIES[name], np.array([1.0, 4.0, 4.5, 9.0, 2.0])
    summarise, eta = SUMMARISED[name], np.linspace(-5, 8, 9)[:, None]
    for function in (family.log_likelihood, family.score, family.information):
        whole = function(summarise([values]), eta, OWN)[:, 0]
        parts = function(summarise([values[:2], values[2:]]), eta, OWN).sum(-1)
        np.testing.assert_allclose(whole, parts, rtol=1e-12, atol=1e-12)


# Single measurements


@pytest.mark.parametrize("name", SUMMARISED)
@pytest.mark.parametrize("sd", [1e-3, 0.05, 0.6, 4.0])
def test_the_likelihood_is_scipys_whatever_the_residual_sd(name, sd):
    rng, eta = np.random.default_rng(3), np.array([0.4])
    values = np.maximum(single(name, eta, sd).rvs(20, random_state=rng), 1e-90)
    values = values if name == "normal" else np.abs(values)
    found = FAMILIES[name].log_likelihood(SUMMARISED[name]([values]), eta, {"residual_sd": sd})
    np.testing.assert_allclose(found, single(name, eta, sd).logpdf(values).sum(), rtol=1e-7)


@pytest.mark.parametrize("name", SUMMARISED)
def test_the_mean_is_that_of_the_law(name):
    family, eta = FAMILIES[name], np.array([-1.0, 0.3, 2.0])
    expected = [single(name, at).mean() for at in eta]
    np.testing.assert_allclose(family.mean(eta, OWN), expected, rtol=1e-12)
    assert family.shift({"residual_sd": 2.0}) == (2.0 if name == "lognormal" else 0.0)


def test_counts_are_not_shifted():
    assert FAMILIES["poisson"].residual is None
    assert FAMILIES["poisson"].mean(np.array([0.0]), {}) == [1.0]


@pytest.mark.parametrize("name", SUMMARISED)
def test_spread_and_deviation_make_the_likelihood(name):
    """What eta changes of the log likelihood is the deviation; what else data say, the spread."""
    family, cells = FAMILIES[name], SUMMARISED[name](MEASUREMENTS)
    eta, sd = np.array([0.3, 1.0, 1.2]), 0.8
    own = {"residual_sd": sd}
    per_unit = sd**-2 * (1.0 if name == "gamma" else 0.5)
    at_mean = family.scale.forward(cells.response)
    np.testing.assert_allclose(family.residual.deviation(cells, at_mean), 0, atol=1e-12)
    fall = family.log_likelihood(cells, at_mean, own) - family.log_likelihood(cells, eta, own)
    np.testing.assert_allclose(fall, per_unit * family.residual.deviation(cells, eta), rtol=1e-12)
    bare = replace(cells, spread=np.zeros(3))
    lost = family.log_likelihood(bare, eta, own) - family.log_likelihood(cells, eta, own)
    if name == "gamma":  # the spread is also in the sum of the logs
        lost += family.constant(cells) - family.constant(bare)
    np.testing.assert_allclose(lost, per_unit * cells.spread, rtol=1e-11)


@pytest.mark.parametrize("name", SUMMARISED)
def test_the_estimate_of_the_residual_sd_is_the_likeliest(name):
    family = FAMILIES[name]
    values = single(name, 0.5, 0.7).rvs(400, random_state=2)
    cells = SUMMARISED[name]([values])
    eta = family.scale.forward(cells.response)
    scatter = (cells.spread + family.residual.deviation(cells, eta)) / cells.size
    sd = family.residual.estimate(scatter)
    near = [{"residual_sd": sd * factor} for factor in (0.999, 1.0, 1.001)]
    by = [family.log_likelihood(cells, eta, own)[0] for own in near]
    assert by[1] > max(by[0], by[2])
    assert by[0] == pytest.approx(by[2], abs=1e-3)


def test_the_shape_of_a_gamma_solves_its_equation():
    kappa = np.array([0.02, 0.3, 1.0, 7.0, 300.0, 1e5])
    half = np.log(kappa) - special.digamma(kappa)
    np.testing.assert_allclose(FAMILIES["gamma"].residual.estimate(half), kappa**-0.5, rtol=1e-8)
    tiny = np.array([1e-8, 1e-14])
    np.testing.assert_allclose(FAMILIES["gamma"].residual.estimate(tiny), np.sqrt(2 * tiny))


def test_the_normaliser_of_a_gamma_is_smooth_where_its_series_begins():
    kappa = np.array([1e-3, 0.5, 15.9, 16.0, 16.1, 40.0])
    direct = kappa * np.log(kappa) - kappa - special.gammaln(kappa)
    np.testing.assert_allclose(log_normaliser(kappa), direct, rtol=1e-11)
    np.testing.assert_allclose(log_normaliser(np.array(1e12)), 0.5 * np.log(1e12 / (2 * np.pi)))


@pytest.mark.parametrize("name", SUMMARISED)
def test_new_spreads_have_the_law_of_simulated_measurements(name):
    family, sd, rng = FAMILIES[name], 0.9, np.random.default_rng(6)
    size, own = [1, 2, 3, 9], {"residual_sd": sd}
    found = family.residual.draw(rng, SUMMARISED[name]([np.ones(n) for n in size]), own, 20_000)
    single_values = single(name, 0.7, sd).rvs((4_000, sum(size)), random_state=rng)
    groups = [np.split(row, np.cumsum(size)[:-1]) for row in single_values]
    made = np.array([SUMMARISED[name](group).spread.sum() for group in groups])
    assert stats.ks_2samp(found, made).pvalue > 0.001
    alone = SUMMARISED[name]([np.ones(1), np.ones(1)])
    assert family.residual.draw(rng, alone, own, 3).tolist() == [0, 0, 0]


@pairs
def test_the_weights_make_the_score(family, form):
    """Weight x (response a unit - mean) is the score, but for a factor that cells share."""
    cells = EXAMPLES[form].cells
    eta = EXAMPLES[form].eta(family)
    gap = cells.response / (1 if cells.spread is not None else cells.size)
    made = family.weight(cells, eta, OWN) * (gap - family.scale.inverse(eta))
    factor = family.score(cells, eta, OWN) / made
    if family.name != "beta_binomial":  # whose score is not linear in the response
        np.testing.assert_allclose(factor, factor[0], rtol=1e-12)


@pytest.mark.parametrize("dispersion", [0.0, 1e-5, 0.01, 0.3, 2.0])
@pytest.mark.parametrize("name", OVERDISPERSED)
def test_the_dispersion_is_free_of_the_size_and_0_is_the_family_without_it(name, dispersion):
    family, p0 = FAMILIES[name], 0.2
    values = family.values({"dispersion": dispersion}, p0)
    eta = family.link.forward(np.array([p0]))
    unit = p0 * (1 - p0) if name == "beta_binomial" else 1.0
    if dispersion >= 0.01:
        assert values["phi"] == pytest.approx(1 / (dispersion**2 * unit))
    for size in (1.0, 50.0, 1e5):
        cells = Cells(np.array([np.round(0.3 * size)]), np.array([size]))
        plain = FAMILIES["binomial" if family.bounded else "poisson"]
        own = (plain.information(cells, eta, {}) / family.information(cells, eta, values))[0]
        if name == "beta_binomial":  # variance over the binomial's: 1 + (n - 1) / (phi + 1)
            assert own == pytest.approx(1 + (size - 1) / (values["phi"] + 1), rel=1e-9)
        else:
            assert own == pytest.approx(1 + size * p0 * dispersion**2, rel=1e-6)
        if dispersion <= 1e-5 and size < 1e5:
            for function in ("log_likelihood", "score"):
                given, wanted = getattr(family, function), getattr(plain, function)
                np.testing.assert_allclose(
                    given(cells, eta, values), wanted(cells, eta, {}), rtol=1e-6
                )


@pytest.mark.parametrize("name", OVERDISPERSED)
def test_overdispersed_counts_are_scipys_whatever_phi_and_do_not_add_up(name):
    family, eta = FAMILIES[name], np.array([-1.2])
    cells = Cells(np.array([30.0]), np.array([100.0]))
    halves = Cells(np.array([15.0, 15.0]), np.array([50.0, 50.0]))
    for phi in (0.05, 1.0, 15.9, 16.1, 40.0, 1e5):
        rate = family.link.inverse(eta)
        if name == "beta_binomial":
            exact = stats.betabinom.logpmf(30, 100, phi * rate, phi * (1 - rate))
        else:
            exact = stats.nbinom.logpmf(30, phi, phi / (phi + 100 * rate))
        found = family.log_likelihood(cells, eta, {"phi": phi})
        np.testing.assert_allclose(found, exact, rtol=1e-9)
    one = family.log_likelihood(cells, np.array([[-1.2], [-0.5]]), {"phi": 5.0}).sum(axis=1)
    two = family.log_likelihood(halves, np.array([[-1.2], [-0.5]]), {"phi": 5.0}).sum(axis=1)
    assert abs(np.diff(one - two)[0]) > 0.1


def test_the_score_of_nb2_has_its_information():
    """Its variance over all counts, summed; the beta-binomial's is what the variance tells."""
    family, eta, y = FAMILIES["negative_binomial"], np.array([0.7]), np.arange(3_000.0)
    cells = Cells(y, np.full(3_000, 4.0))
    prob = np.exp(family.log_likelihood(cells, eta, OWN))
    score = family.score(cells, eta, OWN)
    assert prob.sum() == pytest.approx(1)
    assert (prob * score).sum() == pytest.approx(0, abs=1e-9)
    assert (prob * score**2).sum() == pytest.approx(family.information(cells, eta, OWN)[0])


@pytest.mark.parametrize("name", ["binomial", "poisson", *OVERDISPERSED])
def test_an_empty_cell_says_nothing(name):
    cells = Cells(response=np.zeros(2), size=np.zeros(2))
    eta = np.array([-3.0, 3.0])
    for function in (
        FAMILIES[name].log_likelihood,
        FAMILIES[name].score,
        FAMILIES[name].information,
    ):
        np.testing.assert_array_equal(function(cells, eta, OWN), 0.0)


def test_shares_stay_finite_far_out():
    cells = counted([7.0, 20.0, 12.0])
    for eta in (np.full(3, -700.0), np.full(3, 700.0)):
        for function in (FAMILIES["binomial"].log_likelihood, FAMILIES["binomial"].score):
            assert np.isfinite(function(cells, eta, {})).all()
        assert (FAMILIES["binomial"].information(cells, eta, {}) >= 0).all()


# Default priors, as methods 2 states them


UNIT = Prior("normal", mu=0.0, sigma=1.0)
POOLED = Pooled(mean=0.2, sd=4.0)
DEFAULTS = {
    "share": (
        Prior("normal", mu=special.logit(0.2), sigma=2.5),
        UNIT,
        Prior("half_normal", sigma=0.7),
        None,
    ),
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
        Prior("half_normal", sigma=4),
        Prior("half_normal", sigma=8),
    ),
    "log_measurements": (
        Prior("normal", mu=np.log(0.2), sigma=10),
        Prior("normal", mu=0, sigma=4),
        Prior("half_normal", sigma=0.3),
        Prior("half_normal", sigma=8),
    ),
    "positive_measurements": (
        Prior("normal", mu=np.log(0.2), sigma=2.5),
        UNIT,
        Prior("half_normal", sigma=0.3),
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
    names = ("intercept", "coefficients", "provider_sd", "residual_sd", "dispersion")
    spread = None if family.adds_up else Prior("half_normal", sigma=0.3)
    stated = dict(zip(names, (*DEFAULTS[form], spread), strict=True))
    found = family.default_priors(form, POOLED)
    parameters = {x.name: x for x in family.parameters(form)}
    assert found == {name: stated[name] for name in parameters if stated[name] is not None}
    assert list(parameters) == [name for name in names if name in parameters]
    assert all(prior.positive == parameters[name].support.positive for name, prior in found.items())


def test_where_zero_lies_moves_the_intercept_only():
    one, other = (
        FAMILIES["normal"].default_priors("measurements", Pooled(mean=mean, sd=1.0))
        for mean in (0.0, -200.0)
    )
    assert one.pop("intercept") == Prior("normal", mu=0.0, sigma=2.5)
    assert other.pop("intercept") == Prior("normal", mu=-200.0, sigma=2.5)
    assert one == other


@pairs
def test_information_that_is_steady_is_of_no_predictor_and_in_proportion_to_the_scale(family, form):
    cells, scale = EXAMPLES[form].cells, family.residual_name(form)
    near, far = (family.information(cells, np.full(3, eta), OWN) for eta in (-0.5, 0.4))
    assert np.array_equal(near, far) is family.is_steady
    if family.is_steady:
        wide = family.information(cells, np.zeros(3), OWN | {"residual_sd": 2 * RESIDUAL_SD})
        np.testing.assert_allclose(near / wide, 1 if scale is None else 4)
