"""What the sampler did: traces and ranks of chains, or the weights of independent draws."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from varmodel.estimands.ranks.ranking import mid_ranks
from varmodel.fits import Fit
from varmodel.fits.fit import WEIGHT
from varmodel.fits.importance import EDGE_MASS, LARGEST_WEIGHT, NODE_CHANGE, largest_k
from varmodel.numerics import special
from varmodel.numerics.convergence import ess_bulk, rhat
from varmodel.publish.names import literal, shorten
from varmodel.publish.plots.annotation import (
    Annotation,
    annotation_of_analysis,
    annotation_of_fit,
    refuse_kind,
)
from varmodel.publish.plots.parts.layout import (
    BLUE,
    GREEN,
    GREY,
    LITERAL,
    PURPLE,
    SMALL,
    TEXT,
    VERMILLION,
    axes_for,
    dress,
    ink,
)
from varmodel.publish.published import Published
from varmodel.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DRAWS = ("chain", "draw")
_STYLES = tuple(zip((BLUE, VERMILLION, GREEN, PURPLE), ("-", "--", "-.", ":"), strict=True))
_BINS, _POINTS, _BAND = 20, 500, 0.95


def plot_trace(
    x: "Published | Fit", *, highlight: Iterable[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Draw how the draws came about, so that a failed gate can be understood.

    Parameters
    ----------
    x : Analysis or Fit
        An analysis, or a fit.
    highlight : iterable of str
        Codes of providers whose effects are drawn too: the trace of each, or, of the marginal
        sampler, the weights against the effect of the first.
    ax : matplotlib Axes, optional
        Where to draw: its area is divided into panels (``ax.child_axes``); by default a new
        figure.

    Returns
    -------
    matplotlib Axes
        NUTS: for each structural parameter, and for the coefficient and the provider effect of
        the worst R-hat, the trace of every chain and the ranks of its draws among those of all
        chains. Good chains look like one band of noise, and their ranks are flat: within the
        grey band (95 % over all bins and chains, were draws independent). Marginal sampler:
        draws are independent, so there is no trace: relative weight against provider_sd (1:
        the proposal was exact there), and each figure of the gate as a share of what is
        allowed; right of the line it fails.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another kind of ``x`` or ``ax``, or a code that is not there;
        CONFIG.EXTRA without matplotlib.
    """
    fit, annotation = _read(x)
    chosen = annotation.find(highlight)
    if WEIGHT in fit.posterior.coords:
        return _plot_weights(fit, annotation, ax, chosen=chosen)
    return _plot_chains(fit, annotation, ax, chosen=chosen)


def _read(x: object) -> tuple[Fit, Annotation]:
    if isinstance(x, Published):
        return x.fit, annotation_of_analysis(x)
    if not isinstance(x, Fit):
        refuse_kind(x, "an Analysis or a Fit")
    return x, annotation_of_fit(x)


# Chains


@dataclass(frozen=True, slots=True, eq=False)
class _Quantity:
    """Draws (chain, draw) of one quantity, its name, R-hat and bulk ESS."""

    name: str
    draws: Array
    rhat: float
    ess: float


def _plot_chains(
    fit: Fit, annotation: Annotation, ax: "Axes | None", *, chosen: list[int]
) -> "Axes":
    effects = (fit.posterior["provider_effect"].isel(provider=[place]) for place in chosen)
    quantities = [*_quantities(fit), *(_worst("provider_effect", draws) for draws in effects)]
    ax = axes_for(ax, height=1.4 + 1.25 * len(quantities))
    ax.set_axis_off()
    pitch = 1 / len(quantities)
    for row, quantity in enumerate(quantities):
        bottom = 1 - (row + 1) * pitch
        _draw_trace(ax.inset_axes((0.08, bottom + 0.1 * pitch, 0.48, 0.56 * pitch)), quantity)
        _draw_ranks(ax.inset_axes((0.64, bottom + 0.1 * pitch, 0.36, 0.56 * pitch)), quantity)
    chains = quantities[0].draws.shape[0]
    subtitle = f"Traces (left) and ranks (right) of {chains} chains"
    caption = [
        "Ranks: draws of each chain among those of all, per bin and as a share of what is even;",
        "grey: where 95 % of independent chains would lie throughout.",
    ]
    dress(ax, annotation, heading="Traces", subtitle=subtitle, caption=caption)
    return ax


