import numpy as np
import pytest
from scipy import special, stats

from tests.estimands.hand_made import make_fit, passing_fit, random_fit
from varmodel.estimands.money.kinds.laws import effects_of_law
from varmodel.families import EFFECTS
from varmodel.spec import Benchmark

BEST = Benchmark("superpopulation", 0.9)
OWN = Benchmark("conditional", 0.9)


@pytest.mark.parametrize("sign", [1, -1])
def test_without_shared_effects_it_is_a_quantile_of_the_effects(sign):
    fit = random_fit()
    sd = fit.posterior["provider_sd"].to_numpy().reshape(-1, 1)
    for kind in (BEST, OWN):
        found = effects_of_law(fit, kind, sign=sign, part="persistent")
        np.testing.assert_allclose(found, np.repeat(sign * special.ndtri(0.9) * sd, 30, axis=1))


def described():
    """Two classes of providers whose effects differ in mean and sd."""
    fit = random_fit(providers=6)
    frame = fit.frame.assign(class_index=("provider", np.array([0, 0, 1, 1, 1, 1])))
    frame = frame.assign_coords({"class": ["x", "y"]})
    shape = (2, 20)
    more = {
        "class_mean": np.broadcast_to([0.0, 1.5], (*shape, 2)),
        "class_sd": np.broadcast_to([0.5, 0.2], (*shape, 2)),
    }
    return make_fit(fit.spec, frame, **fit.posterior.data_vars, **more)


@pytest.mark.parametrize(("sign", "share"), [(1, 0.9), (-1, 0.1)])
def test_classes_are_mixed_or_each_is_its_own(sign, share):
    fit = described()
    level = effects_of_law(fit, BEST, sign=sign, part="persistent")
    assert np.ptp(level, axis=1).max() == 0
    x = level[0, 0]
    below = (2 * stats.norm.cdf(x, 0, 0.5) + 4 * stats.norm.cdf(x, 1.5, 0.2)) / 6
    assert below == pytest.approx(share, abs=1e-12)
    own = effects_of_law(fit, OWN, sign=sign, part="persistent")[0]
    z = special.ndtri(share)
    np.testing.assert_allclose(own, [0.5 * z] * 2 + [1.5 + 0.2 * z] * 4)


def test_the_quantile_of_students_t():
    """Of sd tau: the scale is tau sqrt((nu - 2) / nu) (methods 2)."""
    fit = random_fit(effect="student_t")
    nu = np.random.default_rng(1).uniform(2.5, 9, (2, 20))
    (name,) = EFFECTS["student_t"].parameters
    fit = make_fit(fit.spec, fit.frame, **fit.posterior.data_vars, **{name: nu})
    found = effects_of_law(fit, BEST, sign=1, part="persistent")[:, 0]
    sd = fit.posterior["provider_sd"].to_numpy().reshape(-1)
    flat = nu.reshape(-1)
    wanted = sd * stats.t.ppf(0.9, flat) * np.sqrt((flat - 2) / flat)
    np.testing.assert_allclose(found, wanted, rtol=2e-3)


def test_the_coming_period_has_what_passes_in_it(refused):
    fit = passing_fit()
    found = effects_of_law(fit, BEST, sign=1, part="next")[:, 0]
    sds = [fit.posterior[name].to_numpy().reshape(-1) for name in ("provider_sd", "transient_sd")]
    np.testing.assert_allclose(found, special.ndtri(0.9) * np.hypot(*sds))
    other = make_fit(fit.spec.replace(effect="student_t"), fit.frame, **fit.posterior.data_vars)
    with refused("CONFIG.VALUE", "coming period"):
        effects_of_law(other, BEST, sign=1, part="next")
