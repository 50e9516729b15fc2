"""What one saving costs elsewhere, of panels whose displacement is known."""

import numpy as np
import pytest
import xarray as xr

from tests.estimands.hand_made import make_fit, make_frame, make_spec
from varmodel.errors import DesignError, SpecError
from varmodel.estimands.money import displacement, net_of_displacement
from varmodel.fits import Fit

QUARTERS = [f"{year}Q{quarter}" for year in (2006, 2007) for quarter in (1, 2, 3, 4)]
RATE = -1.5


def panel(passing, *, seed, size=150, quarters=QUARTERS, **fields):
    """Counts with departures (provider, period) from what lasts, and draws that know the rest."""
    providers, periods = passing.shape
    rng = np.random.default_rng(seed)
    lasting = np.random.default_rng(9).normal(0, 0.3, providers)
    provider, period = np.divmod(np.arange(providers * periods), periods)
    size = np.broadcast_to(size, providers)[provider]
    mean = size * np.exp(RATE + lasting[provider] + passing[provider, period])
    spec = make_spec("exposure", period="quarter", **{"better": "lower", **fields})
    frame = make_frame(
        spec,
        provider=provider,
        pattern=period,
        design=np.zeros((periods, 0)),
        events=rng.poisson(mean),
        exposure=size.astype(float),
    )
    frame = frame.assign_coords(period=list(quarters))
    frame["period_index"] = "cell", period
    frame.attrs["source_hash"] = f"count {seed}"
    draws = {"intercept": [[RATE] * 400], "provider_sd": [[0.3] * 400]}
    draws["provider_effect"] = np.tile(lasting, (1, 400, 1))
    draws["transient_sd"] = [[0.2] * 400]
    draws["transient_effect"] = np.tile(passing, (1, 400, 1, 1))
    return make_fit(spec, frame, **draws)


def logged(share):
    """Give the departure that makes this share more of the counts."""
    return np.log1p(np.maximum(share, -0.9))


def departures(delta, *, price=2.0, providers=600, seed=3):
    """What passes at the source, and at a target of ``price`` times its price: in pounds exact."""
    rng = np.random.default_rng(seed)
    source = rng.normal(0, 0.2, (providers, len(QUARTERS)))
    share = -delta / price * np.expm1(source) + rng.normal(0, 0.1, source.shape)
    return source, logged(share)


def fits(delta, *, better=("lower", "lower"), **options):
    source, target = departures(delta)
    signs = [-1 if end == "higher" else 1 for end in better]
    source, target = (
        logged(sign * np.expm1(x)) for sign, x in zip(signs, (source, target), strict=True)
    )
    one = panel(source, seed=1, unit_cost=50.0, better=better[0], **options)
    return one, panel(target, seed=2, unit_cost=100.0, better=better[1], **options)


@pytest.mark.parametrize("better", [("lower", "lower"), ("higher", "lower")])
@pytest.mark.parametrize("delta", [0.4, 0.0, -0.5])
def test_what_is_displaced_is_found_though_half_of_the_changes_are_chance(delta, better):
    """Of 33 events a quarter chance makes three fifths of the variance of a change."""
    one, other = fits(delta, better=better)
    found = displacement(one, other, random_seed=1)
    assert found.dims == ("chain", "draw")
    assert float(found.mean()) == pytest.approx(delta, abs=3 * float(found.std()))
    assert 0.01 < float(found.std()) < 0.06
    assert (found.attrs["providers"], found.attrs["changes"]) == (600, 600 * 7)


def test_the_spread_of_the_draws_is_that_of_repetition():
    runs = []
    for seed in range(30):
        source, target = departures(0.4, providers=60, seed=100 + seed)
        one = panel(source, seed=seed, unit_cost=50.0)
        other = panel(target, seed=50 + seed, unit_cost=100.0)
        runs.append(displacement(one, other, random_seed=1))
    means, spreads = [float(x.mean()) for x in runs], [float(x.std()) for x in runs]
    assert np.mean(means) == pytest.approx(0.4, abs=3 * np.std(means) / np.sqrt(30))
    assert np.mean(spreads) == pytest.approx(np.std(means), rel=0.4)


