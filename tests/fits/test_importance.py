"""The gate of independent draws: effective sizes, rules and every reason."""

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import fit_of, whole_fit
from varmodel.errors import ConvergenceError
from varmodel.fits import diagnose
from varmodel.fits.diagnostics import gate, require
from varmodel.fits.fit import WEIGHT
from varmodel.fits.importance import ess_weighted, importance_reasons, largest_k, tail_reasons

SHAPE = (4, 500)
GOOD = {
    "pareto_k": 0.1,
    "pareto_k_sd": 0.2,
    "largest_weight": 0.001,
    "edge_mass": 1e-9,
    "node_change": 1e-3,
    "evaluations": 4_400,
    "block_k": 0.3,
    "block_points": 2_048,
}


def stats(**changes):
    return xr.Dataset({**GOOD, **changes})


def independent_fit(*, weight=None, **changes):
    """Return a fit of independent draws; statistics may be changed."""
    made = whole_fit(shape=SHAPE)
    weight = np.full(SHAPE, 1 / 2_200) if weight is None else weight
    posterior = made.posterior.assign_coords(ancestor_weight=(("chain", "draw"), weight))
    return fit_of(made.spec, made.frame, posterior=posterior, stats=stats(**changes))


def test_nothing_is_wrong_with_good_weights():
    assert importance_reasons(stats()) == []


@pytest.mark.parametrize(
    ("name", "most", "words"),
    [
        ("pareto_k", 0.7, "Pareto k of the weights "),
        ("pareto_k_sd", 0.7, "Pareto k of the weights times an sd of effects "),
        ("largest_weight", 0.02, "largest weight "),
        ("edge_mass", 1e-4, "mass at the ends of the grid "),
        ("node_change", 0.02, "error of the quadrature "),
        ("block_k", largest_k(2_048), "Pareto k of the weights that draw a provider's effects "),
    ],
)
def test_every_reason(name, most, words):
    assert importance_reasons(stats(**{name: most})) == []
    for bad in (1.001 * most, np.nan, np.inf):
        (reason,) = importance_reasons(stats(**{name: bad}))
        assert reason.startswith(words)
        assert f"at most {most:.2g} is allowed" in reason
        assert not diagnose(independent_fit(**{name: bad})).passed


def test_few_proposals_lower_the_limit_of_k():
    """1 - 1 / log10(N): .5 of 100."""
    assert importance_reasons(stats(evaluations=100, pareto_k=0.49)) == []
    (reason,) = importance_reasons(stats(evaluations=100, pareto_k=0.51))
    assert "at most 0.5 is allowed" in reason
    assert importance_reasons(stats(evaluations=10**6, pareto_k=0.7001))


def test_all_reasons_come_at_once():
    assert len(importance_reasons(stats(**dict.fromkeys(list(GOOD)[:5], 2.0)))) == 5


def test_equal_weights_give_the_number_of_draws():
    x = np.random.default_rng(1).standard_normal((*SHAPE, 3))
    np.testing.assert_allclose(ess_weighted(x, np.full(SHAPE, 1 / 2_000)), 2_000)


def test_more_proposals_than_draws_give_no_more_than_the_draws():
    x = np.random.default_rng(1).standard_normal(SHAPE)
    assert ess_weighted(x, np.full(SHAPE, 1 / 9_000)) == 2_000


def test_fewer_proposals_than_draws_give_the_proposals():
    x = np.random.default_rng(1).standard_normal(SHAPE)
    assert ess_weighted(x, np.full(SHAPE, 1 / 50)) == pytest.approx(50)


def test_a_case_by_hand():
    """h = 0, 0, 4, 4: variance 4; mean weight .4 of equal squares: 4 / (4 x .4)."""
    x = np.array([[0.0, 0.0], [4.0, 4.0]])
    weight = np.array([[0.8, 0.2], [0.3, 0.3]])
    assert ess_weighted(x, weight) == pytest.approx(1 / 0.4)
    assert ess_weighted(x, np.array([[0.9, 0.1], [0.5, 0.5]])) == pytest.approx(2)


