"""What the savings of a quarter come to: for each provider, and in all (methods 7, 15).

addends -> sums of each kind of providers (sum_level) -> those of the nation (add_up)

Draws of separate fits are independent. What indicators share is counted once at each provider;
what is displaced is taken off the part of each. The interval of a sum grows with how alike the
indicators' shortfalls are, among providers of one kind: a trust and a PCT share nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.batch.quarter.declared.config import QuarterConfig
from varmodel.batch.quarter.sums.addends import Addend, by_kind, choose_addends
from varmodel.batch.quarter.sums.state import SavingDraws
from varmodel.estimands import summarise
from varmodel.estimands.money import combine, combine_by_provider, net_of_displacement
from varmodel.estimands.money.together import enough_in_common, widen_sum, widened_by
from varmodel.publish.quarter.facts import IndicatorFacts, Interval, Together
from varmodel.publish.quarter.identity import identities_of, kinds_of_levels
from varmodel.publish.wording.sections import together as words
from varmodel.publish.wording.site.written import money_figure
from varmodel.values import Array

#: Providers whose draws are held at once.
_BLOCK = 25

type Members = Mapping[str, Addend]
type CostBases = dict[str, tuple[list[str], pd.Series[float]]]


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What the savings of a quarter come to.

    Attributes
    ----------
    nation : Together or None
        None where there is nothing to add.
    by_provider : mapping of str to Together
    currency : str
    """

    nation: Together | None = None
    by_provider: Mapping[str, Together] = field(default_factory=dict)
    currency: str = ""


@dataclass(slots=True, eq=False)
class LevelSums:
    """Sums over the providers of one kind, in every draw.

    Attributes
    ----------
    said : list of (set of str, str)
        What is assumed of shared and displaced savings: of which indicators, and the sentence.
    alike : mapping of str to float
        Correlation of the shortfalls and mean reliability; empty where they could not be found.
    total, plain : ndarray (chain, draw)
        What is shared counted once, what is displaced taken off; and the plain sum.
    share : mapping of str to ndarray (chain, draw)
        Each indicator's part of the total.
    by_provider : mapping of str to Together
    """

    said: list[tuple[set[str], str]]
    alike: Mapping[str, float]
    total: Array
    plain: Array
    share: dict[str, Array]
    by_provider: dict[str, Together] = field(default_factory=dict)

    def widened(self, count: int) -> float:
        """Give how many times as wide the interval of a sum of so many indicators is."""
        return widened_by(count, **self.alike) if self.alike else 1.0

    def told(self, names: Collection[str], *, otherwise: str = "") -> list[str]:
        """Say what is assumed of a sum of some indicators."""
        said = [x for of, x in self.said if len(of & set(names)) >= min(2, len(of))]
        if len(names) < 2:
            return said
        if not self.alike:
            return [*said, words.NOT_COMPARED]
        wide = self.widened(len(names))
        return [*said, words.alike_words(self.alike["correlation"], wide, otherwise=otherwise)]


def add_up(
    facts: Sequence[IndicatorFacts], savings: Mapping[str, SavingDraws], *, config: QuarterConfig
) -> Sums:
    """Add the savings of a quarter up.

    Parameters
    ----------
    facts : sequence of IndicatorFacts
    savings : mapping of str to SavingDraws
        Of the indicators that have some.
    config : QuarterConfig
        What is shared, what is displaced.

    Returns
    -------
    Sums
    """
    addends = choose_addends(facts, savings, config=config)
    if not addends.held:
        return Sums()
    kinds = kinds_of_levels(facts)
    members = by_kind(addends.held, kinds)
    own = {x.name: kinds[x.level] for x in facts}
    levels = {}
    for kind, held in members.items():
        known = {name: x for name, x in savings.items() if own.get(name) == kind}
        levels[kind] = sum_level(held, bases_of(held, known, config=config), config=config)
    currency = addends.held[0].currency
    doubted = words.doubted_words([config.called[x.name] for x in addends.held if _is_doubted(x)])
    dated = words.years_words(set().union(*(x.price_years for x in addends.held)))
    said = [*_unshared(config, own), *words.left_out_words(addends.left_out), dated, doubted]
    nation = _nation(list(levels.values()), said, currency=currency)
    who = {(kinds[level], code): x.key for (level, code), x in identities_of(facts).items()}
    each = {
        who[kind, code]: found
        for kind, level in levels.items()
        for code, found in level.by_provider.items()
    }
    return Sums(nation, each, currency)


