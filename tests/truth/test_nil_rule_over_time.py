"""The nil rule's size and power where a table has several periods (methods 7).

Shares of some 400 cases a period at some 20 %, six periods: one period's figure has a standard
error of .125 on the logit, what passes an sd of .2 beside it.
"""

import warnings

import numpy as np
import pytest
from scipy import stats

from tests.calibration.panels import draw_panel, draw_sizes, model
from varmodel import VarmodelWarning, fit, prepare
from varmodel.studies import judge_nil

PERIODS, CASES, PASSING = 6, 400, 0.2
SPEC = model("binomial")


def verdict(providers, lasting, *, rho=0.0, seed):
    """Fit one panel and judge it: (detectable, distinguishable)."""
    rng = np.random.default_rng([providers, round(100 * lasting), round(10 * rho), seed])
    given = {"intercept": -1.4, "provider_sd": lasting, "transient_sd": PASSING}
    sizes = draw_sizes(rng, providers=providers, mean=CASES)
    given |= {"transient_rho": rho}
    panel = draw_panel("binomial", sizes, periods=PERIODS, rng=rng, given=given)
    options = {"sampler": "marginal", "draws": 250, "progressbar": False, "provisional": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)
        found = fit(SPEC, prepare(SPEC, panel.table), random_seed=seed, **options)
    said = judge_nil(found, random_seed=seed)
    return said.detectable, said.distinguishable


def shares(providers, lasting, *, rho=0.0, tables):
    """Give how often differences are detectable, and distinguishable, over so many panels."""
    return np.mean(
        [verdict(providers, lasting, rho=rho, seed=seed) for seed in range(tables)], axis=0
    )


@pytest.mark.long
@pytest.mark.parametrize(("providers", "tables"), [(12, 150), (30, 150), (150, 30)])
def test_what_passes_alone_is_nil(providers, tables):
    detectable, both = shares(providers, 0.0, tables=tables)
    low, high = stats.binom.ppf([0.001, 0.999], tables, 0.05) / tables
    assert low <= detectable <= high
    assert both <= high


@pytest.mark.long
@pytest.mark.parametrize("providers", [12, 30])
def test_what_passes_slowly_is_detected_and_seldom_distinguishable(providers):
    """Departures that correlate by .6 do last beyond one period; the second question holds."""
    detectable, both = shares(providers, 0.0, rho=0.6, tables=60)
    assert detectable > 0.3
    assert both <= stats.binom.ppf(0.999, 60, 0.05) / 60


@pytest.mark.long
@pytest.mark.parametrize(("providers", "power"), [(12, 0.6), (30, 0.97)])
def test_what_lasts_is_found(providers, power):
    _, both = shares(providers, 0.2, tables=60)
    assert both >= stats.binom.ppf(0.001, 60, power) / 60