def test_it_estimates_the_formula_on_the_proposals():
    """var_w(h) / sum w^2 (h - mean)^2 over the proposals, from what was resampled of them."""
    rng = np.random.default_rng(1)
    proposals, count = rng.standard_normal(20_000), 20_000
    weight = np.exp(0.8 * proposals)
    weight /= weight.sum()
    mean = weight @ proposals
    square = (proposals - mean) ** 2
    exact = (weight @ square) / (weight**2 @ square)
    kept = rng.choice(count, (4, 50_000), p=weight)
    assert ess_weighted(proposals[kept], weight[kept]) == pytest.approx(exact, rel=0.05)


def test_one_heavy_ancestor_is_seen():
    """A fifth of the draws are copies of one proposal, far away."""
    rng = np.random.default_rng(1)
    x, weight = rng.standard_normal(SHAPE), np.full(SHAPE, 0.8 / 1_600)
    x[:, :100], weight[:, :100] = 5.0, 0.2
    assert ess_weighted(x, weight) < 10
    assert ess_weighted(rng.standard_normal(SHAPE), weight) < 30
    assert not diagnose(independent_fit(weight=weight)).passed


def test_a_constant_has_no_size():
    assert np.isnan(ess_weighted(np.ones(SHAPE), np.full(SHAPE, 1 / 2_000)))


def test_it_goes_quantity_by_quantity():
    rng = np.random.default_rng(2)
    x, weight = rng.standard_normal((*SHAPE, 2, 3)), rng.random(SHAPE) / 1_000
    found = ess_weighted(x, weight)
    assert found.shape == (2, 3)
    assert found[1, 2] == pytest.approx(float(ess_weighted(x[..., 1, 2], weight)))


def test_independent_draws_pass_without_rhat():
    found = diagnose(independent_fit())
    assert found.passed
    assert found.table["rhat"].isna().all()
    assert (found.table["ess_bulk"] == 2_000).all()
    assert (found.table["ess_tail"] == 2_000).all()
    assert "(independent draws)" in repr(found)


def test_every_quantity_needs_400():
    few = diagnose(independent_fit(weight=np.full(SHAPE, 1 / 399.0)))
    assert not few.passed
    assert all(reason.startswith("bulk ESS below 400") for reason in few.reasons)
    assert diagnose(independent_fit(weight=np.full(SHAPE, 1 / 401.0))).passed
    with pytest.raises(ConvergenceError, match="bulk ESS below 400"):
        require(few, what="draws")


@pytest.mark.parametrize("chains", [1, 2])
def test_independent_draws_need_no_chains(chains):
    draws = np.random.default_rng(1).standard_normal((chains, 900))
    weight = (("chain", "draw"), np.full((chains, 900), 1 / (900 * chains)))
    x = xr.DataArray(draws, dims=("chain", "draw"))
    assert gate({"total": x.assign_coords(ancestor_weight=weight)}, {}).passed
    assert not gate({"total": x}, {}).passed


def test_draws_that_are_not_finite_fail():
    made = independent_fit()
    made.draws["posterior"]["intercept"][0, 0] = np.nan
    (reason, *_) = diagnose(made).reasons
    assert reason.startswith("draws that are not finite: intercept")


def weighted(h, weight=None):
    """Label draws of a figure; equal weights without any."""
    h = np.asarray(h, float).reshape(4, -1)
    made = xr.DataArray(h, dims=("chain", "draw"))
    if weight is None:
        return made
    return made.assign_coords({WEIGHT: (("chain", "draw"), np.reshape(weight, h.shape))})


def heavy(k, count=4_000):
    """Draw from a generalised Pareto distribution of shape k."""
    return (np.random.default_rng(1).random(count) ** -k - 1) / k + 1


def test_a_figure_that_is_nought_has_no_tail():
    weight = np.random.default_rng(4).random(400)
    assert tail_reasons({"saving": weighted(np.zeros(400), weight)}) == []


def test_the_gate_judges_the_total():
    weight = np.random.default_rng(5).uniform(0.9, 1.1, 4_000) / 4_000
    wild = weighted(heavy(1.2), weight)
    reasons = gate({"saving": wild}, {}).reasons
    assert any("times saving" in reason for reason in reasons)
    assert not any("times" in reason for reason in gate({"rankability": wild}, {}).reasons)
    assert tail_reasons({"saving": weighted(heavy(1.2))}) == []  # draws of chains have no weights


def test_the_limit_falls_with_the_sample():
    assert largest_k(4_400) == 0.7
    assert largest_k(100) == 0.5