def _unshared(config: QuarterConfig, kinds: Mapping[str, str]) -> Iterator[str]:
    """Say which indicators are declared to share money, and are not of the same providers."""
    titles = config.called
    for shared in config.shared:
        ran = [name for name in shared.indicators if name in kinds]
        if len({kinds[name] for name in ran}) > 1:
            yield words.unshared_words(shared.name, [titles[name] for name in ran])


def _is_doubted(addend: Addend) -> bool:
    return bool(addend.facts.doubts or addend.facts.provisional)


def bases_of(
    members: Members, savings: Mapping[str, SavingDraws], *, config: QuarterConfig
) -> CostBases:
    """Give what each group of indicators shares at every provider of any of them.

    Where the indicator whose cost it is has not a provider, is of other providers altogether, or
    its rate there is not above 0, the largest saving of that provider in any draw stands for it:
    less can hardly be there.
    """
    found: CostBases = {}
    for shared in config.shared:
        names = [name for name in shared.indicators if name in members]
        if len(names) > 1:
            largest = pd.concat([_largest(members[name]) for name in names], axis=1).max(axis=1)
            given = savings.get(shared.cost_base)
            known = largest * 0 if given is None else given.cost_base.to_series().astype(float)
            base = known.reindex(largest.index)
            found[shared.name] = names, base.where(base > 0, largest.clip(lower=1.0))
    return found


def _largest(addend: Addend) -> "pd.Series[float]":
    return addend.savings.saving.max(("chain", "draw")).to_series()


def sum_level(members: Members, bases: CostBases, *, config: QuarterConfig) -> LevelSums:
    """Add up the savings of one kind of providers, some providers at a time."""
    delta: dict[str, float] = {}
    for moved in config.displacement:
        if moved.source in members:
            delta[moved.source] = min(1.0, delta.get(moved.source, 0.0) + moved.delta)
    size = next(iter(members.values())).savings.saving.shape[:2]
    nothing = {name: np.zeros(size) for name in members}
    sums = LevelSums(
        _said(members, bases, config), _alike(members), np.zeros(size), np.zeros(size), nothing
    )
    labels = sorted({x for addend in members.values() for x in addend.labels})
    for start in range(0, len(labels), _BLOCK):
        _add_block(sums, _parts(members, bases, labels[start : start + _BLOCK]), delta)
    return sums


def _said(members: Members, bases: CostBases, config: QuarterConfig) -> list[tuple[set[str], str]]:
    titles = config.called
    said = [
        (set(names), words.shared_words(title, [titles[name] for name in names]))
        for title, (names, _) in bases.items()
    ]
    for moved in config.displacement:
        if moved.source in members:
            pair = titles[moved.source], titles[moved.target]
            said.append(({moved.source}, words.displaced_words(*pair, delta=moved.delta)))
    return said


def _alike(members: Members) -> Mapping[str, float]:
    """Find how alike the shortfalls of the indicators are."""
    effects = {name: x.savings.unshrunken for name, x in members.items()}
    if not enough_in_common(effects):
        return {}
    found = combine({name: x.savings.saving for name, x in members.items()}, effects=effects)
    return {name: found.attrs[name] for name in ("correlation", "mean_reliability")}


