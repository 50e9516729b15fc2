"""The shape check against closed forms, and the refit beside a total."""

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit
from statsmodels.stats.diagnostic import lilliefors

from tests.fits.hand_made import fit_of, make_spec, sample_by_hand, whole_fit
from tests.frame.hand_made import make_table
from varmodel.errors import ConvergenceError, Problem
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.frame import prepare
from varmodel.inference import fit
from varmodel.inference.request import Request
from varmodel.numerics.threads import limit_threads
from varmodel.spec import Benchmark, ModelSpec
from varmodel.studies import judge_shape, mixed_predictive, shape
from varmodel.studies.checks import refits
from varmodel.studies.figures import annual_savings
from varmodel.studies.shape import _distance, _stephens, shape_p_value

DRAWS = ("chain", "draw")


@pytest.fixture
def many(monkeypatch):
    """Draw as many tables as there are draws."""
    monkeypatch.setattr(shape, "_CELL_DRAWS", math.inf)
    monkeypatch.setattr(shape, "_MOST", 20_000)


def known(spec, table, *, draws=5000, coefficients=0.0, distribution=None, **values):
    """Return a fit of equal draws: the distribution of new tables is then known."""
    frame = prepare(spec, table)
    sizes = (4, draws)
    variables = {name: (DRAWS, np.full(sizes, value)) for name, value in values.items()}
    terms, providers = frame.sizes["term"], frame.sizes["provider"]
    variables |= {
        "coefficients": ((*DRAWS, "term"), np.full((*sizes, terms), coefficients)),
        "provider_effect": ((*DRAWS, "provider"), np.zeros((*sizes, providers))),
        **{name: ((*DRAWS, *dims), full) for name, (dims, full) in (distribution or {}).items()},
    }
    coords = {name: frame[name] for name in ("provider", "term")}
    return fit_of(spec, frame, posterior=xr.Dataset(variables, coords))


def labels(count):
    return [f"R{number:03d}" for number in range(count)]


def close(found, expected, tables=20_000):
    return np.abs(found - expected).max() < 4.5 * 0.5 / np.sqrt(tables)


# p_j against closed forms


@pytest.mark.usefixtures("many")
def test_published_values_by_the_normal_law():
    value, error = np.array([3.0, 4.5, 5.0, 6.2, 8.0]), np.array([0.3, 1.0, 0.5, 0.2, 1.5])
    table = make_table(trust=labels(5), deaths=0, cases=1, rate=value, se=error)
    fit = known(make_spec("published"), table, intercept=5.0, provider_sd=0.8)
    found = mixed_predictive(fit, random_seed=1)
    assert found.dims == ("provider",)
    assert list(found["provider"].to_numpy()) == labels(5)
    assert close(found, stats.norm.sf(value, 5.0, np.hypot(0.8, error)))


@pytest.mark.usefixtures("many")
def test_what_passes_is_drawn_anew_as_well():
    """Two quarters with another between them, which nobody reports: their correlation is rho^2."""
    value = np.array([3.0, 4.5, 5.0, 6.2, 8.0, 5.5, 4.0, 7.0])
    quarter = ["2006Q1", "2006Q3"] * 4
    table = make_table(
        trust=np.repeat(labels(4), 2), quarter=quarter, deaths=0, cases=1, rate=value, se=0.5
    )
    known_draws = {"intercept": 5.0, "provider_sd": 0.8, "transient_sd": 1.2, "transient_rho": 0.6}
    with pytest.warns(match="PERIOD.GAP"):
        fit = known(make_spec("published", period="quarter"), table, **known_draws)
    periods = fit.frame["period"].to_numpy()
    zeros = xr.DataArray(np.zeros((4, 5000, 4, 2)), dims=(*DRAWS, "provider", "period"))
    group = fit.posterior.assign(transient_effect=zeros).assign_coords(period=periods)
    fit.draws["posterior"] = xr.DataTree(group)
    fit.draws.attrs["transient"] = "ar1"
    mean = value.reshape(4, 2).mean(axis=1)
    variance = 0.8**2 + 1.2**2 * (1 + 0.6**2) / 2 + 0.5**2 / 2
    expected = stats.norm.sf(mean, 5.0, variance**0.5)
    assert close(mixed_predictive(fit, random_seed=1), expected)


