"""What one universe shows: its total, its verdict, its providers' places; as numbers that keep.

Symbols: p the price of a draw, X the total saving at a price of 1, so that the total is p X.
"""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from typing import Self

import numpy as np
import xarray as xr

from varmodel.errors import VarmodelError
from varmodel.estimands import adjusted_rates, rank, summarise
from varmodel.estimands.rates.parts import PERSISTENT
from varmodel.estimands.variation.coming import rankability_of
from varmodel.fits import Fit
from varmodel.fits.diagnostics import gate, require
from varmodel.studies.conflict import prior_conflict
from varmodel.studies.nil import NilVerdict, judge_nil

#: Verdicts, one word each: what is found is told from chance and matters; is told from chance
#: alone; is not; or may not be read, for the prior and the data disagree.
DISTINGUISHABLE, DETECTABLE, CHANCE, OVERRULED = VERDICT_WORDS = (
    *("distinguishable", "detectable", "chance"),
    "provisional",
)
_NONE = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The figures of one universe.

    Attributes
    ----------
    total, lower, upper : float
        Posterior mean of the total saving and its 95 % interval; NaN where there is none.
    mcse : float
        Monte Carlo error of the mean.
    paired_mcse : float or None
        That of its difference from the base's mean, where both are of the same draws.
    gap_mean, gap_sd, price_mean, price_sd : float
        Of X and of p.
    rankability : float
        Posterior median.
    verdict : str
        One of :data:`VERDICT_WORDS`; empty where the universe was refused.
    code, message : str
        Why it was refused; empty where it ran.
    by_provider : mapping
        Column -> values: provider, expected_rank, prob_top_quarter, prob_middle,
        prob_bottom_quarter, prob_saving, named; those that there are.
    """

    total: float = _NONE
    lower: float = _NONE
    upper: float = _NONE
    mcse: float = _NONE
    paired_mcse: float | None = None
    gap_mean: float = _NONE
    gap_sd: float = _NONE
    price_mean: float = _NONE
    price_sd: float = _NONE
    rankability: float = _NONE
    verdict: str = ""
    code: str = ""
    message: str = ""
    by_provider: dict[str, list[object]] = field(default_factory=dict)

    @property
    def ran(self) -> bool:
        """Whether it was fitted and passed its gate."""
        return not self.code

    @classmethod
    def refused(cls, error: VarmodelError) -> Self:
        """Keep why a universe was refused."""
        return cls(code=error.code, message=error.problems[0].message)

    def to_json(self) -> str:
        """Write it; every number comes back as it was."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, eq=False)
class SharedFigures:
    """What universes of one fit share: ranks and rankability, past their gate."""

    ranks: xr.Dataset | None
    rankability: xr.DataArray


def read_shared_figures(fit: Fit, *, part: str) -> SharedFigures:
    """Compute what no benchmark and no price touches, and put it to the gate.

    Raises
    ------
    ConvergenceError
        FIT.CONVERGENCE where rates or ranks fail the gate.
    """
    part = part_of(fit, part)
    rates = adjusted_rates(fit, part=part)
    ranks = None if fit.spec.better == "neither" else rank(rates, better=fit.spec.better)
    found = SharedFigures(ranks, rankability_of(fit, part))
    by_provider = {"adjusted_rate": rates} | ({} if ranks is None else {"rank": ranks["rank"]})
    require(gate({"rankability": found.rankability}, by_provider), what="figures")
    return found


def part_of(fit: Fit, part: str) -> str:
    """Give the part that a universe publishes: the base's; without a transient there is one."""
    return part if fit.transient != "none" else PERSISTENT


def verdict_by_rule(fit: Fit, *, p_value: float) -> str:
    """Judge a fit by its own nil rule, in a word; ``p_value`` as :func:`judge_nil` takes it."""
    if prior_conflict(fit):
        return OVERRULED
    return verdict_word(judge_nil(fit, random_seed=0, p_value=p_value))


def measure(
    fit: Fit,
    shared: SharedFigures,
    *,
    savings: xr.Dataset | None,
    verdict: str,
    base: xr.DataArray | None = None,
) -> Outcome:
    """Gather the figures of a universe, and put its total to the gate.

    Parameters
    ----------
    fit : Fit
        Of the universe's model.
    shared : SharedFigures
        Of the same draws and direction.
    savings : xarray.Dataset or None
        What of a saving counts.
    verdict : str
        What :func:`verdict_by_rule` gives of the same draws and nil rule.
    base : xarray.DataArray (chain, draw), optional
        Total saving of the base, of the same draws.

    Raises
    ------
    ConvergenceError
        FIT.CONVERGENCE where the total fails the gate.
    """
    total = None if savings is None else savings["total"]
    require(gate({} if total is None else {"saving": total}, {}), what="figures")
    found = Outcome() if savings is None else _of_total(savings, base)
    return replace(
        found,
        rankability=float(shared.rankability.median()),
        verdict=verdict,
        by_provider=_of_providers(fit, shared.ranks, savings),
    )


def verdict_word(nil: NilVerdict) -> str:
    """Give a verdict in one word."""
    if nil.distinguishable:
        return DISTINGUISHABLE
    return DETECTABLE if nil.detectable else CHANCE


def _of_total(savings: xr.Dataset, base: xr.DataArray | None) -> Outcome:
    row = summarise(savings["total"]).iloc[0]
    paired = None if base is None else float(summarise(savings["total"] - base).iloc[0]["mcse"])
    price, total = savings["price"].to_numpy(), savings["total"].to_numpy()
    gap = np.divide(total, price, out=np.zeros_like(total), where=price > 0)
    return Outcome(
        total=float(row["mean"]),
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        mcse=float(row["mcse"]),
        paired_mcse=paired,
        gap_mean=float(gap.mean()),
        gap_sd=float(gap.std()),
        price_mean=float(price.mean()),
        price_sd=float(price.std()),
    )


def _of_providers(
    fit: Fit, ranks: xr.Dataset | None, savings: xr.Dataset | None
) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {
        "provider": [str(label) for label in fit.frame["provider"].to_numpy()]
    }
    if ranks is not None:
        names = ("expected_rank", "prob_top_quarter", "prob_middle", "prob_bottom_quarter")
        columns |= {name: ranks[name].to_numpy().tolist() for name in names}
    if savings is not None:
        columns |= {name: savings[name].to_numpy().tolist() for name in ("prob_saving", "named")}
    return columns
