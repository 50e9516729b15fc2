"""The story behind the number: why a provider's crude rate is not the nation's, in plain words."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import fail, one_of
from varmodel.estimands import decompose, summarise
from varmodel.estimands.variation.decomposition import DECOMPOSED
from varmodel.fits import Fit
from varmodel.publish.names import shown_names
from varmodel.publish.wording.numbers import unit_factor
from varmodel.spec import ModelSpec

#: Each part as the subject of a sentence; whether it is of one or of many.
SUBJECTS = {
    "case_mix": ("The kinds of cases that it treats", False),
    "demography": ("Who its patients are", True),
    "level": ("The group that it belongs to", True),
    "persistent": ("What is its own and lasts", True),
    "transient": ("What passed in the time of the table", True),
    "noise": ("Chance", True),
}
LASTING, BY_CHANCE = "persistent", "noise"
_CLOSING = "The parts add up to the difference; what the table does not hold is in its own part."


def stories(fit: Fit, providers: Sequence[str]) -> dict[str, str]:
    """Write the story of some providers, by code.

    Parameters
    ----------
    fit : Fit
    providers : sequence of str
        Codes.

    Returns
    -------
    dict of str
        A paragraph each, as :func:`story` writes it.
    """
    parts, frame = decompose(fit), fit.frame
    codes = [str(code) for code in frame["provider"].to_numpy()]
    given = frame["provider_name"].to_numpy().tolist() if "provider_name" in frame else None
    names = dict(zip(codes, shown_names(codes, given), strict=True))
    return {
        code: story(parts, code, spec=fit.spec, name=names.get(code, code)) for code in providers
    }


def story(parts: xr.DataArray, provider: str, *, spec: ModelSpec, name: str = "") -> str:
    """Tell why a provider's crude rate differs from the national one.

    Parameters
    ----------
    parts : xarray.DataArray
        What ``decompose`` gives.
    provider : str
        Its code.
    spec : ModelSpec
        Its unit is the reader's.
    name : str
        How the provider is called; its code where empty.

    Returns
    -------
    str
        A paragraph. The printed parts add up to the printed difference: the last one, chance, is
        what remains. A part that no draw has is not told. The lasting part has its interval.
    """
    codes = [str(code) for code in parts["provider"].to_numpy()]
    if provider not in codes:
        fail("CONFIG.VALUE", f"the parts have no provider {provider!r}; {one_of(provider, codes)}")
    own = parts.sel(provider=provider)
    table = summarise(own.rename("part of the rate")).set_index("part")
    factor = unit_factor(spec)
    figures = _Figures(table["mean"] * factor, table["mcse"] * factor)
    national, gap = factor * parts.attrs["national_rate"], float(figures.mean.sum())
    places = figures.places(gap)
    crude, nation = round(national + gap, places), round(national, places)
    told = [part for part in DECOMPOSED[:-1] if bool((own.sel(part=part) != 0).any())]
    rounded = {part: round(float(figures.mean[part]), places) for part in told}
    rounded[BY_CHANCE] = round(crude - nation - sum(rounded.values()), places)
    words = _Words(spec, places)
    sentences = [words.opening(name or provider, crude=crude, nation=nation)]
    for part, value in rounded.items():
        ends = [factor * float(table[end][part]) for end in ("lower", "upper")]
        sentences.append(words.part(part, value, ends=ends if part == LASTING else None))
    return " ".join([*sentences, _CLOSING])


class _Figures:
    """Means of the parts with their Monte Carlo errors, in the reader's unit."""

    def __init__(self, mean: "pd.Series[float]", mcse: "pd.Series[float]") -> None:
        self.mean, self.mcse = mean, mcse

    def places(self, gap: float) -> int:
        """Count the decimals: two or three digits of the largest figure, none of error alone."""
        largest = max(abs(gap), float(np.abs(self.mean).max()))
        last = math.floor(math.log10(largest / 2)) - 1 if largest > 0 else 0
        error = float(np.nan_to_num(self.mcse).max())
        if error > 0:
            last = max(last, math.ceil(math.log10(2 * error)))
        return -last


class _Words:
    """Numbers and sentences in the unit of a model."""

    def __init__(self, spec: ModelSpec, places: int) -> None:
        self.spec, self.places = spec, places
        self.unit = f" {spec.unit}" if spec.unit else ""

    def number(self, value: float) -> str:
        """Write a number with the decimals of the paragraph."""
        return f"{value + 0.0:,.{max(0, self.places)}f}"

    def gap(self, value: float) -> str:
        """Write the size of a difference: between per cents in percentage points."""
        unit = " percentage points" if self.spec.unit == "%" else self.unit
        return f"{self.number(abs(value))}{unit}"

    def opening(self, name: str, *, crude: float, nation: float) -> str:
        """Set the crude rate beside the national one."""
        one, all_ = (f"{self.number(x)}{self.unit}" for x in (crude, nation))
        better = {"higher": " Higher is better.", "lower": " Lower is better."}
        tail = better.get(self.spec.better, "")
        if crude == nation:
            return f"{name} had {one}, the same as all providers together.{tail}"
        side = "more" if crude > nation else "less"
        gap = self.gap(crude - nation)
        return f"{name} had {one}; all providers together had {all_}. That is {gap} {side}.{tail}"

    def part(self, part: str, value: float, *, ends: Sequence[float] | None) -> str:
        """Tell which way one part moves the rate, and how far."""
        subject, single = SUBJECTS[part]
        s = "s" if single else ""
        if value == 0:
            said = f"{subject} hardly move{s} the rate"
        else:
            verb = "add" if value > 0 else "take"
            away = "" if value > 0 else " away"
            amount = self.gap(value)
            said = f"{subject} {verb}{s}{away} {amount}"
        return f"{said}{self._between(ends)}."

    def _between(self, ends: Sequence[float] | None) -> str:
        if ends is None:
            return ""
        low, high = (self.number(round(end, self.places)) for end in ends)
        open_ = ends[0] < 0 < ends[1]
        doubt = ", so that it may be nothing" if open_ else ""
        return f" (with probability .95 between {low} and {high}{doubt})"