@pytest.mark.usefixtures("many")
def test_measurements_by_the_mean_over_a_providers_cells():
    trust = np.repeat(labels(4), [6, 10, 8, 12])
    rng = np.random.default_rng(1)
    sex = np.where(np.arange(len(trust)) % 3 == 0, "F", "M")
    los = np.round(rng.normal(5, 2, len(trust)), 1)
    table = {"trust": trust, "sex": sex, "los": los, "deaths": 0, "cases": 1}
    fit = known(
        make_spec("measurements", case_mix=("sex",)),
        make_table(**table),
        coefficients=1.5,
        intercept=5.0,
        provider_sd=0.7,
        residual_sd=2.0,
    )
    share = (sex == "M").mean()
    expected = []
    for label in labels(4):
        own = trust == label
        centre = 5.0 + 1.5 * ((sex[own] == "M") - share).mean()
        sd = np.hypot(0.7, 2.0 / np.sqrt(own.sum()))
        expected.append(stats.norm.sf(los[own].mean(), centre, sd))
    assert close(mixed_predictive(fit, random_seed=2), np.array(expected))


@pytest.mark.usefixtures("many")
def test_counts_by_poisson_with_half_of_the_ties():
    deaths, expected = np.array([0, 2, 3, 9, 1]), np.array([1.0, 2.0, 2.5, 4.0, 0.2])
    table = make_table(trust=labels(5), deaths=deaths, expected=expected, cases=1)
    fit = known(make_spec("expected"), table, intercept=0.3, provider_sd=1e-9)
    mean = expected * np.exp(0.3)
    mid = stats.poisson.sf(deaths, mean) + 0.5 * stats.poisson.pmf(deaths, mean)
    assert close(mixed_predictive(fit, random_seed=3), mid)


@pytest.mark.usefixtures("many")
def test_shares_by_the_sum_of_two_binomials():
    deaths, cases = [1, 4, 5, 9, 3, 3, 0, 7], [10, 12, 9, 20, 15, 8, 4, 11]
    table = make_table(
        trust=np.repeat(labels(4), 2), sex=list("FM") * 4, deaths=deaths, cases=cases
    )
    fit = known(
        make_spec(case_mix=("sex",)), table, coefficients=0.8, intercept=-1.0, provider_sd=1e-9
    )
    (share,) = [np.sum(cases[1::2]) / np.sum(cases)]
    mid = []
    for j in range(4):
        distributions = [
            stats.binom.pmf(np.arange(40), cases[2 * j + k], expit(-1 + 0.8 * (k - share)))
            for k in (0, 1)
        ]
        pmf, total = np.convolve(*distributions), deaths[2 * j] + deaths[2 * j + 1]
        mid.append(pmf[total + 1 :].sum() + 0.5 * pmf[total])
    assert close(mixed_predictive(fit, random_seed=4), np.array(mid))


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("effect", ["student_t", "mixture", "flexible"])
def test_the_effect_is_drawn_from_the_law_of_the_model(effect):
    """Published values without error to speak of: p_j is the distribution's own upper tail."""
    row = EFFECTS[effect]
    natural = {"student_t": [2.5], "mixture": [0.15, 5.0], "flexible": np.linspace(1, -1, row.size)}
    own = np.array(natural[effect])
    if effect == "flexible":
        distribution = {"effect_shape": (("effect_term",), np.tile(own, (4, 1000, 1)))}
    else:
        pairs = zip(row.parameters, own, strict=True)
        distribution = {name: ((), np.full((4, 1000), value)) for name, value in pairs}
    value = np.array([-1.5, -0.4, 0.1, 0.9, 2.0])
    table = make_table(trust=labels(5), deaths=0, cases=1, rate=value, se=1e-6)
    spec = make_spec("published", effect=effect)
    fit = known(spec, table, draws=1000, intercept=0.0, provider_sd=0.8, distribution=distribution)
    grid = np.linspace(-60, 60, 1_200_001)
    density = np.exp(row.log_density(grid, np.array(0.8), own))
    expected = [np.trapezoid(density[grid >= x], grid[grid >= x]) for x in value]
    assert close(mixed_predictive(fit, random_seed=5), np.array(expected), tables=4000)


def test_thinned_draws_say_the_same_with_less_precision():
    value = np.linspace(3, 7, 9)
    table = make_table(trust=labels(9), deaths=0, cases=1, rate=value, se=0.5)
    fit = known(make_spec("published"), table, intercept=5.0, provider_sd=0.8)
    found = mixed_predictive(fit, random_seed=1)
    assert close(found, stats.norm.sf(value, 5.0, np.hypot(0.8, 0.5)), tables=1000)
    tables = 1 / np.diff(np.unique(np.concatenate([found.to_numpy() * 2, [0.0]]))).min()
    assert tables <= 2 * 1001


