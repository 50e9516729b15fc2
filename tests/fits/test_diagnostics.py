"""The gate: each threshold from both sides, by draws made by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.fits.hand_made import fit_of, good_draws, good_stats, whole_fit
from varmodel.errors import ConvergenceError
from varmodel.fits import diagnose
from varmodel.fits.diagnostics import (
    PROVIDER_RULES,
    STRUCTURAL_RULES,
    Diagnosis,
    _reasons,
    gate,
    require,
    sampling_reasons,
    tabulate,
)

SHAPE = (4, 1000)


def array(values, *dims):
    return xr.DataArray(values, dims=("chain", "draw", *dims))


def structural(values):
    return gate({"tau": array(values)}, {})


def by_provider(values):
    return gate({}, {"rate": array(values, "provider")})


def drifting(size, *, shift):
    """One chain of four lies `shift` sds from the others."""
    values = good_draws(size)
    values[0] += shift
    return values


def slow(rho, *shape, seed=1):
    """Autoregressive draws of unit variance."""
    noise = good_draws(*shape, seed=seed)
    values = noise.copy()
    for draw in range(1, values.shape[1]):
        values[:, draw] = rho * values[:, draw - 1] + np.sqrt(1 - rho**2) * noise[:, draw]
    return values


def rows(column, *values, others=(1.0, 2000.0, 2000.0)):
    """A table of figures in which one column is given."""
    table = pd.DataFrame([others] * len(values), columns=["rhat", "ess_bulk", "ess_tail"])
    return table.assign(**{column: values})


def test_independent_draws_pass():
    found = gate({"tau": array(good_draws())}, {"rate": array(good_draws(30, seed=2), "provider")})
    assert found.passed
    assert found.reasons == ()
    assert list(found.table.columns) == ["quantity", "kind", "rhat", "ess_bulk", "ess_tail"]
    assert list(found.table["kind"]) == ["structural"] + ["provider"] * 30
    assert list(found.table["quantity"][:3]) == ["tau", "rate[0]", "rate[1]"]


def test_the_thresholds_are_those_promised():
    limits = {(rule.column, rule.limit, rule.share) for rule in STRUCTURAL_RULES}
    assert limits == {("rhat", 1.01, 0), ("ess_bulk", 400, 0), ("ess_tail", 400, 0)}
    limits = {(rule.column, rule.limit, rule.share) for rule in PROVIDER_RULES}
    assert limits == {
        ("rhat", 1.01, 0.01),
        ("rhat", 1.02, 0),
        ("ess_bulk", 400, 0),
        ("ess_tail", 200, 0),
    }


@pytest.mark.parametrize("rule", STRUCTURAL_RULES + PROVIDER_RULES, ids=str)
def test_a_limit_itself_is_kept_and_the_next_number_is_not(rule):
    beyond = np.nextafter(rule.limit, np.inf if rule.column == "rhat" else 0)
    table = rows(rule.column, rule.limit, beyond, np.nan)
    assert list(rule.broken(table)) == [False, True, True]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (drifting(1, shift=0.5)[..., 0], "R-hat above 1.01"),
        (slow(0.95), "bulk ESS below 400"),
        (slow(0.95), "tail ESS below 400"),
    ],
)
def test_structural_figures_that_fail(values, reason):
    found = structural(values)
    assert not found.passed
    assert any(text.startswith(f"{reason}: tau (") for text in found.reasons)


@pytest.mark.parametrize(
    ("column", "value", "structural", "provider"),
    [
        ("rhat", 1.010, True, True),
        ("rhat", 1.011, False, False),  # it is the only one: more than one in a hundred
        ("ess_bulk", 400, True, True),
        ("ess_bulk", 399, False, False),
        ("ess_tail", 400, True, True),
        ("ess_tail", 399, False, True),
        ("ess_tail", 200, False, True),
        ("ess_tail", 199, False, False),
    ],
)
def test_tails_may_be_worse_for_a_provider(column, value, structural, provider):
    table = rows(column, value).assign(
        quantity="x", finite=True, constant=False, stuck=False, hardly_moves=False
    )
    table["independent"] = False
    assert (_reasons(table, STRUCTURAL_RULES) == []) is structural
    assert (_reasons(table, PROVIDER_RULES) == []) is provider


def test_one_provider_in_a_hundred_may_exceed_the_lower_limit():
    values = good_draws(200)
    values[0, :, :2] *= 1.35  # a wider chain: R-hat sees it, the effective size hardly
    rhat = tabulate({"x": array(values, "provider")}, "provider")["rhat"]
    assert rhat[:2].between(1.01, 1.02).all()
    assert by_provider(values).passed
    assert not by_provider(values[..., :199]).passed  # two of 199 are more than one in a hundred
    assert not by_provider(values[..., :20]).passed
    assert by_provider(values[..., :20]).reasons[0].startswith("R-hat above 1.01 in more than 1%")


def test_no_provider_may_exceed_the_upper_limit():
    values = good_draws(300)
    values[0, :, 0] *= 1.5
    (reason,) = by_provider(values).reasons
    assert reason.startswith("R-hat above 1.02: rate[0] (1.0")


def test_the_worst_is_named_and_the_others_counted():
    found = by_provider(drifting(10, shift=[0.6, 3.0, *[0.6] * 8]))
    assert "R-hat above 1.02: rate[1] (" in " ".join(found.reasons)
    assert "and 9 more" in " ".join(found.reasons)


def test_a_figure_that_is_equal_in_all_draws_passes():
    assert structural(np.full(SHAPE, 3.0)).passed
    values = good_draws(12)
    values[..., 0] = 1.0
    found = by_provider(values)
    assert found.passed
    assert np.isnan(found.table["rhat"][0])


def test_chains_that_stand_still_at_different_values_fail():
    values = np.broadcast_to(np.arange(4.0)[:, np.newaxis], SHAPE)
    assert structural(values).reasons == ("chains stand still at different values: tau",)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_draws_that_are_not_finite_fail(bad):
    values = good_draws(3)
    values[2, 17, 1] = bad
    assert by_provider(values).reasons == ("draws that are not finite: rate[1]",)


@pytest.mark.parametrize("chains", [1, 3])
def test_fewer_than_four_chains_fail(chains):
    found = structural(good_draws(chains=chains))
    assert f"{chains} chains, at least 4 are needed" in found.reasons
    found = by_provider(good_draws(2, chains=chains))
    assert found.reasons[0].startswith(f"{chains} chains")


def test_three_draws_fail():
    assert not structural(good_draws(draws=3)).passed


def test_nothing_at_all_passes():
    found = gate({}, {})
    assert found.passed
    assert found.table.empty
    assert gate({"beta": array(np.empty((*SHAPE, 0)), "term")}, {}).passed


# The sampler's own statistics


def test_good_statistics_give_no_reason():
    assert sampling_reasons(good_stats(SHAPE)) == []


def test_a_single_divergence_is_a_reason():
    diverging = np.zeros(SHAPE, bool)
    diverging[3, 999] = True
    assert sampling_reasons(good_stats(SHAPE, diverging=diverging)) == ["1 divergences"]


@pytest.mark.parametrize(("hits", "passes"), [(200, True), (201, False)])
def test_tree_depth_hits_up_to_one_in_twenty(hits, passes):
    hit = np.zeros(SHAPE, bool)
    hit.reshape(-1)[:hits] = True
    reasons = sampling_reasons(good_stats(SHAPE, reached_max_treedepth=hit))
    assert (reasons == []) is passes


def test_energy_that_moves_too_little_in_one_chain():
    energy = good_draws()
    energy[2] = np.cumsum(energy[2])
    reasons = sampling_reasons(good_stats(SHAPE, energy=energy))
    assert len(reasons) == 1
    assert reasons[0].startswith("BFMI 0.0")


def test_energy_that_stands_still():
    assert sampling_reasons(good_stats(SHAPE, energy=np.ones(SHAPE)))[0].startswith("BFMI nan")


# A fit


def test_diagnose_reads_parameters_and_statistics():
    fit = whole_fit("measurements", case_mix=("age",))
    found = diagnose(fit)
    assert found.passed
    names = list(found.table["quantity"])
    assert names[:4] == ["intercept", "coefficients[age]", "provider_sd", "residual_sd"]
    assert names[4] == f"provider_effect[{fit.frame['provider'].item(0)}]"
    assert len(names) == 4 + 12


def test_diagnose_counts_divergences():
    fit = whole_fit()
    stats = good_stats((4, 500), diverging=np.ones((4, 500), bool))
    found = diagnose(fit_of(fit.spec, fit.frame, posterior=fit.posterior, stats=stats))
    assert found.reasons == ("2000 divergences",)


def test_diagnosis_shows_the_verdict():
    good, bad = structural(good_draws()), structural(slow(0.95))
    assert repr(good).startswith("Diagnosis of 1 quantities: passed\n  worst R-hat 1.0")
    assert "FAILED: " in repr(bad)
    assert "1 quantities: passed" in good._repr_html_()
    page = dataclasses.replace(bad, reasons=("<b>",))._repr_html_()
    assert "FAILED" in page
    assert "<td style='text-align:left;vertical-align:top'>&lt;b&gt;</td>" in page


def test_require_raises_with_the_table():
    bad = structural(slow(0.95))
    with pytest.raises(ConvergenceError, match="the figures failed the gate: ") as caught:
        require(bad, what="figures")
    assert caught.value.code == "FIT.CONVERGENCE"
    assert caught.value.table is bad.table
    assert "provisional=True" in caught.value.fix
    require(Diagnosis(bad.table, passed=True, reasons=()), what="figures")
