"""Providers that are compared on patients whom they do not have (methods 3)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import xarray as xr

from varmodel.frame import LEAST_SUPPORT

FLAG = "compared on patients it does not have"
FLAG_MARK = " *"


def supports(frame: xr.Dataset) -> npt.NDArray[np.float64]:
    """Give each provider's support; NaN where it is not known."""
    if "support" not in frame:
        return np.full(frame.sizes["provider"], np.nan)
    return np.asarray(frame["support"].to_numpy(), dtype=np.float64)


def flagged(frame: xr.Dataset) -> list[str]:
    """List the codes of the flagged."""
    low = supports(frame) < LEAST_SUPPORT
    return [str(code) for code in frame["provider"].to_numpy()[low]]


def support_caption(codes: Sequence[str], *, most: int) -> str:
    """Name the flagged, at most so many; empty where nobody is."""
    if not codes:
        return ""
    more = [f"{len(codes) - most} more"] if len(codes) > most else []
    return f"{FLAG.capitalize()}: {', '.join([*codes[:most], *more])}."


def support_note(frame: xr.Dataset) -> str:
    """Explain the mark; empty where nobody has it."""
    if not flagged(frame):
        return ""
    return (
        f"* {FLAG}: of the patients that all are held against, more than half are of a kind that "
        "this provider has not had. Its place says little, and it is named for no saving."
    )
