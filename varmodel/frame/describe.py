"""What `varmodel check` prints of a frame."""

import json

import xarray as xr

from varmodel.families import FORMS

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
    excluded = json.loads(frame.attrs["excluded"])
    terms = [str(name) for name in frame["term"].values]
    return {
        "rows": f"{frame.attrs['rows_in']:,}",
        "cells": f"{frame.sizes['cell']:,}",
        "patterns": f"{frame.sizes['pattern']:,}",
        "providers": f"{frame.sizes['provider']:,}",
        "periods": _periods(frame),
        "excluded": _some([f"{row['provider']} ({row['reason']})" for row in excluded]),
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


def _some(names: list[str]) -> str:
    if not names:
        return "none"
    rest = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)}: {', '.join(names[:_SHOWN])}{rest}"