@pytest.mark.filterwarnings("ignore::varmodel.VarmodelWarning")
def test_providers_without_cases_are_left_out():
    table = make_table(trust=labels(6), deaths=[3, 5, 2, 7, 0, 0], cases=[40, 50, 30, 80, 0, 60])
    fit = known(make_spec(), table, draws=100, intercept=-2.0, provider_sd=0.3)
    found = mixed_predictive(fit, random_seed=1)
    assert list(found["provider"].to_numpy()) == ["R000", "R001", "R002", "R003", "R005"]
    assert 0 < shape_p_value(fit, random_seed=1) <= 1


def test_threads_and_seeds():
    table = make_table()
    fit = known(make_spec(), table, draws=250, intercept=-2.0, provider_sd=0.3)
    whole, other = (mixed_predictive(fit, random_seed=seed) for seed in (1, 2))
    with limit_threads(1):
        xr.testing.assert_identical(mixed_predictive(fit, random_seed=1), whole)
    assert not whole.equals(other)


def test_a_table_of_many_cells_is_drawn_a_hundred_times(monkeypatch):
    fit = known(make_spec(), make_table(), intercept=-2.0, provider_sd=0.3)
    monkeypatch.setattr(shape, "_CELL_DRAWS", 60)
    found = mixed_predictive(fit, random_seed=1).to_numpy() * 2 * 101
    np.testing.assert_allclose(found, np.round(found), atol=1e-9)


@pytest.mark.parametrize(
    ("p_value", "tables"), [(0.0005, 100), (0.004, 1000), (0.04, 1000), (0.3, 100)]
)
def test_more_tables_are_drawn_where_few_leave_the_verdict_to_chance(monkeypatch, p_value, tables):
    fit = known(make_spec(), make_table(), draws=250, intercept=-2.0, provider_sd=0.3)
    monkeypatch.setattr(shape, "_CELL_DRAWS", 60)
    monkeypatch.setattr(shape, "shape_p_value", lambda *_, **__: p_value)
    assert shape.compare_with_like(fit, random_seed=1).tables == tables


def test_tables_of_every_draw_are_not_drawn_again(monkeypatch):
    fit = known(make_spec(), make_table(), draws=25, intercept=-2.0, provider_sd=0.3)
    monkeypatch.setattr(shape, "shape_p_value", lambda *_, **__: 0.02)
    asked, compare = [], shape._compare
    monkeypatch.setattr(
        shape, "_compare", lambda *args, **how: asked.append(how) or compare(*args, **how)
    )
    assert shape.compare_with_like(fit, random_seed=1).tables == 100
    assert len(asked) == 1


def test_effects_that_no_count_can_follow_are_held():
    table = make_table(trust=labels(6), deaths=[3, 5, 2, 7, 0, 4], expected=1e6, cases=1)
    fit = known(make_spec("expected"), table, draws=250, intercept=0.0, provider_sd=50.0)
    assert np.isfinite(mixed_predictive(fit, random_seed=1)).all()


# The test of them


@pytest.mark.parametrize("size", [12, 40, 150])
def test_the_distance_is_that_of_kolmogorov(size):
    scores = np.random.default_rng(size).gamma(2.0, size=size)
    standard = (scores - scores.mean()) / scores.std(ddof=1)
    assert _distance(scores) == pytest.approx(stats.kstest(standard, "norm").statistic)
    both = _distance(np.stack([scores, -scores]))
    assert both[0] == pytest.approx(both[1])


def judged(monkeypatch, scores):
    """Give the p-value where the tables' p_j have these normal scores."""
    fit = known(make_spec(), make_table(), draws=10, intercept=-2.0, provider_sd=0.3)
    above, size = stats.norm.cdf(scores) * 1e9, len(scores)
    compared = shape.Compared(np.ones(size, bool), above, np.zeros(size), 10**9)
    monkeypatch.setattr(shape, "compare_with_like", lambda *_, **__: compared)
    return shape_p_value(fit, random_seed=1)


@pytest.mark.parametrize("size", [30, 150, 600])
@pytest.mark.parametrize("power", [1.0, 1.15])
def test_the_p_value_is_that_of_scipy(monkeypatch, size, power):
    scores = np.random.default_rng(size).normal(size=size)
    scores = np.sign(scores) * np.abs(scores) ** power + 0.3
    rng = np.random.default_rng(2)
    known_law = stats.goodness_of_fit(
        stats.norm, scores, statistic="ks", n_mc_samples=1999, rng=rng
    )
    assert judged(monkeypatch, scores) == pytest.approx(known_law.pvalue, abs=0.06)


def test_small_p_values_are_those_of_dallal_and_wilkinson(monkeypatch):
    scores = np.random.default_rng(150).normal(size=150)
    scores = np.sign(scores) * np.abs(scores) ** 1.3
    expected = lilliefors(scores, pvalmethod="approx")[1]
    assert 0.02 < expected < 0.03
    assert judged(monkeypatch, scores) == pytest.approx(expected, rel=0.4)


