"""How much providers differ, in words: each figure with its interval."""

from collections.abc import Callable

import pandas as pd

from varmodel.estimands import summarise, variance_components
from varmodel.fits import Fit
from varmodel.publish.wording.numbers import END, supported

type _Sentence = Callable[[str, str], str]

#: Figure -> a sentence of its value and its interval; in the order in which they are told.
SENTENCES: dict[str, _Sentence] = {
    "median_odds_ratio": lambda value, ends: (
        f"Of two providers taken at random the one has, as a rule, {value} times the odds of the "
        f"other for the same patient (95 % interval {ends})."
    ),
    "median_rate_ratio": lambda value, ends: (
        f"Of two providers taken at random the one has, as a rule, {value} times the rate of the "
        f"other for the same patients (95 % interval {ends})."
    ),
    "q90_q10": lambda value, ends: (
        f"The rate that one provider in ten exceeds is {value} times the one that one in ten "
        f"falls below ({ends})."
    ),
    "extremal_quotient": lambda value, ends: (
        f"The highest true rate is {value} times the lowest ({ends}); this grows with the number "
        "of providers."
    ),
    "vpc": lambda value, ends: (
        f"Of the differences between single cases {value} lie between providers ({ends})."
    ),
    "scv": lambda value, ends: f"The systematic component of variation is {value} ({ends}).",
    "persistence_share": lambda value, ends: (
        f"Of the variance between providers in one period {value} lasts ({ends})."
    ),
}


def variation_words(fit: Fit) -> list[str]:
    """Say how much the providers' true rates differ.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    list of str
        A sentence for each figure of ``variance_components`` that the model has, its posterior
        median and 95 % interval; true rates, so that chance is in none of them.
    """
    table = summarise(variance_components(fit)).set_index("variable")
    return [
        sentence(*_figures(table.loc[[name]].iloc[0]))
        for name, sentence in SENTENCES.items()
        if name in table.index
    ]


def _figures(row: "pd.Series[float]") -> tuple[str, str]:
    """Write a median and its interval with the digits that the Monte Carlo error supports."""
    mcse = float(row["mcse"])
    low, high = (supported(float(row[end]), END * mcse) for end in ("lower", "upper"))
    return supported(float(row["median"]), mcse), f"{low} to {high}"
