"""Analyses made by hand, and what can be found in a picture."""

from functools import cache

import numpy as np
import xarray as xr
from matplotlib.text import Text

from tests.fits.hand_made import whole_fit
from varmodel.fits import Fit
from varmodel.fits.diagnostics import gate
from varmodel.publish import Published
from varmodel.studies import NilVerdict, Shape, make_figures

FOUND = NilVerdict(distinguishable=True, p_value=0.001, prob_relevant=0.9999, upper=1.0)
NIL = NilVerdict(distinguishable=False, p_value=0.312, prob_relevant=0.8, upper=12_345.0)
#: Without a total: no refit is drawn.
BELIEVED = Shape(p_value=0.3, passed=True, total=None)
HOSTILE = (
    r"$\frac{x$",
    "a_b^{c}",
    "<script>alert(1)</script>",
    "[/oops]",
    "=1+1",
    "\u202eevil",
    "two\nlines",
    "tab\there\x07",
    "Hôpital Ærø №7",
    "שלום",
    "%s %d {0}",
    "A very long name of a hospital trust that nobody can read in one line, North",
    "A very long name of a hospital trust that nobody can read in one line, South",
)


@cache
def analysis(
    form="share", *, nil=FOUND, judged=BELIEVED, names=None, shape=(2, 60), terms=(), **fields
):
    """Make an analysis of draws by hand; ``judged`` is its verdict on the effects' shape."""
    fit = whole_fit(form, shape=shape, case_mix=terms, **fields)
    if names is not None:
        fit = relabelled(fit, list(names))
    figures = make_figures(fit, random_seed=1)
    return Published(fit, figures, nil, judged, gate({}, {}))


def relabelled(fit, names, **attrs):
    groups = {
        name: node.to_dataset().assign_coords(provider=names)
        if "provider" in node.dims
        else node.to_dataset()
        for name, node in fit.draws.children.items()
    }
    draws = xr.DataTree.from_dict(groups)
    draws.attrs = fit.draws.attrs
    frame = fit.frame.assign_coords(provider=names).assign_attrs(attrs)
    return Fit(fit.spec, frame, draws)


def weighted(fit):
    """Turn a fit into one of the marginal sampler: draws with weights, its own statistics."""
    sizes = fit.posterior.sizes
    rng = np.random.default_rng(1)
    weight = rng.uniform(0.5, 1.5, (sizes["chain"], sizes["draw"])) / 2_000
    posterior = fit.posterior.assign_coords(ancestor_weight=(("chain", "draw"), weight))
    stats = {
        "pareto_k": -0.2,
        "pareto_k_sd": 0.35,
        "largest_weight": 0.001,
        "edge_mass": 5e-4,
        "node_change": 0.002,
        "evaluations": 2_000,
        "importance_ess": 1_800.0,
    }
    groups = {"posterior": posterior, "sample_stats": xr.Dataset(stats)}
    draws = xr.DataTree.from_dict(groups)
    draws.attrs = fit.draws.attrs
    return Fit(fit.spec, fit.frame, draws)


def parts(ax, gid):
    """Find everything that carries this name."""
    return ax.findobj(lambda artist: artist.get_gid() == gid)


def caption(ax):
    return " ".join(parts(ax, "caption")[0].get_text().split())


def segments(ax, gid="interval"):
    """Give the ends of each line of a collection: (row, 2), and the rows they stand in."""
    found = np.concatenate([np.array(lines.get_segments()) for lines in parts(ax, gid)])
    return found[:, :, 0], found[:, 0, 1]


def points(ax, gid="estimate"):
    """Give all marks as {row: x}."""
    marks = [line for line in parts(ax, gid) if line.axes is ax]
    return {float(y): float(x) for line in marks for x, y in line.get_xydata()}


def written(ax):
    """Lay the figure out, and give every visible text with its box in pixels."""
    ax.get_figure(root=True).draw_without_rendering()
    beyond = {label for panel in (ax, *ax.child_axes) for label in _out_of_view(panel)}
    texts = [
        text
        for text in ax.findobj(Text)
        if text.get_visible()
        and text.get_text().strip()
        and text.get_gid() not in ("stamp", "written")
        and text not in beyond
    ]
    return {text: text.get_window_extent().extents for text in texts}


def _out_of_view(panel):
    """Give the labels of ticks that lie beyond their axis, which matplotlib does not draw."""
    for axis in (panel.xaxis, panel.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not panel.axison or not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


def overlaps(boxes, *, by=1.0):
    """Name the pairs of texts of which one lies over the other by more than a pixel."""
    items = [(text.get_text(), box) for text, box in boxes.items()]
    found = []
    for place, (one, a) in enumerate(items):
        for other, b in items[place + 1 :]:
            if (a[:2] < b[2:] - by).all() and (b[:2] < a[2:] - by).all():
                found.append((one, other))
    return found
