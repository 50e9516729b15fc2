"""The providers of a made-up nation: who they are, how large, what they send, who merged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from varmodel.frame.simulation.nation.names import draw_names
from varmodel.numerics.streams import generator
from varmodel.values import Array, Index, Mask

TRUST, PCT = "trust", "pct"
SPECIALIST = "specialist"
#: Kind -> letter of its codes.
_LETTERS = {TRUST: "R", PCT: "P"}
#: Kind -> class -> share of the providers, and mean size against the average provider.
_CLASSES = {
    TRUST: {
        "teaching": (0.15, 1.7),
        "large": (0.24, 1.4),
        "medium": (0.26, 0.9),
        "small": (0.25, 0.55),
        SPECIALIST: (0.10, 0.4),
    },
    PCT: {"urban": (0.35, 1.2), "mixed": (0.40, 1.0), "rural": (0.25, 0.75)},
}
_SPECIALTIES = ("specialist_cancer", "specialist_orthopaedic", "specialist_children")
#: Class -> mean deprivation score.
_DEPRIVATION = {"teaching": 28, "urban": 30, "rural": 13, "small": 18, SPECIALIST: 23}
_REGIONS = ("Coast", "Hills", "Midlands", "North", "South")
_SIZE_SD = 0.25
_BEDS, _PEOPLE = 600, 330_000
#: Share of the providers of each kind of gap, at least one where there are enough.
_LATE, _LACKING, _BEGAN, _STOPPED, _MERGED = 0.04, 0.03, 0.01, 0.01, 0.02
#: Fewer providers, or quarters, have no gaps: little could be told of those.
_LEAST_FOR_GAPS = (8, 4)


@dataclass(frozen=True, slots=True)
class Merger:
    """Two providers that became one.

    Attributes
    ----------
    provider : int
        The provider that they became.
    codes, names : pair of str
        Those of the two.
    quarter : int
        The first in which the table has the new code.
    share : float
        The first one's share of the cases before.
    """

    provider: int
    codes: tuple[str, str]
    names: tuple[str, str]
    quarter: int
    share: float


@dataclass(frozen=True, slots=True)
class Absence:
    """Quarters that a provider did not send: (from, to), the last not counted."""

    provider: int
    why: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """The providers of one kind, as they are in the last quarter.

    Attributes
    ----------
    kind : str
        "trust" or "pct".
    codes, names, classes, regions : tuple of str
        By provider, codes in order.
    styles : tuple of str
        The class, a specialist's with its specialty.
    size : ndarray
        Against the average provider, mean about 1.
    deprivation, elderly : ndarray
        Of the people it treats: a score, higher is poorer; per cent who are 65 or older.
    quarters, random_seed : int
        Of the nation.
    gaps : tuple of Absence
        In every table.
    mergers : tuple of Merger
    """

    kind: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    classes: tuple[str, ...]
    regions: tuple[str, ...]
    styles: tuple[str, ...]
    size: Array
    deprivation: Array
    elderly: Array
    quarters: int
    random_seed: int
    gaps: tuple[Absence, ...]
    mergers: tuple[Merger, ...]

    @property
    def specialist(self) -> Mask:
        """Who is of the class that differs."""
        return np.array([name == SPECIALIST for name in self.classes])

    @property
    def successors(self) -> dict[str, str]:
        """Old code -> the code it has now."""
        return {old: self.codes[x.provider] for x in self.mergers for old in x.codes}

    @property
    def sent(self) -> Mask:
        """Whether a provider sent a quarter at all, shape (provider, quarter)."""
        found = np.ones((len(self.codes), self.quarters), dtype=bool)
        for gap in self.gaps:
            found[gap.provider, gap.start : gap.stop] = False
        return found

    def described(self, column: str, *, text: bool) -> npt.NDArray[Any]:
        """Give a column that describes the providers; one that is not known is made up."""
        known: Mapping[str, npt.NDArray[Any]] = {
            "beds": np.rint(_BEDS * self.size).astype(np.int64),
            "catchment_population": np.rint(_PEOPLE * self.size / 100).astype(np.int64) * 100,
            "deprivation_score": self.deprivation,
            "market_forces_factor": _dearness(self.regions),
            "over_65_share": self.elderly,
            "region": np.array(self.regions, dtype=object),
            "trust_type": np.array(self.styles, dtype=object),
        }
        rng = generator(self.random_seed, "nation providers", source_hash=f"{self.kind} {column}")
        if column in known:
            return known[column]
        if text:
            return np.array(self.classes, dtype=object)
        return np.round(rng.normal(50, 15, len(self.codes)), 1)


@dataclass(frozen=True, slots=True, eq=False)
class Nation:
    """All providers of a made-up nation.

    Attributes
    ----------
    registers : mapping of str to Register
        By kind.
    quarters, random_seed : int
    """

    registers: Mapping[str, Register]
    quarters: int
    random_seed: int


def found_nation(*, trusts: int, pcts: int, quarters: int, random_seed: int) -> Nation:
    """Draw the providers of a nation."""
    registers = {
        kind: draw_register(kind, count, quarters=quarters, random_seed=random_seed)
        for kind, count in {TRUST: trusts, PCT: pcts}.items()
    }
    return Nation(registers, quarters, random_seed)


def draw_register(kind: str, count: int, *, quarters: int, random_seed: int) -> Register:
    """Draw the providers of one kind: classes in fixed shares, sizes lognormal about the class.

    Parameters
    ----------
    kind : str
        "trust" or "pct".
    count : int
        How many there are in the last quarter; those that merged are one.
    quarters, random_seed : int
    """
    rng = generator(random_seed, "nation providers", source_hash=kind)
    classes = _draw_classes(kind, count, rng)
    means = np.array([_CLASSES[kind][name][1] for name in classes])
    poverty = np.array([_DEPRIVATION.get(name, 22) for name in classes])
    numbered = [k for k, name in enumerate(classes) if name == SPECIALIST]
    styles = list(classes)
    for turn, k in enumerate(numbered):
        styles[k] = _SPECIALTIES[turn % len(_SPECIALTIES)]
    merging = _merging(classes, quarters, rng)
    names = draw_names([*styles, *(styles[k] for k in merging for _ in range(2))], rng)
    old = [_code(kind, count, number=count + 1 + k) for k in range(2 * len(merging))]
    mergers = [
        Merger(
            provider,
            codes=(old[2 * k], old[2 * k + 1]),
            names=(names[count + 2 * k], names[count + 2 * k + 1]),
            quarter=int(rng.integers(1, quarters)),
            share=float(np.round(rng.uniform(0.35, 0.65), 2)),
        )
        for k, provider in enumerate(merging)
    ]
    return Register(
        kind=kind,
        codes=tuple(_code(kind, count, number=k + 1) for k in range(count)),
        names=tuple(names[:count]),
        classes=tuple(classes),
        regions=tuple(_REGIONS[k] for k in rng.integers(len(_REGIONS), size=count)),
        styles=tuple(styles),
        size=means * np.exp(rng.normal(-(_SIZE_SD**2) / 2, _SIZE_SD, count)),
        deprivation=np.round(np.clip(rng.normal(poverty, 6), 3, 60), 1),
        elderly=np.round(np.clip(rng.normal(21 - poverty / 5, 2), 6, 30), 1),
        quarters=quarters,
        random_seed=random_seed,
        gaps=tuple(_draw_gaps(count, quarters, apart=merging, rng=rng)),
        mergers=tuple(mergers),
    )


def _dearness(regions: Sequence[str]) -> Array:
    """Give what staff and land cost in each region, by the average of all: about 1."""
    order = {name: place for place, name in enumerate(_REGIONS)}
    return np.array([1.0 + 0.06 * (order[name] - 2) for name in regions])


def _code(kind: str, count: int, *, number: int) -> str:
    width = max(2 if kind == TRUST else 3, len(str(count)))
    return f"{_LETTERS[kind]}{number:0{width}d}"


def _draw_classes(kind: str, count: int, rng: np.random.Generator) -> list[str]:
    """Give every class its share of the providers, in a random order."""
    names = list(_CLASSES[kind])
    ends = np.cumsum([share for share, _ in _CLASSES[kind].values()])
    held: Index = np.searchsorted(ends[:-1], (np.arange(count) + 0.5) / count, side="right")
    return [names[k] for k in rng.permutation(held).tolist()]


def _merging(classes: list[str], quarters: int, rng: np.random.Generator) -> list[int]:
    """Choose the trusts that were two once; no specialist and no PCT."""
    able = [k for k, name in enumerate(classes) if name in {"teaching", "large", "medium"}]
    if len(able) < 4 or quarters < 2 or "urban" in classes:
        return []
    wanted = max(1, round(_MERGED * len(classes)))
    return sorted(rng.choice(able, size=wanted, replace=False).tolist())


def _draw_gaps(
    count: int, quarters: int, *, apart: list[int], rng: np.random.Generator
) -> Iterator[Absence]:
    """Choose who is late with the last quarter, lacks one between, began or stopped."""
    if count < _LEAST_FOR_GAPS[0] or quarters < _LEAST_FOR_GAPS[1]:
        return
    free = [k for k in rng.permutation(count).tolist() if k not in apart]
    middle = quarters // 2
    kinds = (
        (_LATE, "late", quarters - 1, quarters),
        (_LACKING, "lacking", middle, middle + 1),
        (_BEGAN, "began", 0, middle),
        (_STOPPED, "stopped", middle, quarters),
    )
    for share, why, start, stop in kinds:
        for _ in range(max(1, round(share * count))):
            yield Absence(free.pop(), why, start, stop)
