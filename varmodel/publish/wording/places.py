"""Places and sides: the top quarter, the middle half, the bottom quarter; above or below."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from varmodel.estimands.ranks.ranking import outer_places

#: How sure it must be that a provider belongs to a place.
SURE = 0.95
TOP, MIDDLE, BOTTOM, UNPLACED = "top quarter", "middle half", "bottom quarter", "not sure"
#: The order in which groups are listed.
GROUPS = (TOP, MIDDLE, BOTTOM, UNPLACED)
#: Each place, and the variable of its probability.
PROBS = {TOP: "prob_top_quarter", MIDDLE: "prob_middle", BOTTOM: "prob_bottom_quarter"}
#: Of fewer providers than this even an exact quarter is told by its number of places.
_FEW = 8

ORDER_NOTE = "Order: expected rank (least squared error)."
#: How sure it must be that a provider lies on one side of a level.
SURE_OF_SIDE = 0.975
SIDES_NOTE = f"Credibly: probability above {SURE_OF_SIDE:.3f} in joint draws.".replace("0.", ".")


def sides_of(level: str, *, better: str) -> tuple[str, str]:
    """Say of the surely good and the surely poor on which side of a level they lie."""
    if better == "neither":
        return f"credibly above {level}", f"credibly below {level}"
    return f"credibly better than {level}", f"credibly worse than {level}"


def placed(ranks: xr.Dataset) -> list[str]:
    """Say of each provider to which place it belongs with probability .95, if to any."""
    probs = np.stack([ranks[name].to_numpy() for name in PROBS.values()])
    likeliest = probs.argmax(axis=0)
    sure = probs.max(axis=0) >= SURE
    names = list(PROBS)
    return [names[k] if yes else UNPLACED for k, yes in zip(likeliest, sure, strict=True)]


def place_names(count: int) -> Mapping[str, str]:
    """Name each group in words that hold for so many providers: "top 2 of 5" is no quarter."""
    if is_quartered(count):
        return {name: name for name in GROUPS}
    outer = outer_places(count)
    ends = {TOP: ("top", outer), MIDDLE: ("middle", count - 2 * outer), BOTTOM: ("bottom", outer)}
    told = {name: f"{word} {size:,} of {count:,}" for name, (word, size) in ends.items()}
    return {**told, UNPLACED: UNPLACED}


def place_titles(count: int) -> Mapping[str, str]:
    """Name each group where there is room for more: "top quarter (18 of 70)", "top 2 of 5"."""
    names = place_names(count)
    if is_quartered(count) or count < _FEW:
        return names
    sizes = {place: names[place].split(" ", 1)[1] for place in PROBS}
    return {**{place: f"{place} ({sizes[place]})" for place in PROBS}, UNPLACED: UNPLACED}


def is_quartered(count: int) -> bool:
    """Whether so many providers have quarters."""
    return count >= _FEW and count % 4 == 0


def places_note(count: int) -> str:
    """Say what the places are where they are no exact quarters."""
    if is_quartered(count):
        return ""
    names = place_names(count)
    told = ", ".join(f"{names[name]} for the {name}" for name in PROBS)
    return f"{count:,} providers have no exact quarters: {told}."


def places_words(count: int) -> str:
    """List the three places, after "in"."""
    top, middle, bottom = (place_titles(count)[place] for place in PROBS)
    return f"the {top}, the {middle} or the {bottom}"
