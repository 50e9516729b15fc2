"""Dimensions and their options, and the universes that they make."""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn

from varmodel.errors import fail, refuse, show
from varmodel.estimands.money.netted import check_closure, share_ends
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.spec.fields import unknown_key
from varmodel.spec.parts import is_text
from varmodel.studies.universes.plan import with_fields
from varmodel.studies.universes.universe import (
    CLOSURE,
    RELEASABLE,
    RELEASE_FIELDS,
    Universe,
    release_of,
)
from varmodel.texts import has_unsafe
from varmodel.values import is_whole

#: More universes than this are run as a sample only.
MOST_UNIVERSES = 10_000
#: Shares take every subset of the dimensions.
MOST_DIMENSIONS = 12
#: Columns of the table of universes that no dimension may be called.
TAKEN_NAMES = (
    *("universe", "total", "lower", "upper", "rankability", "verdict", "code", "seconds"),
    "rank_correlation",
)
_FIELDS = (*(item.name for item in fields(ModelSpec)), *RELEASE_FIELDS)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """Named choices.

    Attributes
    ----------
    names : tuple of str
    labels : tuple of tuple of str
        Options of each, the base first.
    changes : tuple of tuple of mapping
        What each option changes in the model.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    changes: tuple[tuple[Mapping[str, object], ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of options of each."""
        return tuple(map(len, self.labels))

    @property
    def count(self) -> int:
        """Number of universes in the product."""
        return math.prod(self.sizes)

    def labels_of(self, options: tuple[int, ...]) -> dict[str, str]:
        """Name the options of a universe, by dimension."""
        chosen = zip(self.names, self.labels, options, strict=True)
        return {name: labels[option] for name, labels, option in chosen}

    def universe_of(self, spec: ModelSpec, options: tuple[int, ...]) -> Universe:
        """Make a universe of the base.

        Raises
        ------
        SpecError
            Where the options make no model together.
        """
        merged: dict[str, object] = {}
        for changes, option in zip(self.changes, options, strict=True):
            for name, value in changes[option].items():
                earlier = merged.get(name)
                if name == "priors" and isinstance(value, Mapping) and isinstance(earlier, Mapping):
                    merged[name] = {**earlier, **value}
                else:
                    merged[name] = value
        release: dict[str, Any] = release_of(merged)
        kept = {name: value for name, value in merged.items() if name not in release}
        return Universe(with_fields(spec, kept), **release)


def read_dimensions(given: object) -> Dimensions:
    """Check dimensions: mapping name -> mapping option -> mapping of spec fields.

    Raises
    ------
    SpecError
        CONFIG.VALUE for another structure, a dimension with fewer than two options, a name that
        the results use, and a field that two dimensions would both set.
    """
    if not isinstance(given, Mapping) or not given:
        _deny("dimensions must map names to options, and hold at least one", given)
    if len(given) > MOST_DIMENSIONS:
        _deny(f"at most {MOST_DIMENSIONS} dimensions can be shared out", len(given))
    for name, options in given.items():
        _check_options(name, options)
    _refuse_twice(given)
    return Dimensions(
        tuple(given),
        tuple(tuple(options) for options in given.values()),
        tuple(tuple(options.values()) for options in given.values()),
    )


def _check_options(name: object, options: object) -> None:
    if not _is_label(name):
        _deny("a dimension is named by a text in one line", name)
    if name in TAKEN_NAMES:
        _deny(f"no dimension may be called {show(name)}: the table of universes has it", None)
    if not isinstance(options, Mapping) or len(options) < 2:
        _deny(f"dimension {name!r} needs at least two options, the base first", options)
    for label, changes in options.items():
        if not _is_label(label):
            _deny(f"an option of {name!r} is named by a text in one line", label)
        if not isinstance(changes, Mapping):
            _deny(f"option {label!r} of {name!r} must map fields of the model to values", changes)
        place, unknown = f"{name}.{label}", [key for key in changes if key not in _FIELDS]
        refuse([unknown_key(place, str(key), allowed=_FIELDS) for key in unknown])
        if RELEASABLE in changes:
            share_ends(changes[RELEASABLE])
        if CLOSURE in changes:
            check_closure(changes[CLOSURE])


def _is_label(value: object) -> bool:
    return is_text(value) and bool(value.strip()) and not has_unsafe(value)


def _refuse_twice(given: Mapping[str, Mapping[str, Mapping[str, object]]]) -> None:
    """Refuse a field, or a prior of one parameter, that two dimensions set."""
    owner: dict[str, str] = {}
    for name, options in given.items():
        for field in {place for changes in options.values() for place in _places(changes)}:
            other = owner.setdefault(field, name)
            if other != name:
                _deny(f"dimensions {other!r} and {name!r} both set {field}", None)


def _places(changes: Mapping[str, object]) -> Iterator[str]:
    for name, value in changes.items():
        if name == "priors" and isinstance(value, Mapping):
            yield from (f"priors.{parameter}" for parameter in value)
        else:
            yield str(name)


def _deny(message: str, value: object) -> NoReturn:
    shown = "" if value is None else f", not {show(value)}"
    fix = 'write {"effect": {"normal": {}, "t": {"effect": "student_t"}}, ...}'
    fail("CONFIG.VALUE", message + shown, fix=fix)


def choose_universes(
    dimensions: Dimensions, *, sample: int | None, random_seed: int
) -> tuple[tuple[int, ...], ...]:
    """List the universes that are run, the base first.

    Without a sample all of the product. Else so many: the base, then each option alone about it,
    then others of the product, both in an order drawn by the seed.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a sample that is no whole number of at least 1, and for a product of
        more than 10,000 without one.
    """
    if sample is not None and (not is_whole(sample) or sample < 1):
        fail("CONFIG.VALUE", f"sample must be a whole number of at least 1, not {show(sample)}")
    if sample is None and dimensions.count > MOST_UNIVERSES:
        message = f"the dimensions make {dimensions.count:,} universes"
        fail("CONFIG.VALUE", message, fix="say how many are run: sample=100")
    if sample is None or sample >= dimensions.count:
        return tuple(itertools.product(*map(range, dimensions.sizes)))
    rng = generator(random_seed, "universes")
    alone = options_alone(dimensions)
    first = [alone[k] for k in rng.permutation(len(alone))][: sample - 1]
    chosen = dict.fromkeys([_base(dimensions), *first])
    while len(chosen) < sample:
        chosen.setdefault(tuple(int(rng.integers(size)) for size in dimensions.sizes))
    kept = list(chosen)
    return (kept[0], *sorted(kept[1:]))


def options_alone(dimensions: Dimensions) -> list[tuple[int, ...]]:
    """List the universes that differ from the base in one dimension."""
    base = _base(dimensions)
    return [
        (*base[:place], option, *base[place + 1 :])
        for place, size in enumerate(dimensions.sizes)
        for option in range(1, size)
    ]


def _base(dimensions: Dimensions) -> tuple[int, ...]:
    return (0,) * len(dimensions.names)
