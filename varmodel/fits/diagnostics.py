"""The gate: what draws must show before anything is ranked (one home of every threshold)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import ConvergenceError, Problem
from varmodel.fits.convergence import ess_bulk, ess_tail, is_constant, is_stuck, rhat
from varmodel.fits.fit import Fit

CHAINS = 4
RHAT = 1.01
RHAT_ANY_PROVIDER = 1.02
SHARE_ABOVE_RHAT = 0.01
ESS_BULK = 400
ESS_TAIL = 400
ESS_TAIL_PROVIDER = 200
TREEDEPTH_SHARE = 0.05
BFMI = 0.3

STRUCTURAL = ("intercept", "coefficients", "provider_sd", "residual_sd")
BY_PROVIDER = ("provider_effect",)


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
        worst = self.table[["rhat", "ess_bulk", "ess_tail"]]
        head = "passed" if self.passed else "FAILED: " + "; ".join(self.reasons)
        return (
            f"Diagnosis of {len(self.table)} quantities: {head}\n"
            f"  worst R-hat {worst['rhat'].max():.3f}, bulk ESS {worst['ess_bulk'].min():.0f}, "
            f"tail ESS {worst['ess_tail'].min():.0f}"
        )


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
        (Vehtari et al. 2021; thresholds measured on this project's models).
    """
    posterior = fit.posterior
    figures = {name: posterior[name] for name in STRUCTURAL if name in posterior}
    providers = {name: posterior[name] for name in BY_PROVIDER}
    stats = fit.draws["sample_stats"].to_dataset()
    return gate(figures, providers, sampling_reasons(stats))


def gate(
    structural: Mapping[str, xr.DataArray],
    by_provider: Mapping[str, xr.DataArray],
    reasons: Iterable[str] = (),
) -> Diagnosis:
    """Put any figures to the gate; arrays are (chain, draw, ...)."""
    first = tabulate(structural, "structural")
    second = tabulate(by_provider, "provider")
    found = [*reasons, *_structural_reasons(first), *_provider_reasons(second)]
    chains = max((x.sizes["chain"] for x in structural.values()), default=CHAINS)
    if chains < CHAINS:
        found.insert(0, f"{chains} chains, at least {CHAINS} are needed")
    table = pd.concat([first, second], ignore_index=True).drop(columns=["constant", "stuck"])
    return Diagnosis(table, not found, tuple(found))


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
    bfmi = float((steps / energy.var(axis=1)).min())
    if not bfmi >= BFMI:
        found.append(f"BFMI {bfmi:.2f}, at least {BFMI} is needed")
    return found


def tabulate(figures: Mapping[str, xr.DataArray], kind: str) -> pd.DataFrame:
    """Tabulate R-hat and ESS: one row a quantity."""
    parts = [_one_figure(name, draws, kind) for name, draws in figures.items()]
    columns = ["quantity", "kind", "rhat", "ess_bulk", "ess_tail", "constant", "stuck"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _one_figure(name: str, draws: xr.DataArray, kind: str) -> pd.DataFrame:
    x = draws.transpose("chain", "draw", ...).to_numpy().astype(np.float64)
    x = x.reshape(*x.shape[:2], -1)
    dims = [dim for dim in draws.dims if dim not in ("chain", "draw")]
    labels = [name]
    if dims:
        index = draws.isel(chain=0, draw=0).stack(label=dims)["label"].to_numpy()
        labels = [f"{name}[{_join(label)}]" for label in index]
    return pd.DataFrame(
        {
            "quantity": labels,
            "kind": kind,
            "rhat": rhat(x),
            "ess_bulk": ess_bulk(x),
            "ess_tail": ess_tail(x),
            "constant": is_constant(x),
            "stuck": is_stuck(x),
        }
    )


def _join(label: object) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _structural_reasons(table: pd.DataFrame) -> list[str]:
    open_ = table[~table["constant"].astype(bool)]
    return [
        *_stuck(open_),
        *_beyond(open_, "rhat", f"R-hat above {RHAT}", ~(open_["rhat"] <= RHAT)),
        *_beyond(open_, "ess_bulk", f"bulk ESS below {ESS_BULK}", ~(open_["ess_bulk"] >= ESS_BULK)),
        *_beyond(open_, "ess_tail", f"tail ESS below {ESS_TAIL}", ~(open_["ess_tail"] >= ESS_TAIL)),
    ]


def _provider_reasons(table: pd.DataFrame) -> list[str]:
    open_ = table[~table["constant"].astype(bool)]
    above = ~(open_["rhat"] <= RHAT)
    many = above & (above.mean() > SHARE_ABOVE_RHAT)
    tail = ~(open_["ess_tail"] >= ESS_TAIL_PROVIDER)
    return [
        *_stuck(open_),
        *_beyond(open_, "rhat", f"R-hat above {RHAT} in more than 1 %", many),
        *_beyond(
            open_, "rhat", f"R-hat above {RHAT_ANY_PROVIDER}", ~(open_["rhat"] <= RHAT_ANY_PROVIDER)
        ),
        *_beyond(open_, "ess_bulk", f"bulk ESS below {ESS_BULK}", ~(open_["ess_bulk"] >= ESS_BULK)),
        *_beyond(open_, "ess_tail", f"tail ESS below {ESS_TAIL_PROVIDER}", tail),
    ]


def _stuck(table: pd.DataFrame) -> list[str]:
    names = table.loc[table["stuck"].astype(bool), "quantity"]
    return [f"chains stand still at different values: {names.iloc[0]}"] if len(names) else []


def _beyond(table: pd.DataFrame, column: str, rule: str, failed: "pd.Series[bool]") -> list[str]:
    worst = table[failed.astype(bool)]
    if worst.empty:
        return []
    row = worst.sort_values(column, ascending=column != "rhat").iloc[0]
    others = f" and {len(worst) - 1} more" if len(worst) > 1 else ""
    return [f"{rule}: {row['quantity']} ({row[column]:.4g}){others}"]
