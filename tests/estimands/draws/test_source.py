"""What new tables are drawn from."""

import numpy as np
import pytest

from tests.estimands.hand_made import random_fit
from varmodel.estimands.draws.source import FURTHEST, read_source
from varmodel.families import FAMILIES, take

FORMS = [form for family in FAMILIES.values() for form in family.form_names if form != "trial"]


@pytest.mark.parametrize("form", FORMS)
def test_the_predictor_is_the_likelihoods(form):
    fit = random_fit(form, draws=5)
    source = read_source(fit)
    eta = source.stacked.predictor.eta(slice(None))[:, :1]
    first = fit.posterior["intercept"].to_numpy().reshape(-1, 1)
    slopes = (
        fit.posterior["coefficients"].to_numpy().reshape(-1, 2) @ fit.frame["design"].values[:1].T
    )
    np.testing.assert_allclose(eta, first + slopes)
    rates = source.rates(slice(2, 4), eta=eta[2:4])
    own = take(source.own, (slice(2, 4), np.newaxis))
    np.testing.assert_allclose(rates, fit.spec.family_row.mean(eta[2:4], own))
    assert set(source.own) == ({"residual_sd"} if fit.spec.form.spread else set())


def test_new_effects_have_the_sd_of_their_draw():
    fit = random_fit(draws=4)
    source = read_source(fit)
    effects = source.effects(slice(1, 3), count=20_000, rng=np.random.default_rng(1))
    np.testing.assert_allclose(effects.std(axis=1), source.sd[1:3], rtol=0.03)


def test_effects_that_no_count_could_follow_are_brought_in():
    fit = random_fit("exposure", draws=4)
    fit.draws["posterior"]["provider_sd"][:] = 1e3
    effects = read_source(fit).effects(slice(None), count=50, rng=np.random.default_rng(1))
    assert np.abs(effects).max() == FURTHEST
