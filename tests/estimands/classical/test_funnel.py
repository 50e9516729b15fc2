"""The funnel: expected counts, limits by their own functions, what is allowed for beyond chance."""

import numpy as np
import pytest
from scipy import special, stats

from tests.estimands.hand_made import make_fit, make_frame, make_spec, random_fit
from varmodel.estimands.classical import funnel, indirect_ratio
from varmodel.estimands.classical.limits import binomial_limits, garwood_limits, poisson_limits

SIZE = np.geomspace(20, 2_000, 40).round()


def frame_of(form="expected", *, sd=0.0, seed=1, **fields):
    """Forty providers of one cell, without terms; true log ratios have a spread."""
    rng = np.random.default_rng(seed)
    rates = np.exp(rng.normal(0, sd, 40))
    events = (
        rng.binomial(SIZE.astype(int), 0.2 * rates)
        if form == "share"
        else rng.poisson(SIZE * rates)
    )
    size = "trials" if form == "share" else form
    spec = make_spec(form, **fields)
    statistics = {"events": events, size: SIZE}
    design = np.zeros((1, 0))
    return spec, make_frame(
        spec, provider=np.arange(40), pattern=np.zeros(40, int), design=design, **statistics
    )


def test_a_declared_expectation_stays_and_the_centre_is_the_national_ratio():
    _, frame = frame_of()
    found = funnel(frame, overdispersion="none")
    events = frame["events"].to_numpy()
    np.testing.assert_allclose(found["ratio"], indirect_ratio(events, SIZE)["value"])
    centre = events.sum() / SIZE.sum()
    assert found.attrs["centre"] == pytest.approx(centre)
    low, high = poisson_limits(centre * SIZE, prob=0.998)
    np.testing.assert_allclose(found["lower_0.998"], low / SIZE)
    np.testing.assert_allclose(found["upper_0.998"], high / SIZE)
    wide = funnel(frame, overdispersion="none", limits="garwood", prob=0.95)
    np.testing.assert_allclose(
        wide["upper_0.95"], garwood_limits(centre * SIZE, prob=0.95)[1] / SIZE
    )


def test_proportions_are_held_against_the_crude_rate():
    _, frame = frame_of("share")
    found = funnel(frame, overdispersion="none")
    rate = float(frame["events"].sum() / frame["trials"].sum())
    np.testing.assert_allclose(found["ratio"], frame["events"] / SIZE / rate)
    np.testing.assert_allclose(found["volume"], SIZE)
    low, high = binomial_limits(SIZE, rate=rate, prob=0.95)
    np.testing.assert_allclose(found["lower_0.95"], low / SIZE / rate)
    np.testing.assert_allclose(found["upper_0.95"], high / SIZE / rate)
    np.testing.assert_array_equal(funnel(frame, limits="exact"), funnel(frame))


def test_a_fit_expects_what_its_own_cases_would_have_at_effect_0():
    fit = random_fit("share")
    found = funnel(fit)
    design, frame = fit.frame["design"].to_numpy(), fit.frame
    eta = (
        fit.posterior["intercept"].to_numpy()[..., None]
        + fit.posterior["coefficients"].to_numpy() @ design.T
    )
    rate = special.expit(eta).mean(axis=(0, 1))
    cells = frame["trials"].to_numpy() * rate[frame["pattern_index"].to_numpy()]
    expected = np.bincount(frame["provider_index"].to_numpy(), cells)
    events = np.bincount(frame["provider_index"].to_numpy(), frame["events"].to_numpy())
    np.testing.assert_allclose(found["ratio"], events / expected)
    assert found.attrs["provisional"] == 1


@pytest.mark.parametrize(
    ("form", "transform", "forward", "error"),
    [
        ("expected", "log", np.log, lambda size: size**-0.5),
        ("expected", "sqrt", np.sqrt, lambda size: 0.5 * size**-0.5),
        ("share", "arcsine", lambda p: np.arcsin(np.sqrt(p)), lambda size: 0.5 * size**-0.5),
    ],
)
@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_what_is_allowed_for_is_on_the_scale(form, transform, forward, error, kind):
    _, frame = frame_of(form, sd=0.4)
    found = funnel(frame, overdispersion=kind, transform=transform)
    size = found["volume"].to_numpy()
    aim = size * float(frame["events"].sum() / frame["trials"].sum()) if form == "share" else size
    z = (forward(frame["events"] / size) - forward(aim / size)).to_numpy() / error(size)
    phi = np.mean(np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2)
    assert found.attrs["phi"] == pytest.approx(phi)
    w = error(size) ** -2
    tau2 = (40 * phi - 39) / (w.sum() - (w**2).sum() / w.sum())
    assert found.attrs["tau2"] == pytest.approx(tau2)
    wider = np.sqrt(error(size) ** 2 + tau2) if kind == "additive" else error(size) * np.sqrt(phi)
    np.testing.assert_allclose(found["z"], z * error(size) / wider)
    expected = frame["events"].to_numpy() / found["ratio"].to_numpy()
    upper = forward(found["upper_0.95"].to_numpy() * expected / size)
    np.testing.assert_allclose(upper, forward(aim / size) + 1.959964 * wider, rtol=1e-6)


