"""Who is one provider in a quarter: a code of one kind of providers, whatever its column is called.

indicators -> kind of each level of providers   kinds_of_levels
indicators -> who each of their codes is        identities_of
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from varmodel.publish.names import literal
from varmodel.publish.quarter.facts import IndicatorFacts

#: Word in the name of a provider's column -> kind; of two kinds a code is two providers.
_KINDS = {"trust": "trust", "hospital": "trust", "pct": "PCT", "ccg": "CCG", "practice": "practice"}


@dataclass(frozen=True, slots=True)
class Identity:
    """A provider of a quarter.

    Attributes
    ----------
    key : str
        Its code; where providers of two kinds have that code, with the kind: "A1 (PCT)".
    code : str
    kind : str
        Where its code is of another kind too: "trust", "PCT"; empty where the code says who it is.
    """

    key: str
    code: str
    kind: str = ""


def kind_of_level(level: str) -> str:
    """Give the kind of providers that a column's name tells; empty where it tells none."""
    words = level.casefold().replace("-", "_").split("_")
    return next((_KINDS[word] for word in words if word in _KINDS), "")


def kinds_of_levels(indicators: Iterable[IndicatorFacts]) -> dict[str, str]:
    """Find which levels are of one kind of providers.

    Parameters
    ----------
    indicators : iterable of IndicatorFacts
        Their ``level`` is the name of the model's column of providers.

    Returns
    -------
    dict of str to str
        Level -> kind. A level whose name tells no kind is of that with which it has the most
        codes in common; of one of its own where it has none in common with any.
    """
    codes = _codes_by_level(indicators)
    found = {level: kind for level in codes if (kind := kind_of_level(level))}
    held: dict[str, set[str]] = defaultdict(set)
    for level, kind in found.items():
        held[kind] |= codes[level]
    left = [level for level in codes if level not in found]
    while left:
        common = {(x, kind): len(codes[x] & own) for x in left for kind, own in held.items()}
        level, kind = max(common, key=lambda pair: common[pair], default=(left[0], left[0]))
        if not common.get((level, kind)):
            level = kind = left[0]
        found[level] = kind
        held[kind] |= codes[level]
        left.remove(level)
    return found


def identities_of(indicators: Iterable[IndicatorFacts]) -> dict[tuple[str, str], Identity]:
    """Say who each code is.

    Parameters
    ----------
    indicators : iterable of IndicatorFacts

    Returns
    -------
    dict of (str, str) to Identity
        (level, code) -> provider; equal identities are one provider.
    """
    held = tuple(indicators)
    codes, kinds = _codes_by_level(held), kinds_of_levels(held)
    alike: dict[str, set[str]] = defaultdict(set)
    for level, own in codes.items():
        for code in own:
            alike[code].add(kinds[level])
    several = {code for code, of in alike.items() if len(of) > 1}
    return {
        (level, code): Identity(f"{code} ({kinds[level]})", code, kinds[level])
        if code in several
        else Identity(code, code)
        for level, own in codes.items()
        for code in own
    }


def provider_label(one: Identity, name: str) -> str:
    """Write a provider as its code, with its kind where the code is not enough, and its name."""
    return literal(one.key if name in ("", one.code) else f"{one.key} {name}")


def _codes_by_level(indicators: Iterable[IndicatorFacts]) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for of in indicators:
        codes[of.level] |= {own.code for own in of.providers}
    return codes
