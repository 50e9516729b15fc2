"""The nil rule: both its questions, and its verdict."""

import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from tests.estimands.hand_made import random_fit
from tests.fits.hand_made import TRUTH, fit_of, make_spec, whole_fit
from tests.frame.hand_made import make_table
from varmodel.errors import SpecError
from varmodel.fits import Fit
from varmodel.frame import prepare, simulate
from varmodel.numerics import threads
from varmodel.spec import Nil
from varmodel.studies import judge_nil, nil
from varmodel.studies.nil import smallest_relevant_sd, spread_p_value
from varmodel.studies.null_model import (
    fit_observed,
    read_null_model,
    simulate_tables,
    spread_statistic,
)


def with_sd(fit, values):
    """Replace the draws of provider_sd."""
    posterior = fit.posterior.assign(provider_sd=(("chain", "draw"), values))
    return fit_of(fit.spec, fit.frame, posterior=posterior)


def equal_providers(deaths, cases=100, **fields):
    """Fit a table of counts given by hand; the draws are those of another."""
    spec = make_spec(**fields)
    count = len(deaths)
    labels = [f"R{number:03d}" for number in range(count)]
    table = make_table(trust=labels, deaths=deaths, cases=[cases] * count)
    other = whole_fit(providers=count)
    return fit_of(spec, prepare(spec, table), posterior=other.posterior)


def test_the_smallest_relevant_sd():
    assert smallest_relevant_sd(whole_fit()) == pytest.approx(0.0511, abs=1e-4)
    double = whole_fit(nil={"smallest_relevant_mor": 2.0})
    assert smallest_relevant_sd(double) == pytest.approx(math.log(2) / (2**0.5 * 0.67449), rel=1e-5)


def test_the_smallest_relevant_sd_on_the_identity_link_is_a_share_of_the_pooled_sd_or_stated():
    values = whole_fit("measurements")
    moved = values.frame.assign_attrs(pooled_mean=-200.0, pooled_sd=2.0)
    assert smallest_relevant_sd(Fit(values.spec, moved, values.draws)) == 0.06
    stated = values.spec.replace(nil=Nil(smallest_relevant=0.4))
    assert smallest_relevant_sd(Fit(stated, moved, values.draws)) == 0.4


def test_published_values_must_say_what_matters():
    fit = whole_fit("published", nil=Nil())
    with pytest.raises(SpecError, match=r"\[nil\] smallest_relevant") as caught:
        judge_nil(fit, random_seed=1)
    assert caught.value.code == "CONFIG.KEY"
    assert "units of rate" in caught.value.fix
    assert judge_nil(whole_fit("published"), random_seed=1).prob_relevant == 1.0


def test_the_prior_probability_of_relevance_stands_beside():
    found = judge_nil(whole_fit(), random_seed=1)
    assert found.prior_prob_relevant == pytest.approx(2 * stats.norm.sf(0.05115 / 0.7), abs=1e-4)
    given = {"provider_sd": {"dist": "exponential", "lam": 2.0}}
    assert judge_nil(whole_fit(priors=given), random_seed=1).prior_prob_relevant == pytest.approx(
        np.exp(-2 * 0.05115), abs=1e-4
    )


@pytest.mark.parametrize("form", ["log_measurements", "positive_measurements"])
def test_the_smallest_relevant_sd_on_the_log_scale_is_that_of_counts(form):
    assert smallest_relevant_sd(whole_fit(form)) == smallest_relevant_sd(whole_fit("expected"))


@pytest.mark.parametrize("form", ["log_measurements", "positive_measurements"])
def test_measurements_of_equal_providers_are_found_different_at_the_nominal_rate(form):
    """The residual sd is estimated anew in every table, from skewed measurements too."""
    spec = make_spec(form, case_mix=("age",))
    truth = {"intercept": 1.5, "provider_sd": 0.0, "residual_sd": 1.0}
    p_values, draws = [], whole_fit().draws
    for seed in range(30):
        made = simulate(spec, providers=8, mean_denominator=20, truth=truth, random_seed=seed)
        fit = Fit(spec, prepare(spec, made.table), draws)
        p_values.append(spread_p_value(fit, random_seed=seed, tables=39))
    assert np.sum(np.array(p_values) <= 0.1) < 10  # binomial: one in 2,000
    assert 0.3 < np.mean(p_values) < 0.7  # four standard errors