def test_chance_alone_keeps_its_own_limits():
    _, frame = frame_of()
    for kind in ("additive", "multiplicative"):
        found = funnel(frame, overdispersion=kind)
        assert found.attrs["phi"] < 1
        assert found.attrs["tau2"] == 0
        np.testing.assert_array_equal(found, funnel(frame, overdispersion="none"))


def test_flags_are_those_of_benjamini_and_hochberg_and_outside_is_the_widest_level():
    _, frame = frame_of(sd=0.5)
    found = funnel(frame, overdispersion="none")
    p = 2 * stats.norm.sf(np.abs(found["z"]))
    flagged = stats.false_discovery_control(p) <= 0.05
    np.testing.assert_array_equal(found["flag"] != "", flagged)
    side = np.where(found["ratio"] > found.attrs["centre"], "high", "low")
    np.testing.assert_array_equal(found["flag"], np.where(flagged, side, ""))
    inner = (found["ratio"] > found["upper_0.95"]) | (found["ratio"] < found["lower_0.95"])
    outer = (found["ratio"] > found["upper_0.998"]) | (found["ratio"] < found["lower_0.998"])
    np.testing.assert_array_equal(
        found["outside"], np.where(outer, 0.998, np.where(inner, 0.95, 0))
    )
    assert outer.any()
    assert (inner & ~outer).any()


def test_no_event_at_all_has_a_z_on_the_log():
    spec = make_spec("expected")
    statistics = {"events": [0, 5, 9, 30], "expected": [4.0, 6, 8, 26]}
    frame = make_frame(
        spec, provider=range(4), pattern=[0] * 4, design=np.zeros((1, 0)), **statistics
    )
    found = funnel(frame, overdispersion="none")
    assert found["z"][0] == pytest.approx(np.log(0.5 / 4.5) * np.sqrt(4.5))


def test_predictive_limits_are_quantiles_of_new_providers():
    """Log link, one cell each: events ~ Poisson(E exp(alpha + N(0, tau)))."""
    spec, frame = frame_of(sd=0.3)
    rng, shape = np.random.default_rng(3), (2, 6_000)
    fit = make_fit(
        spec,
        frame,
        intercept=np.full(shape, 0.1),
        provider_sd=np.full(shape, 0.3),
        provider_effect=rng.normal(size=(*shape, 40)),
    )
    found = funnel(fit, overdispersion="predictive", prob=np.array([0.9]))
    np.testing.assert_allclose(found["volume"] / found.attrs["centre"], SIZE * np.exp(0.1))
    drawn = rng.poisson(SIZE[-1] * np.exp(0.1 + 0.3 * rng.normal(size=40_000)))
    wanted = np.quantile(drawn, [0.05, 0.95]) / (SIZE[-1] * np.exp(0.1))
    np.testing.assert_allclose(found[["lower_0.9", "upper_0.9"]].iloc[-1], wanted, rtol=0.03)
    share = np.mean(drawn < frame["events"].to_numpy()[-1])
    assert found["z"].iloc[-1] == pytest.approx(special.ndtri(share), abs=0.08)


def test_what_is_no_funnel_is_refused(refused):
    _, frame = frame_of()
    for call, words in (
        (lambda: funnel([1]), "a frame or a Fit"),
        (lambda: funnel(random_fit("measurements")), "not of measurements"),
        (lambda: funnel(random_fit("share").frame), "needs coefficients"),
        (lambda: funnel(frame, limits="score"), "no limits 'score' of counts"),
        (lambda: funnel(frame, limits="tails"), "tail"),
        (lambda: funnel(frame, overdispersion="more"), "no overdispersion 'more'"),
        (lambda: funnel(frame, overdispersion="predictive"), "a fitted model"),
        (lambda: funnel(frame, transform="arcsine"), "no transform 'arcsine'"),
        (lambda: funnel(frame, tails="cut"), "unknown tails"),
        (lambda: funnel(frame, prob=(0.95, 95)), "prob"),
        (lambda: funnel(frame, prob=(0.95, "95")), "prob"),
    ):
        with refused("CONFIG.VALUE", words):
            call()


def test_whom_chance_alone_leaves_where_he_is_is_not_flagged():
    """Twelve hospitals (BUGS Examples vol. 1): none of 47 has a z of -3.3, and a chance of .03."""
    deaths = np.array([0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24])
    cases = np.array([47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360])
    frame = make_frame(
        make_spec("share"),
        provider=np.arange(12),
        pattern=np.zeros(12, int),
        design=np.zeros((1, 0)),
        events=deaths,
        trials=cases,
    )
    found = funnel(frame)
    assert found["z"][0] < -3
    assert (found["outside"][0], found["flag"][0]) == (0, "")
    assert funnel(frame, overdispersion="none")["outside"][7] == 0.998  # 31 of 215