def _quantities(fit: Fit) -> list[_Quantity]:
    """Take every single parameter, and the worst of each family of parameters."""
    posterior = fit.posterior
    found = []
    for name in posterior.data_vars:
        draws = posterior[name].transpose(*_DRAWS, ...)
        if draws.size:
            found.append(_worst(str(name), draws))
    return sorted(found, key=lambda quantity: "[" in quantity.name)


def _worst(name: str, draws: xr.DataArray) -> _Quantity:
    values = draws.to_numpy().astype(np.float64)
    flat = values.reshape(*values.shape[:2], -1)
    convergence, sizes = rhat(flat), ess_bulk(flat)
    place = int(np.argmax(np.nan_to_num(convergence, nan=0.0)))
    if draws.ndim > len(_DRAWS):
        at = np.unravel_index(place, draws.shape[2:])
        labels = [str(draws[dim].to_numpy()[k]) for dim, k in zip(draws.dims[2:], at, strict=True)]
        name = f"{name}[{shorten(literal(', '.join(labels)))}]"
    return _Quantity(name, flat[:, :, place], float(convergence[place]), float(sizes[place]))


def _draw_trace(panel: "Axes", quantity: _Quantity) -> None:
    chains, draws = quantity.draws.shape
    shown = np.unique(np.linspace(0, draws - 1, min(draws, _POINTS)).astype(int))
    for chain in range(chains):
        colour, _ = _STYLES[chain % len(_STYLES)]
        values = quantity.draws[chain, shown]
        panel.plot(shown, values, color=colour, linewidth=0.4, alpha=0.8, gid="trace")
    title = f"{quantity.name}: R-hat {quantity.rhat:.3f}, bulk ESS {quantity.ess:.0f}"
    panel.set_title(title, loc="left", fontsize=SMALL, **LITERAL)
    panel.set_xlim(0, draws)
    panel.tick_params(labelsize=SMALL - 1)


def _draw_ranks(panel: "Axes", quantity: _Quantity) -> None:
    chains, draws = quantity.draws.shape
    shares = rank_shares(quantity.draws)
    low, high = even_band(draws, chains)
    panel.axhspan(low, high, color=GREY, alpha=0.25, linewidth=0, gid="band")
    panel.axhline(1.0, color=GREY, linewidth=0.6)
    edges = np.linspace(0, 1, shares.shape[1] + 1)
    for chain in range(chains):
        colour, style = _STYLES[chain % len(_STYLES)]
        steps = np.append(shares[chain], shares[chain, -1])
        where: dict[str, Any] = {"drawstyle": "steps-post", "gid": "ranks"}
        panel.plot(edges, steps, color=colour, linestyle=style, linewidth=1.0, **where)
    panel.set(xlim=(0, 1), ylim=(0, max(2.0, 1.05 * float(shares.max()), 1.05 * high)))
    panel.tick_params(labelsize=SMALL - 1)
    panel.set_title("ranks", loc="left", fontsize=SMALL)


def rank_shares(draws: Array) -> Array:
    """Count each chain's draws by their rank among all, as a share of what is even: (chain, bin).

    Vehtari et al. (2021), rank plots.
    """
    chains, count = draws.shape
    bins = min(_BINS, count)
    ranks = mid_ranks(draws.ravel(), sign=-1).reshape(draws.shape)
    place = np.minimum(((ranks - 0.5) / draws.size * bins).astype(int), bins - 1)
    counts = np.stack([np.bincount(place[chain], minlength=bins) for chain in range(chains)])
    return counts * (bins / count)


def even_band(draws: int, chains: int) -> tuple[float, float]:
    """Give the ends between which all bins of all chains lie with probability .95 (Bonferroni)."""
    bins = min(_BINS, draws)
    tail = (1 - _BAND) / (2 * bins * chains)
    at_most = special.bdtr(np.arange(draws + 1), draws, 1 / bins)  # binomial
    ends = np.searchsorted(at_most, [tail, 1 - tail])
    return float(ends[0] * bins / draws), float(ends[1] * bins / draws)