def _parts(members: Members, bases: CostBases, labels: list[str]) -> xr.Dataset:
    """Part the savings of some providers among the indicators that have them."""
    savings = {
        name: addend.savings.saving.sel(provider=own)
        for name, addend in members.items()
        if (own := [x for x in labels if x in addend.labels])
    }
    shared = {
        title: (own, base)
        for title, (names, base) in bases.items()
        if (own := [x for x in names if x in savings])
    }
    found = combine_by_provider(savings, shared=shared)
    has = [[x in members[name].labels for name in savings] for x in labels]
    return found.assign_coords(has=(("provider", "indicator"), has))


def _add_block(sums: LevelSums, parts: xr.Dataset, delta: Mapping[str, float]) -> None:
    """Take the sums of some providers, and add them to those of all."""
    names = [str(x) for x in parts["indicator"].to_numpy()]
    net = [_net(parts["share"].sel(indicator=name), delta.get(name, 0.0)) for name in names]
    share = parts["share"].copy(data=np.stack(net, axis=-1))
    total = share.sum("indicator")
    sums.total += total.sum("provider").to_numpy()
    sums.plain += parts["plain_total"].sum("provider").to_numpy()
    for name, part in zip(names, net, strict=True):
        sums.share[name] += part.sum(axis=-1)
    totals, plains, shares = map(_intervals, (total, parts["plain_total"], share))
    for place, label in enumerate(map(str, parts["provider"].to_numpy())):
        own = [name for name, has in zip(names, parts["has"].to_numpy()[place], strict=True) if has]
        sums.by_provider[label] = Together(
            _widen(totals[(label,)], sums.widened(len(own))),
            plains[(label,)],
            {name: shares[label, name] for name in own},
            words.said_of_sum(sums.told(own)),
        )


def _net(share: xr.DataArray, delta: float) -> Array:
    """Take off what a part of the saving causes elsewhere: (chain, draw, provider)."""
    if not delta:
        return share.to_numpy()
    gross = xr.Dataset({"saving": share.drop_vars(["indicator", "has"])})
    return net_of_displacement(gross, delta=delta)["saving"].to_numpy()


def _widen(found: Interval, factor: float) -> Interval:
    """Widen the interval of a saving about its mean."""
    if found.mean is None or found.lower is None or found.upper is None:
        return found
    ends = np.array([found.lower, found.upper])
    lower, upper = widen_sum(ends, mean=found.mean, by=factor).tolist()
    return Interval(found.mean, lower, upper)


def _intervals(draws: xr.DataArray) -> dict[Any, Interval]:
    """Summarise by the labels of the dimensions but chain and draw."""
    ordered = draws.transpose("chain", "draw", ...)
    keys = [str(dim) for dim in ordered.dims[2:]]
    return {
        tuple(str(row[key]) for key in keys): Interval(row["mean"], row["lower"], row["upper"])
        for row in summarise(ordered.rename("x")).to_dict("records")
    }


def _nation(levels: Sequence[LevelSums], said: Sequence[str], *, currency: str) -> Together:
    """Add the kinds of providers up; each is spread out by what its own indicators say."""
    spread = sum(
        widen_sum(x.total, mean=float(x.total.mean()), by=x.widened(len(x.share))) for x in levels
    )
    mean = float(sum(level.total.mean() for level in levels))  # that of the shares
    total = replace(_interval(spread), mean=mean)
    plain = _interval(sum(level.plain for level in levels))
    assumed: list[str] = []
    for level in levels:
        otherwise = _ends(level.total, currency) if len(levels) == 1 else ""
        assumed += level.told(level.share, otherwise=otherwise)
    shares = {name: _interval(x) for level in levels for name, x in level.share.items()}
    return Together(total, plain, shares, words.said_of_sum([*dict.fromkeys(assumed), *said]))


def _interval(draws: Any) -> Interval:
    return _intervals(xr.DataArray(draws, dims=("chain", "draw")))[()]


def _ends(draws: Array, currency: str) -> str:
    return money_figure(_interval(draws), currency=currency).ends
