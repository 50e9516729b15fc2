"""Savings without small numbers: of few cases a saving is nearly price times cases.

Where one saving of an indicator is hidden, others that are no smaller are too: else the total less
the others would give it back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from varmodel.publish.disclosure.rounded import last_digit, rounded
from varmodel.publish.quarter.facts import (
    IndicatorFacts,
    Interval,
    ProviderFacts,
    QuarterFacts,
    Together,
)
from varmodel.publish.quarter.identity import identities_of


def savings_shown(
    providers: Sequence[ProviderFacts], *, hidden: Collection[str]
) -> tuple[ProviderFacts, ...]:
    """Hide the savings of providers of few cases, and never one saving alone.

    Parameters
    ----------
    providers : sequence of ProviderFacts
    hidden : set of str
        Codes of those whose number of cases is hidden.

    Returns
    -------
    tuple of ProviderFacts
    """
    first = {p.code for p in providers if p.code in hidden and p.money is not None}
    also = _cover(providers, first) if len(first) == 1 else set()
    return tuple(_with_money(p, hide=p.code in first or p.code in also) for p in providers)


def _cover(providers: Sequence[ProviderFacts], hidden: Collection[str]) -> set[str]:
    """Find who covers a hidden saving: the smallest that is no smaller, else the largest together.

    Of one that is covered by less the total less the others would still tell the order.
    """
    size = sum(_mean(p) for p in providers if p.code in hidden)
    left = [p for p in providers if p.money is not None and p.code not in hidden]
    left.sort(key=lambda p: (_mean(p), p.code))
    if found := next((p for p in left if _mean(p) >= size), None):
        return {found.code}
    covered, codes = 0.0, set[str]()
    while left and (covered < size or not codes):
        covered += _mean(left[-1])
        codes.add(left.pop().code)
    return codes


def _mean(p: ProviderFacts) -> float:
    return 0.0 if p.money is None else p.money.saving.mean or 0.0


def _with_money(p: ProviderFacts, *, hide: bool) -> ProviderFacts:
    if p.money is None:
        return p
    if hide:
        return replace(p, money=None, hidden=tuple(sorted({*p.hidden, "money"})))
    return replace(p, money=replace(p.money, saving=rounded(p.money.saving) or p.money.saving))


def together_shown(
    facts: QuarterFacts, shown: Sequence[IndicatorFacts]
) -> tuple[Together | None, dict[str, Together]]:
    """Round savings taken together, and leave out what holds a hidden one in plain sight.

    Parameters
    ----------
    facts : QuarterFacts
        Before anything is hidden.
    shown : sequence of IndicatorFacts
        After.

    Returns
    -------
    tuple of (Together or None, dict of Together by provider)
        A provider's total stays where what is hidden of it is lost in the rounding of the total.
    """
    hidden = _hidden(facts.indicators, shown)
    nation = None if facts.nation is None else _rounded(facts.nation, leave_out=())
    by_provider = {}
    for key, found in facts.by_provider.items():
        kept = _rounded(found, leave_out=hidden.get(key, ()))
        if not _stands_out(found, hidden.get(key, ())):
            by_provider[key] = kept
    return nation, by_provider


def _hidden(
    before: Sequence[IndicatorFacts], after: Sequence[IndicatorFacts]
) -> dict[str, list[str]]:
    """Name, by provider, the indicators whose saving is hidden."""
    found: dict[str, list[str]] = {}
    who = identities_of(before)
    for x, y in zip(before, after, strict=True):
        kept = {p.code for p in y.providers if p.money is not None}
        for p in x.providers:
            if p.money is not None and p.code not in kept:
                found.setdefault(who[x.level, p.code].key, []).append(x.name)
    return found


def _stands_out(found: Together, names: Sequence[str]) -> bool:
    """Whether what is hidden is more than the last digit of the total."""
    lost = sum(abs(found.shares[name].mean or 0.0) for name in names if name in found.shares)
    return lost > last_digit(found.total.mean) / 2


def _rounded(found: Together, *, leave_out: Sequence[str]) -> Together:
    kept = {name: share for name, share in found.shares.items() if name not in leave_out}
    return replace(
        found,
        total=_money(found.total),
        plain_total=_money(found.plain_total),
        shares=_all_rounded(kept),
    )


def _all_rounded(shares: Mapping[str, Interval]) -> dict[str, Interval]:
    return {name: _money(share) for name, share in shares.items()}


def _money(interval: Interval) -> Interval:
    return rounded(interval) or interval
