"""The gate: what draws must show before anything is ranked (one home of every threshold)."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from varmodel.errors import ConvergenceError, Problem
from varmodel.fits.fit import WEIGHT, Fit
from varmodel.fits.importance import ess_weighted, importance_reasons, tail_reasons
from varmodel.fits.nearly_constant import hardly_moves
from varmodel.numerics.convergence import (
    ess_bulk,
    ess_tail,
    rhat,
    states,
)
from varmodel.spec.shown import facts_html
from varmodel.values import Array, Index, Mask

CHAINS = 4
ESS = 400
TREEDEPTH_SHARE = 0.05
BFMI = 0.3


#: Columns of a table, by name: a frame of pandas is made of them once, at the end.
type Tabulated = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class GateRule:
    """A limit on a column of the diagnosis, and the share of quantities that may break it."""

    column: str
    limit: float
    share: float = 0.0

    def broken(self, rows: "Tabulated") -> Mask:
        """Say which rows break it; one without a number does."""
        values = rows[self.column]
        kept = values <= self.limit if self.column == "rhat" else values >= self.limit
        return np.asarray(~kept)

    def __str__(self) -> str:
        """Say what breaks it."""
        words = {"rhat": "R-hat above", "ess_bulk": "bulk ESS below", "ess_tail": "tail ESS below"}
        often = f" in more than {self.share:.0%}" if self.share else ""
        return f"{words[self.column]} {self.limit}{often}"


STRUCTURAL_RULES = (GateRule("rhat", 1.01), GateRule("ess_bulk", ESS), GateRule("ess_tail", ESS))
PROVIDER_RULES = (
    GateRule("rhat", 1.01, share=0.01),
    GateRule("rhat", 1.02),
    GateRule("ess_bulk", ESS),
    GateRule("ess_tail", 200),
)
#: Independent draws have no R-hat; both ESS are that of the importance weights.
INDEPENDENT_RULES = (GateRule("ess_bulk", ESS),)

BY_PROVIDER = ("provider_effect", "transient_effect")
#: National figures whose tail under importance weights is judged.
HEAVY = ("saving",)
COLUMNS = ("quantity", "kind", "rhat", "ess_bulk", "ess_tail")
_STATES = ("finite", "constant", "stuck", "hardly_moves", "independent")


@dataclass(frozen=True, eq=False, slots=True)
class Diagnosis:
    """Whether draws may be ranked, and why not.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a quantity: quantity, kind ("structural" or "provider"), rhat, ess_bulk,
        ess_tail.
    passed : bool
        Whether the gate opened.
    reasons : tuple of str
        What failed; empty where it opened.
    """

    table: pd.DataFrame
    passed: bool
    reasons: tuple[str, ...]

    def __repr__(self) -> str:
        """Say the verdict, its reasons and the worst figures."""
        head = "passed" if self.passed else "FAILED: " + "; ".join(self.reasons)
        return f"Diagnosis of {len(self.table)} quantities: {head}\n  worst {self._worst}"

    def _repr_html_(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        reasons = [("reason", reason) for reason in self.reasons]
        heading = f"Diagnosis of {len(self.table)} quantities: {verdict}"
        return facts_html(heading, [*reasons, ("worst", self._worst)])

    @property
    def _worst(self) -> str:
        worst = self.table[["rhat", "ess_bulk", "ess_tail"]]
        bulk, tail = worst["ess_bulk"].min(), worst["ess_tail"].min()
        if worst["rhat"].isna().all():
            return f"ESS {bulk:.0f} (independent draws)"
        return f"R-hat {worst['rhat'].max():.3f}, bulk ESS {bulk:.0f}, tail ESS {tail:.0f}"


def diagnose(fit: Fit) -> Diagnosis:
    """Put a fit's parameters to the gate.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Diagnosis
        ``passed`` says whether the draws may be ranked: R-hat at most 1.01 and bulk and tail
        ESS at least 400 for structural parameters; for provider effects at most 1 % above
        R-hat 1.01, none above 1.02, bulk ESS at least 400 and tail at least 200; four chains or
        more, no divergence, treedepth hits at most 5 %, BFMI at least .3, all draws finite
        (Vehtari et al. 2021; thresholds measured on this project's models). Independent draws
        of the marginal sampler are judged by their importance weights instead: k-hat below
        min(1 - 1/log10 N, .7), with a transient also that of each provider's block; largest
        weight at most .02, ESS of every quantity at least 400, the quadrature and the grid's ends
        checked; they have no R-hat. A figure of a provider
        that has one value in nearly all draws, such as the rank of one far ahead, is judged by
        its Monte Carlo error: the share of other values, with two standard errors, must stay
        below 2.5 %, and the standard error of its mean at .05 or less.
    """
    posterior = fit.posterior
    predictor = fit.spec.predictor(fit.transient)
    named = (x.name for x in predictor.parameters(fit.spec.family_row, fit.spec.form.name))
    levels = (f"level_effect_{column}" for column in fit.spec.levels)
    figures = {name: posterior[name] for name in (*named, *levels) if name in posterior}
    providers = {name: posterior[name] for name in BY_PROVIDER if name in posterior}
    stats = fit.draws["sample_stats"].to_dataset()
    judge = importance_reasons if "pareto_k" in stats else sampling_reasons
    return gate(figures, providers, reasons=judge(stats))


def gate(
    structural: Mapping[str, xr.DataArray],
    by_provider: Mapping[str, xr.DataArray],
    *,
    reasons: Iterable[str] = (),
) -> Diagnosis:
    """Put any figures to the gate; arrays are (chain, draw, ...)."""
    first = _tabulated(structural, "structural")
    second = _tabulated(by_provider, "provider")
    figures = (*structural.values(), *by_provider.values())
    chains = min((x.sizes["chain"] for x in figures if WEIGHT not in x.coords), default=CHAINS)
    few = [f"{chains} chains, at least {CHAINS} are needed"] if chains < CHAINS else []
    tails = tail_reasons({name: structural[name] for name in HEAVY if name in structural})
    broken = (*_reasons(first, STRUCTURAL_RULES), *_reasons(second, PROVIDER_RULES))
    found = (*few, *reasons, *tails, *broken)
    return Diagnosis(_framed([first, second], COLUMNS), not found, found)


def within_reach(*, draws: int, chains: int, independent: bool) -> Diagnosis:
    """Say before anything is drawn whether so many draws could pass; chains of NUTS are counted."""
    asked = f"{draws} draws in {chains} chains are {draws * chains}"
    few = [f"{asked}: an ESS of {ESS} needs as many or more"] if draws * chains < ESS else []
    if chains < CHAINS and not independent:
        few.append(f"{chains} chains, at least {CHAINS} are needed")
    return Diagnosis(pd.DataFrame(columns=list(COLUMNS)), not few, tuple(few))


def require(diagnosis: Diagnosis, *, what: str) -> None:
    """Raise where the gate did not open."""
    if diagnosis.passed:
        return
    fix = (
        "ask for more draws and tune, give the sds narrower priors, or look at provisional=True "
        "without publishing it"
    )
    message = f"the {what} failed the gate: {'; '.join(diagnosis.reasons)}"
    error = ConvergenceError((Problem("FIT.CONVERGENCE", message, fix=fix),))
    error.table = diagnosis.table
    raise error


def sampling_reasons(stats: xr.Dataset) -> list[str]:
    """Say what is wrong with the sampler's own statistics."""
    found = []
    divergences = int(stats["diverging"].sum())
    if divergences:
        found.append(f"{divergences} divergences")
    hits = float(stats["reached_max_treedepth"].mean())
    if hits > TREEDEPTH_SHARE:
        found.append(f"{hits:.0%} of draws hit the largest tree depth")
    energy = stats["energy"].to_numpy()
    steps = np.square(np.diff(energy, axis=1)).mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        bfmi = float((steps / energy.var(axis=1)).min())
    if not bfmi >= BFMI:
        found.append(f"BFMI {bfmi:.2f}, at least {BFMI} is needed")
    return found


def tabulate(figures: Mapping[str, xr.DataArray], kind: str) -> pd.DataFrame:
    """Tabulate R-hat and ESS, and the state of the draws: one row a quantity."""
    return _framed([_tabulated(figures, kind)], [*COLUMNS, *_STATES])


def _framed(parts: Sequence[Tabulated], names: Sequence[str]) -> pd.DataFrame:
    whole = {name: np.concatenate([part[name] for part in parts]) for name in names}
    texts = {name: whole[name].tolist() for name in ("quantity", "kind")}
    return pd.DataFrame(whole | texts)


def _tabulated(figures: Mapping[str, xr.DataArray], kind: str) -> Tabulated:
    parts = [_one_figure(name, draws, kind) for name, draws in figures.items()]
    if not parts:
        none = {name: np.empty(0) for name in COLUMNS}
        return none | {name: np.empty(0, dtype=np.bool_) for name in _STATES}
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _one_figure(name: str, draws: xr.DataArray, kind: str) -> Tabulated:
    x = draws.variable.transpose("chain", "draw", ...).to_numpy().astype(np.float64, copy=False)
    x = x.reshape(*x.shape[:2], -1)
    labels, (finite, constant, stuck) = _labels(name, draws), states(x)
    rows: Tabulated = {
        "quantity": np.array(labels, dtype=np.object_),
        "kind": np.full(len(labels), kind, dtype=np.object_),
        **_sizes(x, draws),
        "independent": np.full(len(labels), WEIGHT in draws.coords),
        "finite": finite,
        "constant": constant,
        "stuck": stuck,
        "hardly_moves": np.zeros(len(labels), dtype=np.bool_),
    }
    if kind == "provider":  # only they are ranked
        doubtful = _doubtful(rows)
        rows["hardly_moves"][doubtful] = hardly_moves(x[..., doubtful], draws)
    return rows


def _doubtful(rows: Tabulated) -> Mask:
    """Say which quantities of providers break a rule."""
    rules = INDEPENDENT_RULES if rows["independent"].any() else PROVIDER_RULES
    broken = np.any([rule.broken(rows) for rule in rules], axis=0)
    return np.asarray(broken & rows["finite"] & ~rows["constant"] & ~rows["stuck"])


def _sizes(x: Array, draws: xr.DataArray) -> dict[str, Array]:
    if WEIGHT not in draws.coords:
        return {"rhat": rhat(x), "ess_bulk": ess_bulk(x), "ess_tail": ess_tail(x)}
    size = ess_weighted(x, draws[WEIGHT].variable.transpose("chain", "draw").to_numpy())
    return {"rhat": np.full(len(size), np.nan), "ess_bulk": size, "ess_tail": size}


def _labels(name: str, draws: xr.DataArray) -> list[str]:
    """Name each quantity as ``name[label]``, in the order of the flattened dimensions."""
    dims = [dim for dim in draws.dims if dim not in ("chain", "draw")]
    places = itertools.product(*(draws[dim].to_numpy() for dim in dims))
    return [f"{name}[{', '.join(map(str, place))}]" if dims else name for place in places]


def _reasons(rows: Tabulated, rules: tuple[GateRule, ...]) -> list[str]:
    """Say what is wrong; a quantity that is equal in all draws, or in nearly all, is not."""
    finite, stuck = rows["finite"], rows["stuck"]
    found = [
        *_name("draws that are not finite", rows, np.flatnonzero(~finite)),
        *_name("chains stand still at different values", rows, np.flatnonzero(stuck)),
    ]
    judged = finite & ~stuck & ~rows["constant"] & ~rows["hardly_moves"]
    if rows["independent"].any():
        rules = INDEPENDENT_RULES
    for rule in rules:
        worst = np.flatnonzero(judged & rule.broken(rows))
        if len(worst) > rule.share * len(judged):
            values = rows[rule.column][worst] * (-1 if rule.column == "rhat" else 1)
            ordered = worst[np.argsort(values, kind="stable")]
            found += _name(str(rule), rows, ordered, column=rule.column)
    return found


def _name(rule: str, rows: Tabulated, worst: Index, *, column: str | None = None) -> list[str]:
    """Name the first quantity that breaks a rule, and count the others."""
    if not len(worst):
        return []
    value = f" ({rows[column][worst[0]]:.4g})" if column else ""
    others = f" and {len(worst) - 1} more" if len(worst) > 1 else ""
    return [f"{rule}: {rows['quantity'][worst[0]]}{value}{others}"]