def test_plain_variation_is_distinguishable():
    fit = whole_fit(providers=30)
    total = xr.DataArray(np.arange(2000.0).reshape(4, 500), dims=("chain", "draw"))
    found = judge_nil(fit, total=total, random_seed=1)
    assert found.distinguishable
    assert found.p_value == 0.001  # none of 999 tables spreads as much
    assert found.prob_relevant == 1.0
    assert found.upper == pytest.approx(np.quantile(np.arange(2000.0), 0.95))


@pytest.mark.parametrize("periods", [1, 3])
def test_of_several_periods_what_is_found_lasts(periods):
    fit = whole_fit(periods=periods, period="quarter", transient="none", shape=(2, 20))
    assert judge_nil(fit, random_seed=1).several_periods == (periods > 1)


def test_without_a_total_there_is_no_upper_bound():
    assert math.isnan(judge_nil(whole_fit(), random_seed=1).upper)


def test_equal_providers_are_not_distinguishable():
    found = judge_nil(equal_providers([20] * 10), random_seed=1)
    assert not found.distinguishable
    assert found.p_value > 0.99
    assert found.prob_relevant == 1.0  # by the draws: one of the two is not enough


def test_variation_that_is_too_small_to_matter_is_nil():
    fit = whole_fit(providers=30)
    found = judge_nil(with_sd(fit, np.full((4, 500), 0.05)), random_seed=1)
    assert found.p_value == 0.001
    assert found.prob_relevant == 0.0
    assert not found.distinguishable


def test_the_second_question_is_asked_at_nil_prob():
    fit = whole_fit(providers=30)
    sd = np.full(2000, 0.5)
    sd[:100] = 0.01
    at = judge_nil(with_sd(fit, sd.reshape(4, 500)), random_seed=1)
    assert at.prob_relevant == 0.95
    assert at.distinguishable
    sd[100] = 0.01
    assert not judge_nil(with_sd(fit, sd.reshape(4, 500)), random_seed=1).distinguishable


def test_the_first_question_is_asked_at_nil_alpha(monkeypatch):
    monkeypatch.setattr(nil, "spread_p_value", lambda *_, **__: 0.05)
    assert not judge_nil(whole_fit(), random_seed=1).distinguishable
    assert judge_nil(whole_fit(nil={"alpha": 0.051}), random_seed=1).distinguishable


def test_the_p_value_counts_tables(monkeypatch):
    """By hand: the statistic of the observed table is 2, of the simulated ones 0 to 9."""
    answers = iter([np.array([2.0]), np.arange(5.0), np.arange(5.0, 10.0)])
    monkeypatch.setattr(nil, "spread_statistic", lambda *_: next(answers))
    monkeypatch.setenv(threads.VARIABLE, "1")
    monkeypatch.setattr(nil, "block_sizes", lambda *_, **__: [5, 5])
    monkeypatch.setattr(nil, "simulate_tables", lambda *_, **__: None)
    assert spread_p_value(whole_fit(), random_seed=1, tables=10) == (1 + 8) / 11


def test_a_table_that_repeats_the_observed_one_counts():
    fit = equal_providers([20] * 4)
    assert spread_p_value(fit, random_seed=1, tables=99) == 1.0


