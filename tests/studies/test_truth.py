"""Estimates beside the truth, by hand."""

import math

import numpy as np
import pytest

from tests.fits.hand_made import TRUTH, fit_of, make_spec, whole_fit
from varmodel.estimands import summarise
from varmodel.frame import prepare, simulate
from varmodel.studies import compare_with_truth, make_figures
from varmodel.studies.truth import true_saving


@pytest.fixture(params=["share", "measurements", "log_measurements", "positive_measurements"])
def compared(request):
    """Return a fit, its figures, the truth of its table, and the comparison."""
    form = request.param
    fit = whole_fit(form, case_mix=("age",))
    made = simulate(fit.spec, providers=12, mean_denominator=100, truth=TRUTH[form], random_seed=1)
    figures = make_figures(fit, random_seed=1)
    return fit, figures, made.truth, compare_with_truth(fit, figures, truth=made.truth)


def test_each_provider_stands_beside_its_truth(compared):
    fit, figures, truth, found = compared
    table = found.providers
    np.testing.assert_array_equal(table["provider"], fit.frame["provider"])
    np.testing.assert_array_equal(table["true_rate"], truth["rate"])
    np.testing.assert_array_equal(table["observed"], fit.frame["observed"])
    np.testing.assert_array_equal(table["mean"], summarise(figures.rates)["mean"])
    order = truth["rate"].to_numpy().argsort().argsort() + 1.0  # lower is better
    np.testing.assert_array_equal(table["true_rank"], order)
    np.testing.assert_array_equal(table["expected_rank"], figures.ranks["expected_rank"])
    inside = (table["lower"] <= table["true_rate"]) & (table["true_rate"] <= table["upper"])
    np.testing.assert_array_equal(table["covered"], inside)
    assert found.covered == inside.mean()
    assert found.rms_observed == pytest.approx(
        math.sqrt(((table["observed"] - table["true_rate"]) ** 2).mean())
    )


def test_the_order_of_the_truth_does_not_matter(compared):
    fit, figures, truth, found = compared
    turned = compare_with_truth(fit, figures, truth=truth.isel(provider=slice(None, None, -1)))
    assert turned.providers.equals(found.providers)
    assert turned.saving == found.saving


@pytest.mark.parametrize("form", ["share", "log_measurements", "positive_measurements"])
def test_the_true_saving_by_hand(form):
    spec = make_spec(form, unit_cost={"low": 60, "mode": 100, "high": 200}, annualise=4)
    made = simulate(spec, providers=9, truth=TRUTH[form], random_seed=3)
    frame = prepare(spec, made.table)
    fit = fit_of(spec, frame, posterior=whole_fit(providers=9).posterior)
    rate = made.truth["rate"].to_numpy()  # no terms: own rates are reference rates
    gap = np.maximum(0, rate - np.quantile(rate, 0.25))
    price = (60 + 4 * 100 + 200) / 6
    expected = price * 4 * (frame["activity"].to_numpy() * gap).sum()
    assert true_saving(fit, made.truth) == pytest.approx(expected)


def test_without_a_price_or_a_direction_less_is_compared():
    fit = whole_fit(better="neither", unit_cost=None)
    made = simulate(fit.spec, providers=12, truth=TRUTH["share"], random_seed=1)
    found = compare_with_truth(fit, make_figures(fit, random_seed=1), truth=made.truth)
    assert math.isnan(found.saving)
    assert "true_rank" not in found.providers
