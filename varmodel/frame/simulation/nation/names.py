"""Names that read like those of trusts and primary care trusts; the places are made up."""

from collections.abc import Sequence

import numpy as np

#: Halves of the names of places; no English trust is called after a place that they make.
_FIRST = (
    *("Aller", "Brack", "Carse", "Dunster", "Elver", "Farra", "Gorse", "Hallow", "Inver", "Jessa"),
    *("Kelder", "Lorn", "Marra", "Nether", "Orrin", "Penna", "Quarr", "Rook", "Saxa", "Thorla"),
    *("Ulver", "Vennor", "Wyver", "Yarrow", "Zeal", "Cinder", "Fenna", "Harra", "Mossa", "Tarra"),
)
_SECOND = (
    *("beck", "brook", "combe", "croft", "dene", "fell", "gate", "holt", "leigh", "mere"),
    *("moor", "ness", "shaw", "stow", "thorpe", "wick"),
)
#: How a provider of a class is called after its place.
_STYLES = {
    "teaching": ("{} University Hospitals NHS Trust", "{} Teaching Hospitals NHS Trust"),
    "large": ("{} Hospitals NHS Trust", "{} and {} Hospitals NHS Trust"),
    "medium": ("{} General Hospitals NHS Trust", "{} Hospitals NHS Trust"),
    "small": ("{} District Hospital NHS Trust", "{} General Hospital NHS Trust"),
    "specialist_cancer": ("{} Cancer Centre NHS Trust",),
    "specialist_orthopaedic": ("{} Orthopaedic Hospital NHS Trust",),
    "specialist_children": ("{} Children's Hospital NHS Trust",),
    "urban": ("{} City PCT", "{} Teaching PCT"),
    "mixed": ("{} PCT", "{} and {} PCT"),
    "rural": ("{} County PCT", "{} Vale PCT"),
}


def draw_names(styles: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Name each provider, no two of one place, as its class is usually named.

    Parameters
    ----------
    styles : sequence of str
        The class of each; a specialist's with its specialty.
    rng : numpy.random.Generator

    Returns
    -------
    list of str
        All different. Beyond the number of made-up places a number follows the place.
    """
    places = [first + second for first in _FIRST for second in _SECOND]
    order = rng.permutation(len(places)).tolist()
    found = []
    for k, style in enumerate(styles):
        forms = _STYLES[style]
        form = forms[int(rng.integers(len(forms)))]
        other = (k + len(order) // 2) % len(order)  # of two places the second may serve again
        found.append(form.format(_place(places, order, at=k), places[order[other]]))
    return found


def _place(places: Sequence[str], order: Sequence[int], *, at: int) -> str:
    """Take a place by its turn; when all are taken, again with a number."""
    turn, which = divmod(at, len(order))
    return places[order[which]] + (f" {turn + 1}" if turn else "")
