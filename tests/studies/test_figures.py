"""The steps from a fit to what is published, against a computation by hand."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import expit

from tests.fits.hand_made import whole_fit
from varmodel.errors import SpecError
from varmodel.estimands.money.shares import width_shares
from varmodel.estimands.ranks import ranking
from varmodel.families import Prior
from varmodel.fits import Fit
from varmodel.studies import make_figures
from varmodel.studies.figures import _entangled, annual_savings

PRICE = {"unit_cost": 10}


def own_rates(fit):
    """Give rates of a share without terms: (chain, draw, provider)."""
    posterior = fit.posterior
    return expit(posterior["intercept"] + posterior["provider_effect"]).transpose(
        "chain", "draw", "provider"
    )


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_rates_ranks_and_savings_by_hand(better):
    fit = whole_fit(shape=(2, 50), better=better, annualise=4, **PRICE)
    found = make_figures(fit, random_seed=1)
    rates, sign = own_rates(fit), 1 if better == "higher" else -1
    np.testing.assert_allclose(found.rates, rates, rtol=1e-12)
    better_ones = (sign * rates.to_numpy()[..., np.newaxis, :]) > (
        sign * rates.to_numpy()[..., np.newaxis]
    )
    np.testing.assert_array_equal(found.ranks["rank"], 1 + better_ones.sum(axis=-1))
    effect = np.quantile(sign * fit.posterior["provider_effect"], 0.75, axis=-1) * sign
    goal = expit(fit.posterior["intercept"].to_numpy() + effect)
    activity = fit.frame["activity"].to_numpy() * 4
    gap = np.maximum(0, sign * (goal[..., np.newaxis] - rates.to_numpy()))
    np.testing.assert_allclose(found.savings["saving"], 10 * activity * gap, atol=1e-9)
    np.testing.assert_allclose(found.savings["total"], (10 * activity * gap).sum(axis=-1))
    national = float(fit.frame["events"].sum() / fit.frame["trials"].sum())
    floor = 0.01 * 10 * activity * national
    named = (10 * activity * gap > floor).mean(axis=(0, 1)) >= 0.95
    np.testing.assert_array_equal(found.savings["named"], named)
    assert 0 < named.sum() < 12


def test_with_peers_in_the_model_the_benchmark_is_found_among_them():
    fit = whole_fit(shape=(2, 50), peers={"columns": ["log_volume"], "count": 4}, **PRICE)
    found = annual_savings(fit, random_seed=1)
    assert found.attrs["benchmark_peers"] == "log_volume"
    size = np.log(fit.frame["activity"].to_numpy())
    rates, activity = own_rates(fit).to_numpy(), fit.frame["activity"].to_numpy()
    for j in (0, 7):
        nearest = np.argsort(np.abs(size - size[j]), kind="stable")
        nearest = nearest[nearest != j][:4]
        effect = np.quantile(fit.posterior["provider_effect"][..., nearest], 0.25, axis=-1)
        goal = expit(fit.posterior["intercept"].to_numpy() + effect)
        saved = 10 * activity[j] * np.maximum(0, rates[..., j] - goal)
        np.testing.assert_allclose(found["saving"][..., j], saved, atol=1e-9)


def test_of_fewer_providers_than_peers_are_asked_for_each_is_compared_with_all_others():
    asked, had = (
        annual_savings(
            whole_fit(shape=(2, 50), peers={"columns": ["log_volume"], "count": count}, **PRICE),
            random_seed=1,
        )
        for count in (30, 11)  # of 12
    )
    np.testing.assert_array_equal(asked["saving"], had["saving"])


def test_somebody_is_named_at_95_in_100_draws_above_a_hundredth_of_the_cost():
    """Four providers; the first three lie at 20 %, the last above it as the draws say."""
    fit = whole_fit(providers=4, shape=(1, 100), **PRICE)
    posterior = fit.posterior

    def named(above):
        effect = np.zeros((1, 100, 4))
        effect[0, :above, 3] = 0.2
        changed = posterior.assign(
            provider_effect=(("chain", "draw", "provider"), effect),
            intercept=(("chain", "draw"), np.full((1, 100), -1.386)),
        )
        draws = xr.DataTree.from_dict({"posterior": changed})
        return annual_savings(type(fit)(fit.spec, fit.frame, draws), random_seed=1)["named"]

    assert list(named(95)) == [False, False, False, True]
    assert not named(94).any()


def named_from(fit):
    """Find the smallest saving that is above the floor at least 95 times in 100."""
    found = annual_savings(fit, random_seed=1)
    saving = found["saving"].quantile(0.05, dim=("chain", "draw"))
    return found["named"].to_numpy(), saving.to_numpy()


def test_the_floor_is_of_the_national_rate_whatever_the_own():
    """Where high is good a floor of the own rate would be lowest for the worst."""
    fit = whole_fit("exposure", better="higher", shape=(2, 200), **PRICE)
    named, saving = named_from(fit)
    frame = fit.frame
    national = float(frame["events"].sum() / frame["exposure"].sum())
    floor = 0.01 * 10 * frame["activity"].to_numpy() * national
    clear = np.abs(saving / floor - 1) > 0.05  # quantiles interpolate
    np.testing.assert_array_equal(named[clear], (saving > floor)[clear])


def test_the_floor_of_measurements_does_not_depend_on_where_zero_lies():
    fit = whole_fit("measurements", shape=(2, 200), **PRICE)
    named, saving = named_from(fit)
    floor = 0.03 * fit.frame.attrs["pooled_sd"] * 10 * fit.frame["activity"].to_numpy()
    np.testing.assert_array_equal(named, saving > floor)
    far = fit.posterior.assign(intercept=fit.posterior["intercept"] + 1000)
    again = type(fit)(fit.spec, fit.frame, xr.DataTree.from_dict({"posterior": far}))
    np.testing.assert_array_equal(named_from(again)[0], named)
    assert 0 < named.sum() < 12


def test_the_smallest_saving_may_be_stated():
    fit = whole_fit(shape=(2, 200), **PRICE)
    _, saving = named_from(fit)
    between = float(np.sort(saving)[-2:].mean())
    stated = fit.spec.replace(nil={"smallest_saving": between})
    named, _ = named_from(type(fit)(stated, fit.frame, fit.draws))
    np.testing.assert_array_equal(named, saving > between)
    assert named.sum() == 1


@pytest.mark.parametrize(
    "without", [{"better": "neither"}, {"benchmark": None}, {"unit_cost": None}]
)
def test_without_direction_benchmark_or_price_there_is_no_saving(without):
    fit = whole_fit(shape=(2, 20), **without)
    assert annual_savings(fit, random_seed=1) is None
    found = make_figures(fit, random_seed=1)
    assert found.savings is None
    assert list(found.structural) == ["rankability"]
    assert (found.ranks is None) == ("better" in without)


def test_each_provider_is_priced_at_its_own_price_of_the_table():
    named = {"column": "fee", "currency": "EUR", "price_year": 2018}
    fit = whole_fit(shape=(2, 50), unit_cost=named, annualise=4)
    one = Fit(fit.spec.replace(unit_cost=1.0), fit.frame, fit.draws)
    fee, gap = fit.frame["own_price"], annual_savings(one, random_seed=1)["saving"]
    found = annual_savings(fit, random_seed=1)
    assert 0 < float(fee.min()) < float(fee.max())
    np.testing.assert_allclose(found["saving"], gap * fee)
    np.testing.assert_allclose(found["total"], (gap * fee).sum("provider"))
    assert (found.attrs["units"], found.attrs["price_year"]) == ("EUR", 2018)
    activity = fit.frame["activity"]
    np.testing.assert_allclose(found["price"], (fee * activity).sum() / activity.sum())
    floor = 0.01 * fee * 4 * activity * float(fit.frame["events"].sum() / fit.frame["trials"].sum())
    named = ((gap * fee) > floor).mean(("chain", "draw")) >= 0.95
    np.testing.assert_array_equal(found["named"], named)
    shares = width_shares(found)
    assert (float(shares["price"]), float(shares["statistics"])) == (0, 1)  # the fees are known
    other = fit.spec.replace(unit_cost={"column": "tariff"})
    with pytest.raises(SpecError, match="without the column 'tariff'"):
        annual_savings(Fit(other, fit.frame, fit.draws), random_seed=1)


def test_published_values_have_no_activity_and_no_saving():
    fit = whole_fit("published", shape=(2, 20))
    assert make_figures(fit, random_seed=1).savings is None


def test_the_gate_sees_national_figures_and_each_provider():
    found = make_figures(whole_fit(shape=(2, 20)), random_seed=1)
    assert list(found.structural) == ["saving", "rankability"]
    assert list(found.by_provider) == ["adjusted_rate", "rank"]
    neither = make_figures(whole_fit(shape=(2, 20), better="neither"), random_seed=1)
    assert list(neither.by_provider) == ["adjusted_rate"]


def test_prices_follow_the_seed():
    fit = whole_fit(shape=(2, 20))
    one, again, other = (annual_savings(fit, random_seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, again)
    assert not (one["price"] == other["price"]).any()
    assert (one["price"] > 90).all()
    assert (one["price"] < 110).all()


def test_every_figure_carries_the_stamp():
    found = make_figures(whole_fit(shape=(2, 20), provisional=True), random_seed=1)
    for figure in (found.rates, found.ranks, found.savings, found.rankability):
        assert figure.attrs["provisional"] == 1


def test_money_is_counted_on_the_providers_own_cells():
    fit = whole_fit("expected", case_mix=("age",), shape=(2, 30), **PRICE)
    found = annual_savings(fit, random_seed=1)
    frame, posterior = fit.frame, fit.posterior
    eta = posterior["intercept"] + posterior["coefficients"] @ frame["design"]
    base = np.exp(eta).transpose("chain", "draw", "pattern").to_numpy()
    cells = base[..., frame["pattern_index"]] * frame["expected"].to_numpy()
    count = np.zeros((*base.shape[:2], 12))
    for cell, provider in enumerate(frame["provider_index"].to_numpy()):
        count[..., provider] += cells[..., cell]
    effect = posterior["provider_effect"].transpose("chain", "draw", "provider").to_numpy()
    goal = np.quantile(effect, 0.25, axis=-1, keepdims=True)  # lower is better
    gap = np.maximum(0, np.exp(effect) - np.exp(goal))
    np.testing.assert_allclose(found["saving"], 10 * count * gap, atol=1e-8)


def test_priors_do_not_matter_to_figures():
    fit = whole_fit(shape=(2, 20))
    wider = type(fit)(
        fit.spec.replace(priors={"provider_sd": Prior("half_normal", sigma=9)}),
        fit.frame,
        fit.draws,
    )
    one, other = (make_figures(each, random_seed=1).savings for each in (fit, wider))
    xr.testing.assert_allclose(one, other)


def test_who_is_entangled_loses_a_tenth_and_more_than_to_chance():
    """By hand: chance and coefficients of four providers."""
    lacking = xr.Dataset(
        {
            "chance": ("provider", [0.05, 0.01, 0.30, 0.09]),
            "coefficients": ("provider", [0.20, 0.05, 0.20, 0.10]),
        },
        coords={"provider": list("ABCD")},
    )
    assert _entangled(lacking) == ("A", "D")
    assert make_figures(whole_fit(shape=(2, 20)), random_seed=1).entangled == ()


def test_a_provider_compared_on_patients_it_does_not_have_is_not_named():
    fit = whole_fit(shape=(2, 50), **PRICE)
    named = annual_savings(fit, random_seed=1)["named"]
    worst = str(named["provider"][named.to_numpy()][0].item())
    support = fit.frame["support"].where(fit.frame["provider"] != worst, 0.49)
    alone = type(fit)(fit.spec, fit.frame.assign(support=support), fit.draws)
    left = annual_savings(alone, random_seed=1)["named"]
    np.testing.assert_array_equal(left, named & (named["provider"] != worst))


def test_rates_are_ranked_once_for_ranks_grades_sets_and_neighbours(monkeypatch):
    calls, plain = [], ranking.mid_ranks

    def counted(values, **how):
        calls.append(values.shape)
        return plain(values, **how)

    monkeypatch.setattr(ranking, "mid_ranks", counted)
    fit = whole_fit(shape=(2, 50))
    assert make_figures(fit, random_seed=1).order.graded is not None
    assert calls == [(100, fit.frame.sizes["provider"])]
    make_figures(fit, random_seed=1)  # nothing is kept beyond
    assert len(calls) == 2
