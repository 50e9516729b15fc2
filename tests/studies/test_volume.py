"""Size and performance: the slope in each draw."""

import numpy as np
import pytest
from scipy import stats

from tests.estimands.hand_made import random_fit
from tests.fits.hand_made import make_spec, sample_by_hand
from varmodel.frame import prepare, simulate
from varmodel.inference.request import Request
from varmodel.studies import Volume, judge_volume, volume
from varmodel.studies.checks import refits
from varmodel.studies.figures import annual_savings
from varmodel.studies.volume import refit_with_volume


def related(slope, *, noise=0.05, spread=0.0):
    """Give a fit whose effects go with log volume, and an empty provider far from the line.

    The draws lie about true effects that have a ``spread`` of their own.
    """
    fit = random_fit(providers=40, draws=200)
    rng = np.random.default_rng(1)
    sizes = rng.lognormal(4, 1, 40)
    sizes[7] = 0.0
    log = np.log(np.where(sizes > 0, sizes, 1.0))
    true = slope * log + rng.normal(0, spread, 40)
    effect = true + rng.normal(0, noise, (2, 200, 40))
    effect[:, :, 7] = 50.0
    fit.draws["posterior"]["provider_effect"][:] = effect
    fit.frame["activity"] = ("provider", sizes)
    return fit


def drawn(spec, table):
    frame = prepare(spec, table)
    return sample_by_hand(Request(spec, frame, 1, 300, tune=0, chains=4, progressbar=False))[0]


def test_the_slope_is_that_of_least_squares():
    fit = related(0.3)
    found = judge_volume(fit)
    held = fit.frame["activity"].to_numpy() > 0
    log = np.log(fit.frame["activity"].to_numpy()[held])
    one = np.polyfit(log, fit.posterior["provider_effect"][1, 3].to_numpy()[held], 1)[0]
    assert float(found.slope[1, 3]) == pytest.approx(one)
    assert float(found.slope.mean()) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(("slope", "passed"), [(0.3, False), (-0.3, False), (0.0, True)])
def test_a_slope_either_way_is_seen(slope, passed):
    assert judge_volume(related(slope)).passed is passed


def test_effects_that_are_known_exactly_have_no_slope_for_that():
    """In every draw the slope is above 0 by the chance of 40 providers; in others it is below."""
    fit = related(0.0, noise=1e-4, spread=0.3)
    found = judge_volume(fit)
    share = float((found.slope > 0).mean())
    assert share in (0.0, 1.0)
    assert found.passed
    held = fit.frame["activity"].to_numpy() > 0
    log = np.log(fit.frame["activity"].to_numpy()[held])
    means = fit.posterior["provider_effect"].mean(("chain", "draw")).to_numpy()[held]
    known = stats.linregress(log, means, alternative="less")  # its p-value is Pr(T < t)
    assert found.prob_positive == pytest.approx(known.pvalue)


def test_where_it_passes_or_is_in_the_model_nothing_is_fitted(monkeypatch):
    def fails(*args, **kwargs):
        raise AssertionError

    monkeypatch.setattr(volume, "prepare", fails)
    monkeypatch.setattr(volume, "refitted_total", fails)
    asked = {"table": None, "total": None, "random_seed": 1}
    fit = related(0.0)
    passed = judge_volume(fit)
    assert refit_with_volume(passed, fit, **asked) is passed
    known = fit.spec.replace(effect_predictors=("log_volume",))
    found = refit_with_volume(
        judge_volume(related(0.3)), type(fit)(known, fit.frame, fit.draws), **asked
    )
    assert (found.total, found.reason) == (None, "the model has log_volume already")


def test_the_total_of_a_model_that_knows_the_size(monkeypatch):
    """It is that of the same steps on a frame made for it, of the part that the total is of."""
    asked = []

    def sample(spec, frame, **options):
        asked.append((spec, frame, options["sampler"]))
        kept = {name: options[name] for name in ("random_seed", "draws", "chains", "progressbar")}
        return sample_by_hand(Request(spec, frame, tune=0, **kept))[0]

    monkeypatch.setattr(refits, "sample", sample)
    spec = make_spec()
    table = simulate(spec, providers=12, random_seed=1).table
    fit = drawn(spec, table)
    total = annual_savings(fit, random_seed=3)["total"]
    doubted = Volume(total, 0.99)
    found = refit_with_volume(doubted, fit, table=table, total=total, random_seed=3)
    ((wanted, frame, sampler),) = asked
    assert wanted == spec.replace(effect_predictors=("log_volume",))
    assert frame["effect_design"].sizes["predictor"] == 1
    assert sampler == "marginal"
    assert found.reason == ""
    assert not found.passed
    assert found.upper == float(np.quantile(found.total, 0.95))


def test_more_draws_are_asked_for_only_where_few_give_no_total(monkeypatch):
    """NUTS, of which the gate asks for more, may know what the marginal sampler does not."""
    spec, asked = make_spec(), []

    def refitted(spec, frame, *, how):
        asked.append((how.sampler, how.draws))
        return (None, "too uneven") if how.sampler == "marginal" else (total, "")

    monkeypatch.setattr(volume, "refitted_total", refitted)
    table = simulate(spec, providers=12, random_seed=1).table
    fit = drawn(spec, table)
    total = annual_savings(fit, random_seed=3)["total"]
    found = refit_with_volume(Volume(total, 0.99), fit, table=table, total=total, random_seed=3)
    assert asked == [("marginal", 0), ("auto", 1_000)]
    assert (found.total, found.reason) == (total, "")


def test_a_model_that_cannot_be_fitted_leaves_its_reason():
    spec = make_spec()
    table = simulate(spec, providers=12, random_seed=1).table
    one = table.groupby(spec.provider, as_index=False).first()
    one[spec.denominator], one[spec.numerator] = 50, range(1, 13)
    fit = drawn(spec, one)
    total = annual_savings(fit, random_seed=3)["total"]
    found = refit_with_volume(Volume(total, 0.99), fit, table=one, total=total, random_seed=3)
    assert found.total is None
    assert "every ranked provider has the same value" in found.reason


@pytest.mark.parametrize("activity", [None, 5.0])
def test_without_volumes_that_differ_there_is_no_slope(activity):
    fit = random_fit(draws=3)
    if activity is None:
        fit = type(fit)(fit.spec, fit.frame.drop_vars("activity"), fit.draws)
    else:
        fit.frame["activity"][:] = activity
    found = judge_volume(fit)
    assert found.slope is None
    assert found.passed