def test_the_bootstrap_follows_the_seed_and_not_the_draws():
    fit = equal_providers([12, 18, 20, 22, 25, 30])
    one, again, other = (spread_p_value(fit, random_seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert 0.02 < one < 0.4
    assert other == pytest.approx(one, abs=0.05)


def test_the_p_value_is_that_of_chi_square_where_counts_are_large():
    deaths = [1000, 1050, 960, 1010, 1040, 980, 1003, 1060]
    fit = equal_providers(deaths, cases=10_000)
    share = sum(deaths) / 80_000
    x2 = sum((d - 10_000 * share) ** 2 for d in deaths) / (10_000 * share * (1 - share))
    from scipy.stats import chi2

    assert spread_p_value(fit, random_seed=1) == pytest.approx(chi2.sf(x2, 7), abs=0.04)


@pytest.mark.filterwarnings("ignore::varmodel.VarmodelWarning")
def test_providers_without_cases_say_nothing():
    spec = make_spec()
    labels = [f"R{number}" for number in range(7)]
    table = make_table(trust=labels, deaths=[12, 18, 20, 22, 25, 30, 0], cases=[100] * 6 + [0])
    fit = fit_of(spec, prepare(spec, table), posterior=whole_fit(providers=7).posterior)
    without = spread_p_value(equal_providers([12, 18, 20, 22, 25, 30]), random_seed=1)
    assert spread_p_value(fit, random_seed=1) == pytest.approx(without, abs=0.05)


@pytest.mark.parametrize("form", TRUTH)
def test_every_form_has_a_verdict(form):
    fit = whole_fit(form, providers=20, case_mix=() if form == "published" else ("age",))
    found = judge_nil(fit, random_seed=1)
    assert 0.001 <= found.p_value <= 1
    assert found.prob_relevant > 0.9


def test_fits_of_one_null_model_share_its_test():
    """The prior of provider_sd is not in it; those of the coefficients, and a dispersion, are."""
    fit, known = whole_fit(), {}

    def tested(other):
        found = spread_p_value(other, random_seed=1, tables=19, known=known)
        assert found == spread_p_value(other, random_seed=1, tables=19)
        return len(known)

    assert tested(fit) == 1
    spread = {"provider_sd": {"dist": "half_normal", "sigma": 0.1}}
    assert tested(Fit(fit.spec.replace(priors=spread), fit.frame, fit.draws)) == 1
    level = {"intercept": {"dist": "normal", "mu": 0.0, "sigma": 0.01}}
    assert tested(Fit(fit.spec.replace(priors=level), fit.frame, fit.draws)) == 2
    assert tested(equal_providers([20] * 10)) == 3
    assert tested(equal_providers([20] * 9 + [21])) == 4
    loose = random_fit(providers=6, family="beta_binomial")
    more = loose.posterior.assign(dispersion=loose.posterior["dispersion"] / 2)
    assert tested(loose) == 5
    assert tested(fit_of(loose.spec, loose.frame, posterior=more)) == 6


def test_blocks_of_tables_are_as_many_as_asked_for(monkeypatch):
    null = read_null_model(whole_fit(case_mix=("age", "sex")))
    assert nil.block_sizes(null, tables=50) == [50]
    monkeypatch.setattr(nil, "_BLOCK_CELLS", 7 * null.cells.size.size)
    assert nil.block_sizes(null, tables=50) == [7] * 7 + [1]
    monkeypatch.setattr(nil, "_BLOCK_CELLS", 1)
    assert nil.block_sizes(null, tables=2) == [1, 1]
    assert nil.block_sizes(null, tables=50, summed=True) == [50]
    monkeypatch.setattr(nil, "_BLOCK_SUMS", 20 * sum(null.grouped.size.shape))
    assert nil.block_sizes(null, tables=50, summed=True) == [20, 20, 10]


@pytest.mark.parametrize("form", ["share", "expected"])
@pytest.mark.parametrize("periods", [1, 4])
def test_tables_drawn_as_sums_spread_as_those_drawn_by_cells(monkeypatch, form, periods):
    spec = make_spec(form, case_mix=("age",), period="quarter", transient="none")
    truth = {"truth": TRUTH[form] | {"provider_sd": 0.1}, "random_seed": 3}
    made = simulate(spec, providers=15, periods=periods, mean_denominator=60, **truth)
    null = read_null_model(Fit(spec, prepare(spec, made.table), whole_fit().draws))
    fitted, many = fit_observed(null), {"tables": 3000}
    one, other = (
        spread_statistic(
            null,
            simulate_tables(null, fitted, **many, rng=np.random.default_rng(1), summed=summed),
        )
        for summed in (False, True)
    )
    assert stats.ks_2samp(one, other).pvalue > 0.01
    assert stats.ttest_ind(one, other).pvalue > 0.01


def test_many_counts_are_drawn_as_sums_and_the_p_value_stays(monkeypatch):
    fit = equal_providers([12, 18, 20, 22, 25, 30])
    by_cells = spread_p_value(fit, random_seed=1, tables=3999)
    monkeypatch.setattr(nil, "worth_drawing", lambda count: count == 6 * 3999)
    by_sums = spread_p_value(fit, random_seed=1, tables=3999)
    assert by_sums != by_cells
    assert by_sums == pytest.approx(by_cells, abs=4 * (2 * by_cells / 3999) ** 0.5)
