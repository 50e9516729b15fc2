"""Whom the providers of a made-up nation treat: levels of a column, and who has more of which."""

import itertools
import math
from collections.abc import Mapping

import numpy as np

from varmodel.frame.simulation.layout import Levels, levels_of
from varmodel.frame.simulation.nation.register import Register
from varmodel.numerics.streams import generator
from varmodel.spec import Interaction, ModelSpec
from varmodel.values import Array

#: Column -> level -> its share of all cases; levels in the order of their texts.
_KNOWN: Mapping[str, Mapping[str, float]] = {
    "age_band": {"0-15": 0.12, "16-44": 0.28, "45-64": 0.26, "65-74": 0.16, "75+": 0.18},
    "sex": {"F": 0.53, "M": 0.47},
    "deprivation_fifth": {"1": 0.18, "2": 0.19, "3": 0.2, "4": 0.21, "5": 0.22},
    "admission_type": {"elective": 0.45, "emergency": 0.45, "maternity": 0.1},
    "visit": {"first": 0.35, "follow-up": 0.65},
    "specialty": {
        "cardiology": 0.08,
        "gynaecology": 0.1,
        "medicine": 0.22,
        "ophthalmology": 0.12,
        "orthopaedics": 0.16,
        "paediatrics": 0.1,
        "surgery": 0.15,
        "urology": 0.07,
    },
    "staff_group": {
        "administrative": 0.2,
        "doctors": 0.12,
        "nurses": 0.38,
        "scientists": 0.1,
        "support": 0.2,
    },
    "category": {"consumables": 0.4, "equipment": 0.15, "implants": 0.2, "office": 0.25},
    "service": {"district nursing": 0.6, "health visiting": 0.25, "school nursing": 0.15},
    "setting": {"community hospital": 0.4, "home": 0.6},
    "detained": {"no": 0.7, "yes": 0.3},
}
#: Column -> what is known of the providers that says who has more of its later levels.
_LED_BY = {
    "deprivation_fifth": "deprivation_score",
    "age_band": "over_65_share",
    "age": "over_65_share",
}
#: How strongly: sd over providers of the log odds of one level against the one before.
_LED, _OWN, _BY_CLASS = 0.35, 0.12, 0.3
#: Combinations of levels in a table at most, where no interaction needs more: enough for every
#: term, and few enough for thirty indicators to be run in minutes.
_STRATA = 30


def levels_for(spec: ModelSpec) -> Levels:
    """Choose the levels of the model's columns: those that are known, else small defaults."""
    found = levels_of(spec, ())
    return {name: tuple(_KNOWN.get(name, dict.fromkeys(found[name]))) for name in found}


def strata_for(
    spec: ModelSpec, levels: Levels, *, rng: np.random.Generator
) -> tuple[tuple[object, ...], ...]:
    """Combine the levels: all combinations, or some in which each level is as frequent.

    Of columns of one interaction each combination is, so that its terms can be told apart.
    """
    names = list(levels)
    if math.prod(len(values) for values in levels.values()) <= _STRATA:
        return tuple(itertools.product(*levels.values()))
    together = [
        list(itertools.product(*(range(len(levels[name])) for name in group)))
        for group in _joined(spec, names)
    ]
    count = max(_STRATA, *map(len, together))
    drawn = [rng.permutation(np.resize(np.arange(len(each)), count)) for each in together]
    codes = np.concatenate(
        [np.array(each)[turn] for each, turn in zip(together, drawn, strict=True)], axis=1
    )
    order = [name for group in _joined(spec, names) for name in group]
    unique = np.unique(codes[:, [order.index(name) for name in names]], axis=0)
    return tuple(
        tuple(levels[name][k] for name, k in zip(names, row, strict=True))
        for row in unique.tolist()
    )


def _joined(spec: ModelSpec, names: list[str]) -> list[list[str]]:
    """Group the columns that interactions join; each other column stands alone."""
    groups = [[name] for name in names]
    for term in spec.terms:
        if isinstance(term, Interaction):
            hit = [group for group in groups if set(group) & set(term.columns)]
            joined = [name for group in hit for name in group]
            groups = [*(group for group in groups if group not in hit), joined]
    return groups


def mix_of(register: Register, levels: Levels, *, strata: tuple[tuple[object, ...], ...]) -> Array:
    """Give each provider's shares of the strata, shape (provider, stratum).

    What a provider has of a column is the same in the tables of all indicators.
    """
    log_share = np.zeros((len(register.codes), len(strata)))
    for place, (column, values) in enumerate(levels.items()):
        common = np.array([_KNOWN.get(column, {}).get(str(value), 1.0) for value in values])
        rank = np.arange(len(values)) - (len(values) - 1) / 2
        by_level = np.log(common) + np.outer(_tilt(register, column), rank)
        codes = {value: k for k, value in enumerate(values)}
        log_share += by_level[:, [codes[stratum[place]] for stratum in strata]]
    share = np.exp(log_share)
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _tilt(register: Register, column: str) -> Array:
    """Say how much more of each next level a provider has than the nation."""
    key = f"{register.kind} {column}"
    rng = generator(register.random_seed, "nation case mix", source_hash=key)
    count = len(register.codes)
    own = _OWN * rng.standard_normal(count)
    if column in _LED_BY:
        leading = register.described(_LED_BY[column], text=False)
        spread = np.std(leading) or 1.0
        return np.asarray(own + _LED * (leading - np.mean(leading)) / spread)
    classes = sorted(set(register.styles))
    shift = dict(zip(classes, _BY_CLASS * rng.standard_normal(len(classes)), strict=True))
    return np.asarray(own + np.array([shift[style] for style in register.styles]))
