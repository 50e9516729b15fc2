"""The story behind the number: why a provider's crude rate is not the nation's, in plain words."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands import decompose, summarise
from varmodel.estimands.variation.decomposition import DECOMPOSED
from varmodel.fits import Fit
from varmodel.numerics.once import once
from varmodel.publish.tables.cells import Row
from varmodel.publish.wording.numbers import unit_factor
from varmodel.spec import ModelSpec

#: The summary of each part, by its name.
type PartRows = dict[str, Row]

#: Each part as the subject of a sentence; whether it is of one or of many.
SUBJECTS = {
    "case_mix": ("The kinds of cases that it treats", False),
    "demography": ("Who its patients are", True),
    "level": ("The group that it belongs to", True),
    "persistent": ("What is its own", True),
    "transient": ("What passed in the time of the table", True),
    "noise": ("Chance", True),
}
#: Each part as the label of a bar.
PART_NAMES = {
    "case_mix": "case mix",
    "demography": "demography",
    "level": "class and levels",
    "persistent": "its own",
    "transient": "what passed",
    "noise": "chance",
}
_PERCENT = " %"
_OWN, _PASSING, _BY_CHANCE = "persistent", "transient", "noise"
#: What is its own is said to last only where what passes has been taken from it.
_LASTING = ("What is its own and lasts", True)


def story_intro(spec: ModelSpec) -> str:
    """Say what the stories take apart, once for all of them."""
    better = f" {spec.better.capitalize()} is better." if spec.better != "neither" else ""
    return (
        "Why the crude rates of those surely at an end are not that of all providers together."
        f"{better} The parts of each add up to its difference. What is a provider's own is all "
        "that no column of the table holds: care, coding, whatever else its patients differ in."
    )


@once(lambda fit: (fit,))
def parts_of(fit: Fit) -> xr.DataArray:
    """Take all crude rates apart, for sentences and pictures alike: see ``decompose``."""
    return decompose(fit)


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
    parts = parts_of(fit)
    return {code: story(parts, code, spec=fit.spec) for code in providers}


def stories_with_parts(fit: Fit) -> Mapping[str, tuple[str, PartRows]]:
    """Write the story of every provider, by code, beside the summary of its parts."""
    parts = parts_of(fit)
    national = float(parts.attrs["national_rate"])
    found: dict[str, PartRows] = {}
    for row in summarise(parts.rename(_PART)).to_dict("records"):
        found.setdefault(str(row["provider"]), {})[str(row["part"])] = row
    unit, factor = fit.spec.unit or "", unit_factor(fit.spec)
    return {
        code: (tell_parts(own, national, unit=unit, factor=factor), own)
        for code, own in found.items()
    }


def story(parts: xr.DataArray, provider: str, *, spec: ModelSpec) -> str:
    """Tell why a provider's crude rate differs from the national one.

    Parameters
    ----------
    parts : xarray.DataArray
        What ``decompose`` gives.
    provider : str
        Its code.
    spec : ModelSpec
        Its unit is the reader's.

    Returns
    -------
    str
        A paragraph. The printed parts add up to the printed difference: the last one, chance, is
        what remains. A part that no draw has is not told. What is its own has its interval.
    """
    codes = [str(code) for code in parts["provider"].to_numpy()]
    if provider not in codes:
        fail(
            "CONFIG.VALUE",
            f"the parts have no provider {show(provider)}; {one_of(provider, codes)}",
        )
    own = parts.sel(provider=provider).rename(_PART)
    rows: PartRows = {str(row["part"]): row for row in summarise(own).to_dict("records")}
    national = float(parts.attrs["national_rate"])
    return tell_parts(rows, national, unit=spec.unit or "", factor=unit_factor(spec))


_PART = "part of the rate"


def tell_parts(parts: PartRows, national: float, *, unit: str, factor: float) -> str:
    """Tell the parts of one provider's difference.

    Parameters
    ----------
    parts : mapping of str to mapping
        Each part's mean, sd, lower, upper and mcse, as ``summarise`` gives them, in the order in
        which they are taken; chance among them.
    national : float
        The crude rate of all together.
    unit : str
        Of the rate, for readers; may be empty.
    factor : float
        What a rate is multiplied by to be in it.

    Returns
    -------
    str
        As :func:`story` writes it.
    """
    mean = {part: factor * row["mean"] for part, row in parts.items()}
    nation, gap = factor * national, float(np.sum(list(mean.values())))
    places = _places([gap, *mean.values()], [factor * row["mcse"] for row in parts.values()])
    crude, nation = round(nation + gap, places), round(nation, places)
    told = [part for part in DECOMPOSED[:-1] if part in parts and is_there(parts[part])]
    rounded = {part: round(float(mean[part]), places) for part in told}
    rounded[_BY_CHANCE] = round(crude - nation - sum(rounded.values()), places)
    words = _Words(unit, places, subjects=_subjects(told))
    sentences = [words.opening(crude=crude, nation=nation)]
    for part, value in rounded.items():
        ends = [factor * float(parts[part][end]) for end in ("lower", "upper")]
        sentences.append(words.part(part, value, ends=ends if part == _OWN else None))
    return " ".join(sentences)


def is_there(part: Row) -> bool:
    """Whether a summarised part is other than 0 in any draw."""
    return bool(part["mean"] != 0 or part["sd"] > 0)


def _subjects(told: Sequence[str]) -> dict[str, tuple[str, bool]]:
    return {**SUBJECTS, _OWN: _LASTING} if _PASSING in told else SUBJECTS


def _places(figures: Sequence[float], errors: Sequence[float]) -> int:
    """Count the decimals: two or three digits of the largest figure, none of error alone."""
    largest = max(map(abs, figures))
    last = math.floor(math.log10(largest / 2)) - 1 if largest > 0 else 0
    error = max(0.0 if math.isnan(error) else error for error in errors)
    if error > 0:
        last = max(last, math.ceil(math.log10(2 * error)))
    return -last


class _Words:
    """Numbers and sentences in the unit of a model."""

    def __init__(self, unit: str, places: int, *, subjects: Mapping[str, tuple[str, bool]]) -> None:
        self.places, self.subjects = places, subjects
        self.unit = f" {unit}" if unit else ""

    def number(self, value: float) -> str:
        """Write a number with the decimals of the paragraph."""
        return f"{round(value, self.places) + 0.0:,.{max(0, self.places)}f}"

    def gap(self, value: float) -> str:
        """Write the size of a difference: between per cents in percentage points."""
        size = self.number(abs(value))
        points = " percentage point" if size == "1" else " percentage points"
        return f"{size}{points if self.unit == _PERCENT else self.unit}"

    def opening(self, *, crude: float, nation: float) -> str:
        """Set the crude rate beside the national one."""
        one, all_ = (f"{self.number(x)}{self.unit}" for x in (crude, nation))
        if crude == nation:
            return f"Its crude rate is {one}, the same as that of all providers together."
        side = "more" if crude > nation else "less"
        gap = self.gap(crude - nation)
        return f"Its crude rate is {one}, that of all providers together {all_}: {gap} {side}."

    def part(self, part: str, value: float, *, ends: Sequence[float] | None) -> str:
        """Tell which way one part moves the rate, and how far."""
        subject, single = self.subjects[part]
        s = "s" if single else ""
        if value == 0:
            said = f"{subject} hardly move{s} the rate"
        else:
            verb = "add" if value > 0 else "take"
            away = "" if value > 0 else " away"
            said = f"{subject} {verb}{s}{away} {self.gap(value)}"
        return f"{said}{self._between(ends)}."

    def _between(self, ends: Sequence[float] | None) -> str:
        """Give the interval as sizes, the smaller first, in the direction that was told."""
        if ends is None:
            return ""
        low, high = (self.number(abs(end)) for end in sorted(ends, key=abs))
        if ends[0] < 0 < ends[1]:
            away, added = (self.number(abs(end)) for end in ends)
            return f" (95 % interval from {away} taken away to {added} added: it may be nothing)"
        return f" (95 % interval {low} to {high})"
