"""A family with a parameter of its own, registered from here: no file of varmodel knows its name.

Counts of mean mu and variance mu (1 + excess): the negative binomial whose shape is mu / excess,
on the response forms that the Poisson reads too.
"""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from scipy import special, stats

import varmodel as vm
from varmodel.errors import SpecError
from varmodel.families import FAMILIES, Prior
from varmodel.families.outcomes.poisson import POISSON
from varmodel.families.parameters import DISPERSION, Parameter
from varmodel.inference.nuts.likelihoods import LIKELIHOODS
from varmodel.studies.conflict import prior_conflict
from varmodel.studies.nil import spread_p_value
from varmodel.studies.prior import prior_predictive

TRUTH = {"intercept": -2.0, "provider_sd": 0.3, "excess": 2.0}


def shape_of(cells, eta, values):
    mu = cells.size * np.exp(eta)
    return mu, mu / values["excess"]


def log_likelihood(cells, eta, values):
    mu, shape = shape_of(cells, eta, values)
    return np.asarray(stats.nbinom.logpmf(cells.response, shape, shape / (shape + mu)))


def score(cells, eta, values):
    """The derivative by log mu: the shape is in proportion to mu."""
    _, shape = shape_of(cells, eta, values)
    rise = special.digamma(cells.response + shape) - special.digamma(shape)
    return np.asarray(shape * (rise - np.log1p(values["excess"])))


def information(cells, eta, values):
    return np.asarray(cells.size * np.exp(eta) / (1 + values["excess"]))


def draw(rng, cells, eta, values):
    mu, shape = shape_of(cells, eta, values)
    return rng.negative_binomial(shape, shape / (shape + mu)).astype(float)


def likelihood(form, data, eta, own):
    mu = data["size"] * pm.math.exp(eta)
    law = pm.NegativeBinomial.dist(mu=mu, alpha=mu / own["excess"])
    pm.Potential(form.response, pm.logp(law, data["response"]).sum())


EXCESS = Parameter(
    "excess",
    DISPERSION,
    "nonnegative",
    lambda *_: Prior("half_normal", sigma=3.0),
    typical=lambda _: 1.0,
)
FAMILY = replace(
    POISSON,
    name="overspread",
    listed=(*POISSON.listed, EXCESS),
    constant=None,
    log_likelihood=log_likelihood,
    score=score,
    information=information,
    draw=draw,
)


@pytest.fixture
def spec(monkeypatch):
    monkeypatch.setitem(FAMILIES, FAMILY.name, FAMILY)
    monkeypatch.setitem(LIKELIHOODS, FAMILY.name, likelihood)
    columns = {"provider": "trust", "numerator": "deaths", "exposure": "days", "better": "lower"}
    columns |= {"case_mix": ("sex",), "dispersion_unit": ("trust", "sex")}
    return vm.ModelSpec(name="own", family=FAMILY.name, **columns)


def test_the_model_file_names_its_prior(spec):
    given = spec.replace(priors={"excess": Prior("exponential", lam=0.5)})
    assert vm.ModelSpec.from_toml(given.to_toml()) == given
    wrong = {"excess": Prior("normal", sigma=1.0)}
    with pytest.raises(SpecError, match="excess needs a prior on the positive half line"):
        spec.replace(priors=wrong)
    with pytest.raises(SpecError, match="did you mean 'excess'"):
        spec.replace(priors={"exces": Prior("exponential", lam=0.5)})
    with pytest.raises(SpecError, match="known: intercept, coefficients, provider_sd, excess"):
        spec.replace(priors={"residual_sd": Prior("exponential", lam=0.5)})
    with pytest.raises(SpecError, match="a true excess cannot be below 0"):
        vm.simulate(spec, truth={"excess": -1.0}, random_seed=1)


@pytest.mark.long
def test_from_the_prior_to_a_prediction(spec, tmp_path):
    drawn = vm.simulate(spec, providers=40, random_seed=1).truth
    assert float(drawn["excess"]) > 0
    made = vm.simulate(spec, providers=40, mean_denominator=500, truth=TRUTH, random_seed=2)
    frame = vm.prepare(spec, made.table)
    before = prior_predictive(spec, frame, draws=200, random_seed=1)
    assert np.isfinite(before["national_rate"]).all()

    fit = vm.fit(spec, frame, random_seed=3, sampler="nuts", progressbar=False)
    gate = vm.diagnose(fit)
    assert gate.passed
    assert "excess" in gate.table["quantity"].tolist()
    posterior = fit.posterior
    assert list(posterior)[-1] == "excess"
    for name, value in TRUTH.items():
        assert abs(float(posterior[name].mean()) - value) < 3.5 * float(posterior[name].std())

    vm.save_fit(fit, tmp_path / "fit")
    loaded = vm.load_fit(tmp_path / "fit")
    np.testing.assert_array_equal(loaded.posterior["excess"], posterior["excess"])
    assert "excess" in vm.variance_components(loaded)
    assert 0 < float(vm.rankability(loaded).median()) < 1
    assert spread_p_value(loaded, random_seed=1, tables=19) == pytest.approx(0.05)
    assert prior_conflict(loaded) == ""

    rates = vm.predict(loaded, made.table)
    events = vm.predict(loaded, made.table, kind="response", random_seed=4)
    residual = (events / made.table["days"].to_numpy() - rates) ** 2
    ratio = (residual * made.table["days"].to_numpy() / rates).mean(("chain", "draw"))
    expected = 1 + float(posterior["excess"].mean())
    assert float(ratio.mean()) == pytest.approx(expected, rel=0.05)