# Independent draws


def _plot_weights(
    fit: Fit, annotation: Annotation, ax: "Axes | None", *, chosen: list[int]
) -> "Axes":
    ax = axes_for(ax, height=4.2)
    ax.set_axis_off()
    stats = fit.draws["sample_stats"].to_dataset()
    against, name = fit.posterior["provider_sd"], "provider_sd"
    if chosen:
        against = fit.posterior["provider_effect"].isel(provider=chosen[0], drop=True)
        name = f"effect of {annotation.names[chosen[0]]}"
    panel = ax.inset_axes((0.08, 0.02, 0.36, 0.94))
    _draw_weights(panel, against, name=name, proposals=float(stats["evaluations"]))
    _draw_gate(ax.inset_axes((0.76, 0.02, 0.24, 0.94)), stats)
    count, ess = int(stats["evaluations"]), float(stats["importance_ess"])
    subtitle = f"Weights (left) and gate (right): {count:,} proposals, importance ESS {ess:,.0f}"
    caption = [
        "Draws are independent: there is no trace. A relative weight of 1 is an exact proposal;",
        "large ones in a tail mean that the proposal misses it.",
        "Right of the line the gate is shut.",
    ]
    dress(ax, annotation, heading="Weights", subtitle=subtitle, caption=caption)
    return ax


def _draw_weights(panel: "Axes", against: xr.DataArray, *, name: str, proposals: float) -> None:
    relative = against[WEIGHT].to_numpy() * proposals
    panel.plot(
        against.transpose(*_DRAWS).to_numpy().ravel(),
        relative.ravel(),
        linestyle="none",
        marker=".",
        markersize=2.5,
        color=ink(panel),
        alpha=0.5,
        gid="weight",
    )
    panel.axhline(1.0, color=GREY, linestyle="--", linewidth=0.9)
    panel.set_ylim(bottom=0.0)
    panel.set_xlabel(name, fontsize=TEXT, **LITERAL)
    panel.set_ylabel("relative weight", fontsize=TEXT)
    panel.tick_params(labelsize=SMALL)


def gate_shares(stats: xr.Dataset) -> dict[str, tuple[float, float]]:
    """Give each figure of the marginal sampler's gate with what is allowed."""
    most = largest_k(float(stats["evaluations"]))
    limits = {
        "pareto_k": ("Pareto k", most),
        "pareto_k_sd": ("Pareto k times sd", most),
        "largest_weight": ("largest weight", LARGEST_WEIGHT),
        "edge_mass": ("mass at grid's ends", EDGE_MASS),
        "node_change": ("quadrature error", NODE_CHANGE),
    }
    if "block_k" in stats:
        limits["block_k"] = ("Pareto k by provider", largest_k(float(stats["block_points"])))
    return {words: (float(stats[name]), limit) for name, (words, limit) in limits.items()}


def _draw_gate(panel: "Axes", stats: xr.Dataset) -> None:
    figures = gate_shares(stats)
    shares = np.array([max(value, 0.0) / limit for value, limit in figures.values()])
    y = np.arange(len(shares))
    panel.hlines(y, 0, shares, colors=GREY, linewidth=1.2)
    for chosen, shape in ((shares <= 1, "o"), (~(shares <= 1), "X")):
        panel.plot(shares[chosen], y[chosen], shape, color=ink(panel), markersize=5, gid="share")
    panel.axvline(1.0, color=ink(panel), linestyle="--", linewidth=1.0)
    told = [
        f"{words}\n{value:.2g} (at most {limit:.2g})" for words, (value, limit) in figures.items()
    ]
    panel.set_yticks(y, told, fontsize=SMALL)
    panel.set_ylim(len(shares) - 0.5, -0.5)
    panel.set_xlim(-0.04, max(1.15, 1.05 * float(shares.max())))
    panel.set_xlabel("share of what is allowed", fontsize=TEXT)
    panel.tick_params(labelsize=SMALL)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
