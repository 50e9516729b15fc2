"""Whole analyses made by hand, for pages and files; nothing is sampled."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import xarray as xr

from tests.publish.plots.pictures import FOUND, HOSTILE, NIL, analysis, relabelled, weighted
from varmodel.analysis.analyse import Analysis
from varmodel.fits import Fit
from varmodel.fits.diagnostics import gate
from varmodel.studies import Shape

PASSED, DOUBTED = 0.3, 0.002
EXCLUDED = (("X<b>9", "special & odd"), ("=Y1", "closed\u202e"))
__all__ = [
    "DOUBTED",
    "EXCLUDED",
    "FOUND",
    "HOSTILE",
    "NIL",
    "PASSED",
    "analysed",
    "flexible",
    "supported",
]


def flexible(p_value=PASSED, *, reason=""):
    """Return a verdict on the shape, with a total or with the reason why there is none."""
    total = None if reason else xr.DataArray(_TOTAL, dims=_DIMS)
    return Shape(p_value, p_value >= 0.01, total, reason)


_DIMS = ("chain", "draw")
_TOTAL = np.random.default_rng(1).permutation(np.linspace(3_900.0, 4_100.0, 400)).reshape(4, 100)


@cache
def analysed(
    form="share",
    *,
    nil=FOUND,
    p_value=PASSED,
    reason="",
    share=None,
    excluded=(),
    marginal=False,
    **fields,
):
    """Make an analysis; ``share`` is its rankability, ``excluded`` holds (provider, reason)."""
    fields = {"shape": (4, 100), "providers": 12, **fields}
    made = analysis(form, nil=nil, **fields)
    rows = [{"provider": who, "observed": 0.5, "reason": why} for who, why in excluded]
    labels = made.fit.frame["provider"].to_numpy()
    fit = relabelled(made.fit, labels, excluded=json.dumps(rows))
    diagnosis = gate({"rankability": made.rankability}, {"adjusted_rate": made.rates})
    rankability = made.rankability if share is None else xr.full_like(made.rankability, share)
    return Analysis(
        fit=weighted(fit) if marginal else fit,
        figures=replace(made.figures, rankability=rankability),
        nil=nil,
        shape=flexible(p_value, reason=reason),
        diagnosis=diagnosis,
    )


def supported(x, **shares):
    """Give some providers of an analysis less support than the others."""
    labels = x.fit.frame["provider"].to_numpy()
    support = [shares.get(str(label), 1.0) for label in labels]
    frame = x.fit.frame.assign(support=("provider", support))
    savings = x.savings
    if savings is not None:
        savings = savings.assign(named=savings["named"] & (np.array(support) >= 0.5))
    figures = replace(x.figures, savings=savings)
    return replace(x, fit=Fit(x.fit.spec, frame, x.fit.draws), figures=figures)
