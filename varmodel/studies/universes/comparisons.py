"""Universes beside the base: each option alone, whose verdict flips, how orders agree."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from varmodel.studies.figures import NAMED_PROB
from varmodel.studies.universes.outcomes import Outcome
from varmodel.studies.universes.product import Dimensions

TORNADO_COLUMNS = (
    *("dimension", "option", "universe", "total", "lower", "upper", "difference", "mcse", "code"),
)
#: A difference of no more than so many of its Monte Carlo errors is that of the simulation.
_ERRORS = 2
FLIP_COLUMNS = ("provider", "verdict", "base", "other", "universes", "compared")
_PLACES = {"prob_top_quarter": "top", "prob_middle": "middle", "prob_bottom_quarter": "bottom"}
_UNPLACED = "not sure"


def tornado(
    dimensions: Dimensions, outcomes: Sequence[Outcome], *, chosen: Sequence[tuple[int, ...]]
) -> pd.DataFrame:
    """List each option alone about the base, the dimension that moves the total most first."""
    base = outcomes[0]
    rows = []
    for universe, (options, outcome) in enumerate(zip(chosen, outcomes, strict=True)):
        moved = [place for place, option in enumerate(options) if option]
        if len(moved) != 1:
            continue
        name, label = dimensions.names[moved[0]], dimensions.labels[moved[0]][options[moved[0]]]
        ends = (outcome.total, outcome.lower, outcome.upper)
        difference = outcome.total - base.total, _error(outcome, base)
        rows.append((name, label, universe, *ends, *difference, outcome.code))
    table = pd.DataFrame(rows, columns=list(TORNADO_COLUMNS))
    reach = table["difference"].abs().groupby(table["dimension"]).max().fillna(0.0).to_dict()
    places = {name: place for place, name in enumerate(dimensions.names)}
    keys = [(-reach[name], places[name]) for name in table["dimension"]]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return table.iloc[order].reset_index(drop=True)


def _error(outcome: Outcome, base: Outcome) -> float:
    """Give the Monte Carlo error of a difference from the base.

    Of the same draws it is that of the paired difference; of two fits their variances add up.
    """
    paired = outcome.paired_mcse
    return math.hypot(outcome.mcse, base.mcse) if paired is None else paired


def within_error(table: pd.DataFrame) -> "pd.Series[bool]":
    """Mark the rows of a tornado whose difference the simulation's own error may have made."""
    return table["difference"].abs() <= _ERRORS * table["mcse"]


def providers_table(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Stack what the universes say of each provider; none of a universe that was refused."""
    first = ["universe", "provider", "expected_rank", "prob_top_quarter", "prob_saving"]
    tables = [
        pd.DataFrame({"universe": universe, **outcome.by_provider})
        for universe, outcome in enumerate(outcomes)
        if outcome.by_provider
    ]
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return whole.reindex(columns=[*first, *(x for x in whole.columns if x not in first)])


def rank_correlations(outcomes: Sequence[Outcome]) -> list[float]:
    """Correlate each universe's expected ranks with the base's (Spearman), on whom both rank."""
    ranks = [
        pd.Series(x["expected_rank"], index=x["provider"], dtype=float)
        if "expected_rank" in (x := outcome.by_provider)
        else pd.Series(dtype=float)
        for outcome in outcomes
    ]
    return [_spearman(ranks[0], other) for other in ranks]


def _spearman(one: "pd.Series[float]", other: "pd.Series[float]") -> float:
    both = pd.concat([one, other], axis=1, join="inner").rank().to_numpy()
    if len(both) < 2 or (both.min(axis=0) == both.max(axis=0)).any():
        return float("nan")
    return float(np.corrcoef(both.T)[0, 1])


def flips(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """List the providers of whom a universe says something else than the base."""
    base = outcomes[0].by_provider
    others = [outcome.by_provider for outcome in outcomes[1:] if outcome.by_provider]
    rows = []
    for verdict, (needs, read) in _VERDICTS.items():
        if needs not in base:
            continue
        said = read(base)
        compared = [read(other) for other in others if needs in other]
        rows += [
            (provider, verdict, said[provider], *found)
            for provider in said
            for found in _changes(said[provider], [x[provider] for x in compared if provider in x])
        ]
    table = pd.DataFrame(rows, columns=list(FLIP_COLUMNS))
    order = np.argsort(-table["universes"].to_numpy(dtype=float), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _changes(base: str, others: Sequence[str]) -> Iterable[tuple[str, int, int]]:
    """Count the universes that say something else, for each thing that they say."""
    for other in sorted(set(others) - {base}):
        yield other, sum(x == other for x in others), len(others)


def _places(columns: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """Say of each provider to which place it belongs with probability .95, if to any."""
    probs = np.array([columns[name] for name in _PLACES], dtype=float)
    likeliest, sure = probs.argmax(axis=0), probs.max(axis=0) >= NAMED_PROB
    names = list(_PLACES.values())
    said = [names[k] if yes else _UNPLACED for k, yes in zip(likeliest, sure, strict=True)]
    return dict(zip(_providers(columns), said, strict=True))


def _named(columns: Mapping[str, Sequence[object]]) -> dict[str, str]:
    said = ["named" if yes else "not named" for yes in columns["named"]]
    return dict(zip(_providers(columns), said, strict=True))


def _ends(columns: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """Say who has the best and who the worst expected rank."""
    ranks = np.array(columns["expected_rank"], dtype=float)
    said = np.full(len(ranks), "neither", dtype=object)
    said[ranks == ranks.min()], said[ranks == ranks.max()] = "first", "last"
    return dict(zip(_providers(columns), map(str, said), strict=True))


def _providers(columns: Mapping[str, Sequence[object]]) -> list[str]:
    return [str(provider) for provider in columns["provider"]]


type _Read = Callable[[Mapping[str, Sequence[object]]], dict[str, str]]
#: Verdict -> the column it needs, and how it is read.
_VERDICTS: dict[str, tuple[str, _Read]] = {
    "place": ("prob_middle", _places),
    "named": ("named", _named),
    "end": ("expected_rank", _ends),
}
