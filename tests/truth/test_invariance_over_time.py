"""What must not change what lasts and what passes: order, labels, a period cut up, its level.

Small panels of counts against an expected count, and of published values, by the marginal sampler.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.calibration.panels import draw_panel, model
from tests.truth.sampled import distance
from varmodel import VarmodelWarning, fit, prepare, provider_effects, rank
from varmodel.frame import resolve_priors
from varmodel.inference.marginal.blocks.evaluator import block_evaluator
from varmodel.inference.marginal.evaluator import Starts
from varmodel.inference.marginal.problem import read_problem

PROVIDERS, PERIODS = 12, 4
WIDE = {"coefficients": {"dist": "normal", "mu": 0, "sigma": 50}}


def wide(family):
    """Give a model that knows nothing of the levels of periods; rows of a period are added."""
    spec = model(family, rows="cells" if family == "published" else "records")
    return spec.replace(priors={**spec.priors, **WIDE})


def draw(table, spec=None, **options):
    spec = wide("poisson") if spec is None else spec
    options = {"sampler": "marginal", "random_seed": 4, "progressbar": False, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)  # a period that a provider lacks
        return fit(spec, prepare(spec, table), **options)


def farthest(one, other):
    """Give how far two fits' effects lie apart, and their ranks: the largest, in errors."""
    parts = [[provider_effects(x, part=part) for x in (one, other)] for part in ("period", "next")]
    parts += [[rank(x, better="lower")["rank"] for x in pair] for pair in parts]
    parts += [[x.posterior[name] for x in (one, other)] for name in ("provider_sd", "transient_sd")]
    return max(distance(a, b) for a, b in parts)


@pytest.fixture(scope="module")
def table():
    sizes = np.geomspace(5, 200, PROVIDERS)
    rng = np.random.default_rng(8)
    given = {"provider_sd": 0.3, "transient_sd": 0.2, "transient_rho": 0.5}
    return draw_panel("poisson", sizes, periods=PERIODS, rng=rng, given=given).table


@pytest.fixture(scope="module")
def base(table):
    return draw(table)


def test_the_order_of_rows_and_so_of_periods(table, base):
    shuffled = draw(table.sample(frac=1, random_state=1))
    assert list(shuffled.frame["period"].to_numpy()) == list(base.frame["period"].to_numpy())
    for name, draws in base.posterior.data_vars.items():
        assert shuffled.posterior[name].to_numpy().tobytes() == draws.to_numpy().tobytes()


def test_rows_of_one_period_may_be_split(table, base):
    half = table.assign(expected=table["expected"] / 2, events=table["events"] // 3)
    rest = table[["expected", "events"]] - half[["expected", "events"]]
    split = draw(pd.concat([half, table.assign(**rest)]))
    for name, draws in base.posterior.data_vars.items():
        assert split.posterior[name].to_numpy().tobytes() == draws.to_numpy().tobytes()


def test_labels_in_another_order(table, base):
    labels = sorted(set(table["trust"]))
    other = dict(zip(labels, labels[::-1], strict=True))
    turned = draw(table.assign(trust=table["trust"].map(other)))
    for part in ("period", "next"):
        found, known = (provider_effects(x, part=part) for x in (turned, base))
        assert distance(found.isel(provider=slice(None, None, -1)), known) < 4.5
    for name in ("provider_sd", "transient_sd", "transient_rho"):
        assert distance(turned.posterior[name], base.posterior[name]) < 4


def test_a_period_that_is_twice_as_bad_for_all_moves_no_rank(table, base):
    in_it = table["quarter"] == "2006Q3"
    halved = table["expected"].where(~in_it, table["expected"] / 2)
    moved = draw(table.assign(expected=halved))
    assert farthest(moved, base) < 4.5
    slope = "period[2006Q3]"
    shift = moved.posterior["coefficients"] - base.posterior["coefficients"]
    assert float(shift.sel(term=slope).mean()) == pytest.approx(np.log(2), abs=0.03)


@pytest.fixture(scope="module")
def published():
    rng = np.random.default_rng(3)
    sizes = np.ones(PROVIDERS)
    return draw_panel("published", sizes, periods=PERIODS, rng=rng).table


@pytest.mark.long
def test_a_period_of_which_nothing_is_known_is_none(published):
    """A provider's value with a boundless error, and the same provider without that period."""
    spec = wide("published")
    its = (published["trust"] == "T003") & (published["quarter"] == "2006Q2")
    vague = published.assign(se=published["se"].where(~its, 1e5))
    assert farthest(draw(published[~its], spec), draw(vague, spec)) < 4.5


def cut_in_two(table, rng):
    """Give each period's value as two halves' of a wider error, a quarter each."""
    rows = table.loc[table.index.repeat(2)].reset_index(drop=True)
    half = np.tile([0, 1], len(table))
    place = 2 * (np.tile(np.arange(PERIODS), PROVIDERS).repeat(2)) + half
    apart = np.repeat(rng.normal(0, 0.2, len(table)), 2) * (2 * half - 1)
    quarters = [f"{2006 + t // 4}Q{t % 4 + 1}" for t in place]
    return rows.assign(quarter=quarters, rate=rows["rate"] + apart, se=rows["se"] * np.sqrt(2))


def evidence(table, points, levels, *, passing, rho):
    """Give the log evidence at points (provider_sd, intercept), periods at set levels."""
    spec = wide("published")
    frame = prepare(spec, table)
    problem = read_problem(frame, resolve_priors(spec, frame), effect="normal", transient="ar1")
    one = block_evaluator(problem)
    chi = np.log([[lasting, passing] for lasting, _ in points])
    psi = np.array([[level, *levels, np.arctanh(rho)] for _, level in points])
    starts = Starts(np.zeros((1, *one.effect_shape)), np.zeros(len(points), np.int64))
    return one.log_posterior(chi, psi, starts=starts) - problem.log_prior(chi, psi)


@pytest.mark.parametrize(("rho", "same"), [(0.0, True), (0.6, False)])
def test_two_halves_are_one_period_where_each_forgets_the_other(published, rho, same):
    """Departures of halves are sqrt 2 times those of a whole: they say as much of what lasts.

    Where the second half remembers the first they are not, whatever the sd.
    """
    points = [(0.1, 0.0), (0.5, 0.3), (2.0, -1.0)]
    levels = np.array([0.4, -0.2, 0.1])
    halves = cut_in_two(published, np.random.default_rng(1))
    cut = evidence(halves, points, [0.0, *np.repeat(levels, 2)], passing=0.3, rho=rho)
    whole = evidence(published, points, levels, passing=0.3 / np.sqrt(2), rho=rho)
    apart = np.ptp(cut - whole)  # what halves say of one another is the same at every point
    assert apart < 1e-8 if same else apart > 0.1
