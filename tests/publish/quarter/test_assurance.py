"""How draws came about and what was checked, read off an analysis made by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.publish.analysed import DOUBTED, NIL, analysed
from varmodel.fits.diagnostics import gate
from varmodel.publish.quarter import assurance
from varmodel.publish.quarter.assurance import checks_of, drawn_of


def checks(**fields):
    """Return the checks of an analysis, by what was looked at."""
    return {one.check: one for one in checks_of(analysed(**fields))}


def test_the_gate_stands_first_with_its_reasons():
    first = checks_of(analysed())[0]
    assert first.check.startswith("gate of the draws")
    assert (first.passed, "ESS below 400" in first.result) == (False, True)


def test_verdicts_are_logged_with_what_they_are_held_to():
    found = checks(nil=NIL, p_value=DOUBTED, share=0.3)
    nil = found["providers differ beyond chance (nil rule)"]
    assert (nil.passed, nil.result) == (False, "p = 0.312; Pr(the spread matters) = 0.80")
    assert nil.threshold == "p below 0.05 and probability 0.95 or more"
    assert found["shape of the effects"].passed is False
    assert found["rankability"].passed is False


def test_a_flexible_total_that_failed_is_logged_with_its_reason():
    one = checks(reason="the refit failed")["total with a flexible shape"]
    assert (one.passed, one.result) == (False, "the refit failed")


def test_the_excluded_are_counted_by_reason():
    out = (("X1", "special"), ("X2", "special"))
    assert checks(excluded=out)["providers shown and not ranked"].result == "2: special"


def test_independent_draws_have_k_hat():
    found = checks(marginal=True)
    one = found["Pareto k of the importance weights"]
    assert (one.result, one.passed) == ("-0.20", True)
    assert one.threshold.startswith("at most 0.")


def test_no_check_is_logged_without_what_it_was_held_to_and_a_rankability_has_its_ends():
    for one in checks_of(analysed(marginal=True)):
        assert (one.threshold == "") == (one.passed is None), one
        if one.check == "rankability":
            assert re.fullmatch(r"\S+ \(\S+ to \S+\)", one.result)


def test_draws_tell_sampler_and_priors_with_few_digits():
    found = drawn_of(analysed())
    assert (found.chains, found.draws, found.independent) == (4, 400, False)
    assert found.priors["provider_sd"] == "half_normal(sigma = 0.7)"
    assert found.priors["intercept"] == "normal(mu = -1.02, sigma = 2.5)"  # near the national rate
    assert dict(found.model)["response"] == "deaths / cases (binomial, logit link)"


@pytest.mark.parametrize(("kind", "passed"), [("structural", False), ("provider", True)])
def test_r_hat_has_the_verdict_of_the_gate(kind, passed, monkeypatch):
    """One of 200 single providers may be above 1.01, a national figure may not."""
    draws = np.random.default_rng(1).normal(size=(4, 500, 200))
    draws[:, :, 7] += [[-0.15], [0.15], [-0.15], [0.15]]
    x = xr.DataArray(draws, dims=("chain", "draw", "provider"), coords={"provider": range(200)})
    found = gate(*({"x": x} if kind == side else {} for side in ("structural", "provider")))
    monkeypatch.setattr(assurance, "diagnose", lambda _: found)
    logged = {one.check: one for one in checks_of(replace(analysed(), diagnosis=found))}
    one = logged["largest R-hat"]
    assert 1.01 < float(one.result) < 1.02
    assert one.passed is found.passed is passed