def test_no_verdict_goes_by_how_ties_are_broken(monkeypatch):
    """A tenth of the tables are level with each provider: broken once, p runs from .003 to .11."""
    fit = known(make_spec(), make_table(), draws=10, intercept=-2.0, provider_sd=0.3)
    scores = np.random.default_rng(150).normal(size=150)
    middle = stats.norm.cdf(np.sign(scores) * np.abs(scores) ** 1.6)
    above, level = 1e9 * np.clip(middle - 0.05, 0, 0.9), np.full(150, 1e8)
    compared = shape.Compared(np.ones(150, bool), above, level, 10**9)

    def found():
        every = [shape_p_value(fit, random_seed=k, compared=compared) for k in range(20)]
        return np.ptp(np.log(every))

    often = found()
    monkeypatch.setattr(shape, "_TIES", 1)
    assert (often < 1.2, found() > 3) == (True, True)


def test_the_scaled_distance_has_one_law_for_every_size():
    rng = np.random.default_rng(1)
    for size in (12, 50, 200, 1000):
        found = _stephens(_distance(rng.standard_normal((4000, size))), size)
        beyond = [(found >= limit).mean() for limit in (0.819, 0.895, 1.035)]  # Stephens 1974
        np.testing.assert_allclose(beyond, [0.1, 0.05, 0.01], atol=0.014)


def sets(effects, seed=0):
    """Return shares of 150 providers of some 400 cases, with draws about their truth."""
    rng = np.random.default_rng(seed)
    cases = rng.integers(200, 600, len(effects))
    deaths = rng.binomial(cases, expit(-1 + effects))
    spec = make_spec()
    table = make_table(trust=labels(len(effects)), deaths=deaths, cases=cases)
    return known(spec, table, draws=250, intercept=-1 + effects.mean(), provider_sd=effects.std())


@pytest.mark.parametrize("seed", range(5))
def test_normal_effects_pass(seed):
    found = judge_shape(sets(np.random.default_rng(seed).normal(0, 0.3, 150)), random_seed=seed)
    assert found.passed
    assert found.p_value >= 0.01
    assert found.total is None
    assert found.reason == ""
    assert not found.provisional
    assert math.isnan(found.upper)


@pytest.mark.parametrize("seed", range(5))
def test_specialists_are_seen(seed):
    effects = np.random.default_rng(seed).normal(0, 0.3, 150)
    effects[:15] += 1.8
    found = judge_shape(sets(effects), random_seed=seed)
    assert not found.passed
    assert found.provisional
    assert found.p_value < 0.01


def test_small_counts_are_no_reason_to_doubt():
    """Half of the providers have no event: mid-p values alone would be far from uniform."""
    rng = np.random.default_rng(1)
    table = make_table(trust=labels(400), deaths=rng.poisson(0.7, 400), expected=0.7, cases=1)
    fit = known(make_spec("expected"), table, draws=250, intercept=0.0, provider_sd=0.05)
    mid = mixed_predictive(fit, random_seed=1)
    assert stats.kstest(mid, "uniform").pvalue < 1e-6
    assert shape_p_value(fit, random_seed=1) > 0.05


def test_two_providers_have_no_shape():
    fit = known(make_spec(), make_table(), draws=10, intercept=-2.0, provider_sd=0.3)
    frame = fit.frame.assign(trials=fit.frame["trials"].where(fit.frame["cell"] < 2, 0))
    frame["events"] = frame["events"].where(frame["cell"] < 2, 0)
    assert shape_p_value(Fit(fit.spec, frame, fit.draws), random_seed=1) == 1.0


# The refit


def refit_by_hand(asked):
    """Stand in for a fit; note what was asked for."""

    def sample(spec, frame, **options):
        asked.append((spec, options))
        kept = {name: options[name] for name in ("random_seed", "draws", "chains", "progressbar")}
        return sample_by_hand(Request(spec, frame, tune=0, **kept))[0]

    return sample


@pytest.fixture
def priced():
    return sets(np.random.default_rng(1).normal(0, 0.3, 20))


