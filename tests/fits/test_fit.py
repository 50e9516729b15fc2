"""A fit, and what it shows of itself."""

import dataclasses

import pytest

from tests.fits.hand_made import whole_fit


def test_a_fit_says_what_was_fitted():
    fit = whole_fit("measurements", case_mix=("age", "sex"), demography=("imd",))
    lines = str(fit).splitlines()
    assert lines[0] == "Fit of hand"
    facts = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines[1:]}
    assert facts["family"] == "normal (identity link)"
    assert facts["providers"].startswith("12 in ")
    assert facts["terms"] == ", ".join(fit.frame["term"].to_numpy())
    assert facts["draws"] == "4 chains of 500 by nuts"
    assert facts["provider_sd"].startswith("0.50")
    assert "status" not in facts


def test_a_fit_without_terms_says_so():
    assert "\n  terms        none\n" in str(whole_fit())


def test_a_provisional_fit_says_so():
    fit = whole_fit(provisional=True)
    assert fit.provisional
    assert "PROVISIONAL: the draws failed the gate" in str(fit)
    assert "PROVISIONAL: the draws failed the gate" in fit._repr_html_()


def test_a_notebook_gets_escaped_text():
    page = whole_fit(title="<script>alert('x')</script> & more")._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "&amp; more" in page
    assert page.startswith("<table>")


def test_provenance_is_what_the_draws_carry():
    fit = whole_fit()
    assert fit.provenance == {
        "provisional": 0,
        "independent_draws": 0,
        "spec_digest": fit.spec.digest,
        "source_hash": fit.frame.attrs["source_hash"],
    }


def test_a_fit_does_not_change():
    fit = whole_fit()
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.spec = None
    assert fit != whole_fit()  # arrays have no single answer: only the same fit is equal
    assert len({fit, fit}) == 1
