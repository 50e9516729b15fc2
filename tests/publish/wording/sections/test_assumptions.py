"""The words of sensitivity, certificate and stacking, from tables made by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.fits.hand_made import make_spec
from varmodel.publish.wording.sections.assumptions import (
    FEW_PROVIDERS,
    POWER,
    TRIED,
    assumption_words,
    certificate_words,
    family_words,
)
from varmodel.studies import Certificate, Sensitivity, Stacking
from varmodel.studies.universes.comparisons import TORNADO_COLUMNS

TABLE = pd.DataFrame(
    {
        "prior": ["as stated", "x 2", "x 0.5", "as stated"],
        "benchmark": [".75", ".75", ".75", "median"],
        "total": [1_000.0, 1_200.0, 900.0, np.nan],
        "lower": [800.0, 950.0, 700.0, np.nan],
        "upper": [1_200.0, 1_500.0, 1_100.0, np.nan],
        "verdict": ["distinguishable", "distinguishable", "detectable", ""],
        "code": ["", "", "", "FIT.CONVERGENCE"],
    }
)
SHARES = pd.DataFrame({"input": ["prior", "posterior", "price"], "share": [0.3, 0.68, 0.02]})
FLIPS = pd.DataFrame({"provider": ["A", "A", "B"]})
FOUND = Sensitivity(
    spec=make_spec(),
    dimensions=("prior", "benchmark"),
    currency="GBP",
    table=TABLE.rename_axis("universe"),
    providers=pd.DataFrame(),
    tornado=pd.DataFrame(),
    flips=FLIPS,
    shares=SHARES,
)
RANKS = pd.DataFrame({"quantity": ["intercept"], "chi_square": [0.4], "log_gamma": [0.03]})


def test_the_total_is_never_without_its_range():
    text = assumption_words(FOUND)
    assert "3 combinations of choices, which differ in prior, benchmark" in text[0]
    assert "1 more could not be computed (FIT.CONVERGENCE)" in text[0]
    assert "is 1,000 GBP as the model stands (95 % interval 800 to 1,200)" in text[1]
    assert "runs from 1,000 to 1,200, and under 1 of the 3 it is nil: no single" in text[1]
    assert "total 68 % is what the figures leave open and 30 % is the choice of prior." in text[2]
    assert "under 2 of 3 of these choices" in text[3]
    assert "of 2 providers under some choice" in text[4]
    assert text[-1] == TRIED


def test_a_choice_under_which_prior_and_figures_disagree_is_not_said_to_be_nil():
    overruled = TABLE.assign(verdict=["distinguishable", "provisional", "detectable", ""])
    said = assumption_words(replace(FOUND, table=overruled))[1]
    assert "1 of the 3 it is nil, and under 1 prior and figures disagree, so that no total" in said
    assert "1,200, and" not in said.split("runs")[1]  # its total is not in the range


def test_no_total_is_shown_where_the_model_itself_shows_none():
    nil = TABLE.assign(verdict=["chance", "distinguishable", "chance", ""])
    text = " ".join(assumption_words(replace(FOUND, table=nil, flips=FLIPS.iloc[:0])))
    assert "GBP" not in text
    assert "uncertain in the total" not in text
    assert "No provider's place hangs on any of them." in text


def test_a_choice_that_the_simulation_cannot_tell_from_none_is_named():
    rows = [
        *(("prior", "x 2", 1, 1_200.0, 950.0, 1_500.0, 200.0, 15.0, ""),),
        *(("prior", "x 0.5", 2, 994.0, 700.0, 1_100.0, -6.0, 15.0, ""),),
        *(("benchmark", "median", 3, *(np.nan,) * 5, "FIT.CONVERGENCE"),),
    ]
    found = replace(FOUND, tornado=pd.DataFrame(rows, columns=list(TORNADO_COLUMNS)))
    said = "Of 2 changes of one choice alone, 1 (prior: x 0.5) moved the total by no more than"
    assert said in " ".join(assumption_words(found))
    loud = found.tornado.assign(mcse=1.0)
    assert "simulation" not in " ".join(assumption_words(replace(found, tornado=loud)))
    nil = replace(found, table=TABLE.assign(verdict="chance"))
    assert "simulation" not in " ".join(assumption_words(nil))


@pytest.mark.parametrize(("passed", "failed"), [(True, 0), (False, 3)])
def test_a_certificate_says_what_it_would_have_seen(passed, failed):
    text = certificate_words(Certificate(passed, RANKS, 200, failed))
    assert text[0].startswith("Passed: 200 tables" if passed else "Not passed: 200 tables")
    assert ("Do not publish" in text[0]) != passed
    assert ("too many of them failed" in text[0]) == bool(failed)
    assert any(line.startswith("3 of them failed") for line in text) == bool(failed)
    least = (
        "The least likely of 2 tests has p = 0.03 (intercept); of so many, one below 0.005 would"
    )
    assert any(line.startswith(least) for line in text)
    assert POWER in text
    assert "The 20 of this run reveal less." in certificate_words(Certificate(True, RANKS, 20, 0))
    assert not any("reveal less" in line for line in text)


def stacking(*, close, providers=40):
    gap = -2.0 if close else -30.0
    rows = [("gamma", 0.0, 0.0, 0.8, ""), ("normal", gap, 5.0, 0.2, ""), ("stacked", 1, 1, 1, "")]
    names = ["model", "difference", "difference_se", "weight", "code"]
    dense = xr.DataArray(np.zeros((2, providers)), dims=("model", "provider"))
    return Stacking(pd.DataFrame(rows, columns=names), dense, 10)


def test_models_that_are_not_told_apart_are_not_chosen_between():
    text = family_words(stacking(close=True))
    assert "gamma predicted them best" in text[0]
    assert text[1].startswith("Not told from it: normal. Of these take the one that was stated")
    assert text[2].endswith("gamma 0.80, normal 0.20.")
    assert "take gamma" in family_words(stacking(close=False))[1]
    assert family_words(stacking(close=False, providers=12))[-1] == FEW_PROVIDERS


def test_a_model_that_was_refused_is_not_said_to_predict_worse():
    found = stacking(close=True)
    gone = pd.DataFrame([{"model": "poisson", "weight": np.nan, "code": "FIT.CONVERGENCE"}])
    table = pd.concat([found.table[:2], gone, found.table[2:]], ignore_index=True)
    text = family_words(replace(found, table=table))
    assert text[0].startswith("Each of 2 models (gamma, normal)")
    assert text[1] == "Nothing is said of poisson: the fit was refused."


def test_a_certificate_says_why_it_is_not_passed():
    unlikely = RANKS.assign(log_gamma=1e-6)
    text = certificate_words(Certificate(False, unlikely, 200, 0))
    assert "did not lie where chance puts it" in text[0]
    assert "too many" not in text[0]
