"""Cells that differ by more than the model says, within what has an effect of its own."""

import numpy as np
import pytest

from tests.estimands.hand_made import make_fit, make_frame, make_spec
from varmodel.studies import judge_clustering

PROVIDERS, PERIODS, WARDS = 12, 4, 5
OWNERS = np.repeat(np.arange(PROVIDERS), PERIODS * WARDS)
QUARTER = np.tile(np.repeat(np.arange(PERIODS), WARDS), PROVIDERS)


def table(form, *, passing=0.0, clustering=0.0, transient=False, seed=1):
    """Give a fit around the truth of a table whose periods, or wards, have effects of their own."""
    rng = np.random.default_rng(seed)
    lasting = rng.normal(0, 0.4, PROVIDERS)
    period = rng.normal(0, passing, (PROVIDERS, PERIODS)) if passing else np.zeros((12, 4))
    eta = -1 + lasting[OWNERS] + period[OWNERS, QUARTER] + clustering * rng.normal(size=len(OWNERS))
    size = rng.integers(50, 150, len(OWNERS)).astype(float)
    chance = 1 / (1 + np.exp(-eta))
    response = {
        "share": lambda: {"events": rng.binomial(size.astype(int), chance), "trials": size},
        "exposure": lambda: {"events": rng.poisson(size * np.exp(eta)), "exposure": size},
        "published": lambda: {"value": rng.normal(eta, 0.2), "standard_error": 0 * size + 0.2},
    }[form]()
    zero = np.zeros(len(OWNERS), int)
    spec = make_spec(form)
    frame = make_frame(
        spec, provider=OWNERS, pattern=zero, design=np.zeros((1, 0)), **response
    ).assign_coords(period=["2006Q1", "2006Q2", "2006Q3", "2006Q4"])
    frame["period_index"] = ("cell", QUARTER)
    shape, near = (2, 100), lambda x: x + rng.normal(0, 0.01, (2, 100, *np.shape(x)))
    draws = {
        "intercept": np.full(shape, -1.0),
        "provider_sd": np.full(shape, 0.4),
        "provider_effect": near(lasting),
    }
    if transient:
        draws |= {"transient_sd": np.full(shape, 0.3), "transient_effect": near(period)}
    return make_fit(spec, frame, **draws)


@pytest.mark.parametrize("form", ["share", "exposure", "published"])
def test_cells_of_chance_alone_pass(form):
    found = judge_clustering(table(form), random_seed=1)
    assert found.passed
    assert found.reason == ""
    assert found.ratio == pytest.approx(1.0, abs=0.2)
    assert found.groups == "provider"


@pytest.mark.parametrize(
    ("form", "family"), [("share", "beta_binomial"), ("exposure", "negative_binomial")]
)
def test_wards_that_differ_are_seen_with_the_way_out(form, family):
    found = judge_clustering(table(form, clustering=0.5), random_seed=1)
    assert not found.passed
    assert found.ratio > 1.5
    assert family in found.reason
    assert f"{found.ratio:.2g} times" in found.reason


def test_what_passes_is_seen_without_a_transient_and_not_with_one():
    without = judge_clustering(table("share", passing=0.3), random_seed=1)
    assert not without.passed
    assert 'fit transient = "ar1", or fit family' in without.reason
    fit = table("share", passing=0.3, transient=True)
    within = judge_clustering(fit, random_seed=1)
    assert within.passed
    assert within.groups == "provider and period"
    wards = table("share", passing=0.3, clustering=0.5, transient=True)
    found = judge_clustering(wards, random_seed=1)
    assert not found.passed
    assert "transient" not in found.reason


def test_one_cell_a_period_tells_nothing():
    fit = table("share", clustering=0.5, transient=True)
    kept = fit.frame.isel(cell=np.arange(0, len(OWNERS), WARDS))
    found = judge_clustering(type(fit)(fit.spec, kept, fit.draws), random_seed=1)
    assert found.p_value == 1
    assert np.isnan(found.ratio)
