"""Which savings of a quarter can be added up, and why the others cannot (methods 7, 15)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from varmodel.batch.quarter.declared.config import QuarterConfig
from varmodel.batch.quarter.sums.state import SavingDraws
from varmodel.publish.quarter.facts import IndicatorFacts
from varmodel.publish.wording.sections import together as words


@dataclass(frozen=True, slots=True, eq=False)
class Addend:
    """An indicator whose savings are added."""

    facts: IndicatorFacts
    savings: SavingDraws

    @property
    def name(self) -> str:
        """The indicator's name."""
        return self.facts.name

    @property
    def currency(self) -> str:
        """The currency of its price."""
        return str(self.savings.saving.attrs.get("units", ""))

    @property
    def price_years(self) -> set[int]:
        """The year of its price, where it states one."""
        year = self.savings.saving.attrs.get("price_year")
        return set() if year is None else {int(year)}

    @property
    def labels(self) -> set[str]:
        """The codes of its providers."""
        return set(map(str, self.savings.saving["provider"].to_numpy()))


@dataclass(frozen=True, slots=True, eq=False)
class Addends:
    """What is added, and what is not.

    Attributes
    ----------
    held : tuple of Addend
    left_out : mapping of str to list of str
        Reason -> titles.
    """

    held: tuple[Addend, ...]
    left_out: Mapping[str, list[str]]


def choose_addends(
    facts: Sequence[IndicatorFacts], savings: Mapping[str, SavingDraws], *, config: QuarterConfig
) -> Addends:
    """Choose those that are told from chance, of one currency and one length of time.

    A nil indicator has an upper end and no saving to add. Of currencies and lengths of time the
    commonest is taken.
    """
    given = [Addend(x, savings[x.name]) for x in facts if x.name in savings]
    left: dict[str, list[str]] = {}
    held = _part(given, [x.facts.distinguishable for x in given], words.NIL_OUT, left)
    if held:
        currency = Counter(x.currency for x in held).most_common(1)[0][0]
        same = [x.currency == currency for x in held]
        held = _part(held, same, words.other_currency(currency), left)
        annual = Counter(x.facts.annual for x in held).most_common(1)[0][0]
        same = [x.facts.annual == annual for x in held]
        held = _part(held, same, words.other_time(annual=annual), left)
        bases = {x.name for x in given if (x.currency, x.facts.annual) == (currency, annual)}
        unknown = _without_base(config, bases, {x.name for x in held})
        held = _part(held, [x.name not in unknown for x in held], words.BASE_OUT, left)
    titles = config.called
    return Addends(tuple(held), {why: [titles[x] for x in names] for why, names in left.items()})


def by_kind(addends: Sequence[Addend], kinds: Mapping[str, str]) -> dict[str, dict[str, Addend]]:
    """Part indicators by the kind of their providers: kind -> name -> addend.

    A code is one provider of a kind, whatever its column is called, and has one total.
    """
    found: dict[str, dict[str, Addend]] = {}
    for x in addends:
        found.setdefault(kinds[x.facts.level], {})[x.name] = x
    return found


def _part(
    addends: Sequence[Addend], kept: Sequence[bool], reason: str, left: dict[str, list[str]]
) -> list[Addend]:
    """Keep some, and note the names of the others with the reason."""
    out = [x.name for x, stays in zip(addends, kept, strict=True) if not stays]
    if out:
        left[reason] = out
    return [x for x, stays in zip(addends, kept, strict=True) if stays]


def _without_base(config: QuarterConfig, bases: set[str], held: set[str]) -> set[str]:
    """Name those that share money with another where nobody knows how much there is.

    ``bases`` are the indicators whose cost is of the sum's currency and length of time.
    """
    return {
        name
        for shared in config.shared
        if shared.cost_base not in bases and len(held & set(shared.indicators)) > 1
        for name in shared.indicators
    }
