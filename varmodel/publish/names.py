"""Names of providers and columns as a reader sees them: literally, on one line.

Those of providers are no longer than there is room.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence

from varmodel.spec.rules import LOG_VOLUME

LONGEST = 28
_ORDER = {
    "\u061c",
    "\u200e",
    "\u200f",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
}
_CONTROL = {"Cc", "Cs", "Zl", "Zp"}


def literal(text: str) -> str:
    """Show what would break the line or turn its direction as a replacement mark."""
    return "".join(
        "\ufffd" if sign in _ORDER or unicodedata.category(sign) in _CONTROL else sign
        for sign in text
    )


def in_words(column: str) -> str:
    """Write the name of a column as words: age_band is age band."""
    words = "volume" if column == LOG_VOLUME else " ".join(column.replace("_", " ").split())
    return literal(words or column)


def shorten(text: str, most: int = LONGEST) -> str:
    """Cut a text that is too long, and say so by an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\u2026"


def shown_names(labels: Sequence[str], names: Sequence[str] | None = None) -> list[str]:
    """Write each provider as its code, with its name where there is one.

    Two that would be cut to the same text keep their ends instead of their middles.
    """
    names = labels if names is None else names
    whole = [
        literal(label if label == name else f"{label} {name}")
        for label, name in zip(labels, names, strict=True)
    ]
    short = [shorten(text) for text in whole]
    often = Counter(short)
    return [
        _ends(text) if often[cut] > 1 and len(text) > LONGEST else cut
        for text, cut in zip(whole, short, strict=True)
    ]


def _ends(text: str) -> str:
    half = LONGEST // 2
    return f"{text[: half - 1].rstrip()}\u2026{text[-half:].lstrip()}"
