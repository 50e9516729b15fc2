"""Whether lasting is told from passing, and what is published where it is not."""

import numpy as np
import pytest
import xarray as xr

from tests.estimands.hand_made import passing_fit, random_fit
from varmodel.estimands import adjusted_rates, benchmark_rates
from varmodel.estimands.variation.coming import rankability_of
from varmodel.spec import Benchmark
from varmodel.studies import make_figures, published_part, split_problem

PRICED = {"benchmark": Benchmark("median"), "unit_cost": 10.0}


def with_share(sd):
    fit = passing_fit(draws=500, period="quarter", **PRICED)
    share = np.random.default_rng(1).normal(0.5, sd, (2, 500)).clip(0.01, 0.99)
    fit.draws["posterior"]["provider_sd"][:] = np.sqrt(share)
    fit.draws["posterior"]["transient_sd"][:] = np.sqrt(1 - share)
    fit.frame["support"] = ("provider", np.ones(9))
    return fit


def test_a_share_that_is_hardly_known_is_told():
    problem = split_problem(with_share(0.15))
    assert problem.code == "DESIGN.SPLIT"
    assert "in 4 periods" in problem.message
    assert problem.where.column == "quarter"


@pytest.mark.parametrize("fit", [with_share(0.06), random_fit()], ids=["known", "no transient"])
def test_nothing_is_told_otherwise(fit):
    assert split_problem(fit) is None
    assert published_part(fit) == "persistent"


@pytest.mark.parametrize(("sd", "part"), [(0.15, "next"), (0.06, "persistent")])
def test_ranks_and_money_take_one_part_and_say_so(sd, part):
    fit = with_share(sd)
    figures = make_figures(fit, random_seed=1)
    for found in (figures.rates, figures.ranks, figures.savings):
        assert found.attrs["part"] == part
    xr.testing.assert_identical(figures.rates, adjusted_rates(fit, part=part))
    xr.testing.assert_identical(figures.rankability, rankability_of(fit, part))
    if part == "next":  # half of what is to come is new: its order is known less well
        assert figures.rankability.median() < figures.lasting.rankability.median()
    level = benchmark_rates(fit, Benchmark("median"), part=part)
    np.testing.assert_array_equal(figures.savings["benchmark"], level)
