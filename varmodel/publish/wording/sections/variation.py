"""How much providers differ, in words: each figure with its interval."""

from collections.abc import Callable

import pandas as pd

from varmodel.estimands import summarise, variance_components
from varmodel.estimands.classical import systematic_variation
from varmodel.fits import Fit
from varmodel.publish.tables.crude import funnel_counts
from varmodel.publish.wording.numbers import END, supported

type _Sentence = Callable[[str, str], str]

#: Figure -> a sentence of its value and its interval; in the order in which they are told.
SENTENCES: dict[str, _Sentence] = {
    "q90_q10": lambda value, ends: (
        f"The rate that one provider in ten exceeds is {value} times the one that one in ten "
        f"falls below ({ends})."
    ),
    "extremal_quotient": lambda value, ends: (
        f"The highest true rate is {value} times the lowest ({ends}); this grows with the number "
        "of providers."
    ),
    "median_odds_ratio": lambda value, ends: (
        f"Of two providers taken at random the one has, as a rule, {value} times the odds of the "
        f"other for the same patient ({ends})."
    ),
    "median_rate_ratio": lambda value, ends: (
        f"Of two providers taken at random the one has, as a rule, {value} times the rate of the "
        f"other for the same patients ({ends})."
    ),
    "vpc": lambda value, ends: (
        f"Of the differences between single cases {value} % lie between providers ({ends} %)."
    ),
    "scv": lambda value, ends: (
        f"The systematic component of variation, as atlases of variation print it, is {value} "
        f"({ends})."
    ),
}
#: Shares, which are told in per cent.
_SHARES = ("vpc",)


def variation_words(fit: Fit) -> list[str]:
    """Say how much the providers' true rates differ.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    list of str
        What the figures are of, then a sentence for each figure of ``variance_components`` that
        the model has, its posterior median and 95 % interval; nothing where it has none. What
        share of them lasts is told with what passes. The systematic component of variation stands
        beside that of the counts alone.
    """
    table = summarise(variance_components(fit)).set_index("variable")
    told = [
        sentence(*_figures(table.loc[[name]].iloc[0], 100.0 if name in _SHARES else 1.0))
        for name, sentence in SENTENCES.items()
        if name in table.index
    ]
    return [_intro(fit), *told, *_of_counts(fit, table.index)] if told else []


def _of_counts(fit: Fit, names: "pd.Index[str]") -> list[str]:
    """Give the systematic component of variation by its first formula, of counts alone."""
    if "scv" not in names or fit.spec.form.response != "events":
        return []
    read = funnel_counts(fit)
    found = systematic_variation(read.observed, read.aim).iloc[0]
    error = (found["upper"] - found["lower"]) / _COARSE
    value, *ends = (supported(float(found[x]), error) for x in ("value", "lower", "upper"))
    ends_told = " to ".join(ends)
    return [f"By the formula of the first atlases, of counts alone, it is {value} ({ends_told})."]


#: An interval over this is the error that the digits of a figure without draws are cut by.
_COARSE = 40.0


def _intro(fit: Fit) -> str:
    lasting = "" if fit.transient == "none" else " of what lasts"
    return f"True differences{lasting}, with chance taken out; in brackets 95 % intervals."


def _figures(row: "pd.Series[float]", factor: float) -> tuple[str, str]:
    """Write a median and its interval with the digits that the Monte Carlo error supports."""
    mcse = factor * float(row["mcse"])
    low, high = (supported(factor * float(row[end]), END * mcse) for end in ("lower", "upper"))
    return supported(factor * float(row["median"]), mcse), f"{low} to {high}"