def unequal(delta, *, seed, providers=40):
    """What passes goes on for a while; sizes and prices differ, the target is mostly its own."""
    rng = np.random.default_rng(seed)
    sizes = np.round(rng.lognormal(5.3, 0.8, providers)) + 20
    others = np.round(sizes * rng.uniform(0.5, 2, providers))
    source = rng.normal(0, 0.3, (providers, len(QUARTERS)))
    for place in range(1, len(QUARTERS)):
        source[:, place] = 0.6 * source[:, place - 1] + 0.8 * source[:, place]
    pounds = 40 * sizes[:, np.newaxis] * np.expm1(source)
    share = -delta * pounds / (170 * others[:, np.newaxis]) + rng.normal(0, 0.3, source.shape)
    one = panel(source, seed=2 * seed, size=sizes, unit_cost=40.0)
    return one, panel(logged(share), seed=2 * seed + 1, size=others, unit_cost=170.0)


@pytest.mark.parametrize("delta", [0.0, 0.8])
def test_a_few_large_providers_neither_move_it_nor_narrow_its_interval(delta):
    """With all pounds squared alike a few of the 40 decide, and the sd is .75 of what it should."""
    found = [displacement(*unequal(delta, seed=seed), random_seed=1) for seed in range(100, 180)]
    means = np.array([float(x.mean()) for x in found])
    assert means.mean() == pytest.approx(delta, abs=3 * means.std() / np.sqrt(80))
    assert np.mean([float(x.std()) for x in found]) == pytest.approx(means.std(), rel=0.15)
    held = [np.quantile(x, 0.025) <= delta <= np.quantile(x, 0.975) for x in found]
    assert np.mean(held) >= 0.89


def test_where_the_cases_themselves_move_the_chance_is_told_and_can_be_put_back():
    one, other = fits(0.0)
    events = one.frame["events"]
    moved = 100 - 0.4 * 50 / 100 * events
    found = displacement(
        one, Fit(other.spec, other.frame.assign(events=moved), other.draws), random_seed=1
    )
    assert 0.35 < found.attrs["chance_share"] < 0.5  # 33 of 33 + (33 x .2)^2, a little more
    assert float(found.mean()) * (1 - found.attrs["chance_share"]) == pytest.approx(0.4, rel=0.02)


def test_it_goes_into_the_net_saving():
    one, other = fits(0.4)
    delta = displacement(one, other, random_seed=1)
    gross = xr.DataArray(np.ones((1, 400, 2)), dims=("chain", "draw", "provider"))
    net = net_of_displacement(gross.to_dataset(name="saving"), delta=delta)
    np.testing.assert_allclose(net["total"], 2 * (1 - delta))


def test_a_provisional_target_stamps_what_is_made_of_it():
    one, other = fits(0.4)
    one.draws.attrs["provisional"] = 0
    found = displacement(one, other, random_seed=1)
    assert found.attrs["provisional"] == 1
    assert found.attrs["source_hash"] == one.provenance["source_hash"]


def test_only_periods_that_follow_each_other_and_providers_of_both_count():
    one, other = fits(0.4, quarters=[*QUARTERS[:4], *(f"2008{x[4:]}" for x in QUARTERS[4:])])
    later = [f"T{number:04d}" for number in range(550, 1150)]
    some = Fit(other.spec, other.frame.assign_coords(provider=later), other.draws)
    found = displacement(one, some, random_seed=1)
    assert (found.attrs["providers"], found.attrs["changes"]) == (50, 50 * 6)


def test_refusals():
    one, other = fits(0.4)
    for spec, words in (
        (other.spec.replace(unit_cost=None), "target has no price"),
        (other.spec.replace(unit_cost={"value": 5, "currency": "EUR"}), "target is in EUR"),
        (other.spec.replace(better="neither"), "neither"),
        (other.spec.replace(family="negative_binomial"), "without over-dispersion"),
    ):
        with pytest.raises(SpecError, match=words):
            displacement(one, Fit(spec, other.frame, other.draws), random_seed=1)
    with pytest.raises(SpecError, match="count the same events"):
        displacement(one, Fit(other.spec, one.frame, one.draws), random_seed=1)
    still = panel(np.zeros((600, 8)), seed=1, unit_cost=50.0)
    with pytest.raises(DesignError, match="not told from chance"):
        displacement(still, other, random_seed=1)
    nothing = one.frame.assign(events=0 * one.frame["events"] + 33)  # no change at all
    with pytest.raises(DesignError, match="not told from chance"):
        displacement(Fit(one.spec, nothing, still.draws), other, random_seed=1)
    few = [panel(x[:8], seed=k, unit_cost=50.0) for k, x in enumerate(departures(0.4))]
    with pytest.raises(DesignError, match="8 providers"):
        displacement(*few, random_seed=1)