def test_the_flexible_total_is_made_by_the_same_steps(monkeypatch, priced):
    asked = []
    monkeypatch.setattr(refits, "sample", refit_by_hand(asked))
    total = annual_savings(priced, random_seed=3)["total"]
    found = judge_shape(priced, total=total, random_seed=3, progressbar=False)
    ((spec, options),) = asked
    assert spec == priced.spec.replace(effect="flexible")
    assert options["sampler"] == "marginal"
    assert options["progressbar"] is False
    assert options["draws"] * options["chains"] >= 1000
    again = refit_by_hand([])(spec, priced.frame, **options)
    expected = annual_savings(again, random_seed=3)["total"]
    xr.testing.assert_identical(found.total, expected)
    assert found.upper == float(np.quantile(expected, 0.95))
    assert found.reason == ""


def test_a_declared_share_has_no_flexible_total_and_says_why():
    """It is of normal effects: the refit is refused, the analysis is not."""
    fit = whole_fit(period="quarter", transient_share={"mean": 0.2, "sd": 0.1}, shape=(2, 20))
    total = annual_savings(fit, random_seed=3)["total"]
    found = judge_shape(fit, total=total, random_seed=3, progressbar=False)
    assert found.total is None
    assert "needs normal effects" in found.reason
    assert found.provisional


@pytest.mark.long
def test_several_periods_have_a_flexible_total():
    """Their effects pass, too; the refit takes the same transient."""
    rng, many = np.random.default_rng(4), 40
    table = pd.DataFrame(
        {
            "hospital": np.repeat([f"H{j:02d}" for j in range(many)], 6),
            "year": np.tile(np.arange(2015, 2021), many),
            "n": rng.integers(150, 400, 6 * many),
        }
    )
    lasting, passing = rng.normal(-1, 0.4, many), rng.normal(0, 0.15, 6 * many)
    chance = expit(np.repeat(lasting, 6) + passing)
    table["events"] = rng.binomial(table["n"], chance)
    spec = ModelSpec(
        name="panel",
        provider="hospital",
        period="year",
        numerator="events",
        denominator="n",
        better="lower",
        family="binomial",
        transient="iid",
        benchmark=Benchmark("median"),
        unit_cost=100.0,
    )
    options = {"random_seed": 1, "draws": 350, "sampler": "marginal", "progressbar": False}
    normal = fit(spec, prepare(spec, table), **options)
    total = annual_savings(normal, random_seed=3)["total"]
    found = judge_shape(normal, total=total, random_seed=3, progressbar=False)
    assert (found.reason, found.provisional) == ("", False)
    assert float(found.total.mean()) == pytest.approx(float(total.mean()), rel=0.2)


def test_without_a_total_nothing_is_refitted(monkeypatch, priced):
    asked = []
    monkeypatch.setattr(refits, "sample", refit_by_hand(asked))
    assert judge_shape(priced, random_seed=3).total is None
    assert asked == []


def test_the_total_of_a_flexible_model_is_its_own(monkeypatch, priced):
    asked = []
    monkeypatch.setattr(refits, "sample", refit_by_hand(asked))
    sizes = (4, 250)
    flat = (("chain", "draw", "effect_term"), np.zeros((*sizes, EFFECTS["flexible"].size)))
    fit = fit_of(
        priced.spec.replace(effect="flexible"),
        priced.frame,
        posterior=priced.posterior.assign(effect_shape=flat),
    )
    total = annual_savings(fit, random_seed=3)["total"]
    assert judge_shape(fit, total=total, random_seed=3).total is total
    assert asked == []


def test_a_refit_that_fails_leaves_its_reason(monkeypatch, priced):
    def fails(*args, **kwargs):
        raise ConvergenceError((Problem("FIT.CONVERGENCE", "the draws failed: k-hat 0.9"),))

    monkeypatch.setattr(refits, "sample", fails)
    total = annual_savings(priced, random_seed=3)["total"]
    found = judge_shape(priced, total=total, random_seed=3)
    assert found.total is None
    assert found.reason == "the draws failed: k-hat 0.9"
    assert found.passed == (found.p_value >= 0.01)
    assert found.passed
    assert found.provisional  # nobody has looked at the total without the distribution
    assert math.isnan(found.upper)


def test_a_total_that_fails_the_gate_is_not_published(monkeypatch, priced):
    monkeypatch.setattr(refits, "REFIT_DRAWS", 50)
    monkeypatch.setattr(refits, "sample", refit_by_hand([]))
    total = annual_savings(priced, random_seed=3)["total"]
    found = judge_shape(priced, total=total, random_seed=3)
    assert found.total is None
    assert found.reason.startswith("the total failed the gate: ")
    assert "bulk ESS below 400: saving" in found.reason


def test_faults_of_the_program_are_not_reasons(monkeypatch, priced):
    def fails(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(refits, "sample", fails)
    total = annual_savings(priced, random_seed=3)["total"]
    with pytest.raises(ZeroDivisionError):
        judge_shape(priced, total=total, random_seed=3)
