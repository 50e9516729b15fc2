"""Keys: what a label may look like, and which labels cannot stand side by side."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

#: Cyrillic and Greek letters, each above the Latin letter that it looks like.
_STRANGE = "АВЕЅІЈКМНОРСТУХԚԜаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυχ"
_LATIN = "ABESIJKMHOPCTYXQWaesijopcyxhdqwABEZHIKMNOPTYXaivopux"
_LOOKS_LATIN = str.maketrans(_STRANGE, _LATIN)


def twins(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Find labels that a reader takes for one.

    Two labels are twins where they are equal after NFKC, without format characters, case and
    outer blanks aside, or after that with Cyrillic and Greek letters read as the Latin ones
    that they look like. O and 0, I and 1 are different: real codes hold both.
    """
    listed = list(labels)
    found = _equal(listed, _fold) + _equal(listed, _fold_latin)
    return list(dict.fromkeys(found))


def shared(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Find the firsts that stand with more than one second."""
    seconds: dict[str, set[str]] = defaultdict(set)
    for first, second in pairs:
        seconds[first].add(second)
    return {first: tuple(sorted(texts)) for first, texts in seconds.items() if len(texts) > 1}


def _equal(labels: Sequence[str], fold: Callable[[str], str]) -> list[tuple[str, ...]]:
    folded = shared((fold(label), label) for label in labels)
    return [folded[key] for key in sorted(folded)]


def _fold(text: str) -> str:
    if text.isascii():
        return text.casefold().strip()
    visible = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if unicodedata.category(letter) != "Cf"
    )
    return unicodedata.normalize("NFKC", visible.casefold()).strip()


def _fold_latin(text: str) -> str:
    return _fold(unicodedata.normalize("NFKC", text).translate(_LOOKS_LATIN))
