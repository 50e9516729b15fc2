"""What `varmodel check` prints of a frame."""

import json

import xarray as xr

from varmodel.families import FORMS
from varmodel.frame.providers.presence import presence_of
from varmodel.frame.providers.support import LEAST_SUPPORT, NO_ACTIVITY

_SHOWN = 10


def describe(frame: xr.Dataset) -> dict[str, str]:
    """Say in a few lines what a frame holds.

    Parameters
    ----------
    frame : xarray.Dataset
        From :func:`varmodel.prepare`.

    Returns
    -------
    dict of str to str
        Heading -> text, in the order of printing.
    """
    left_out = json.loads(frame.attrs["excluded"])
    idle = [row["provider"] for row in left_out if row["reason"] == NO_ACTIVITY]
    excluded = [row for row in left_out if row["reason"] != NO_ACTIVITY]
    labels, support = frame["provider"].to_numpy(), frame["support"].to_numpy()
    terms = [str(name) for name in frame["term"].values]
    return {
        "rows": f"{frame.attrs['rows_in']:,}",
        "cells": f"{frame.sizes['cell']:,}",
        "patterns": f"{frame.sizes['pattern']:,}",
        "providers": f"{frame.sizes['provider']:,}",
        "periods": _periods(frame),
        "excluded": _some([f"{row['provider']} ({row['reason']})" for row in excluded]),
        "no activity": _some(idle),
        f"support below {LEAST_SUPPORT:g}": _some(labels[support < LEAST_SUPPORT].tolist()),
        **_lacking(frame),
        "terms": _some(terms),
        f"national {_mean(frame)}": f"{frame.attrs['pooled_mean']:.6g}",
    }


def _mean(frame: xr.Dataset) -> str:
    return "geometric mean" if FORMS[frame.attrs["form"]].logged else "rate"


def _periods(frame: xr.Dataset) -> str:
    if "period" not in frame.dims:
        return "1 (no period column)"
    quarters = [str(quarter) for quarter in frame["period"].values]
    return f"{len(quarters)} ({quarters[0]} to {quarters[-1]})"


def _lacking(frame: xr.Dataset) -> dict[str, str]:
    """Name the providers that do not report every period."""
    presence = presence_of(frame)
    if presence is None:
        return {}
    return {"lacking periods": _some(frame["provider"].to_numpy()[presence.lacking].tolist())}


def _some(names: list[str]) -> str:
    if not names:
        return "none"
    rest = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_SHOWN])}{rest}"
