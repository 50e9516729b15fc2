"""The first sentences of a provider's page, and the words of its rows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from varmodel.publish.quarter.facts import IndicatorFacts, Money, ProviderFacts, Together
from varmodel.publish.quarter.identity import kind_of_level
from varmodel.publish.wording.money import GROSS
from varmodel.publish.wording.numbers import counted_in_words
from varmodel.publish.wording.periods.annual import OVER_TABLE
from varmodel.publish.wording.places import BOTTOM, MIDDLE, SURE, TOP, place_titles
from varmodel.publish.wording.site.written import (
    KEPT_BACK,
    amount_text,
    money_figure,
    percent_text,
)

type RowsOfOne = Sequence[tuple[IndicatorFacts, ProviderFacts]]

#: What providers of a level, or of its kind, are called, one and many.
_CALLED = {
    "trust": ("trust", "trusts"),
    "PCT": ("PCT", "PCTs"),
    "CCG": ("CCG", "CCGs"),
    "hospital": ("hospital", "hospitals"),
    "practice": ("practice", "practices"),
}
_UNNAMED = ("provider", "providers")
#: So many indicators are named in a sentence, and no more.
_NAMED = 5
NO_DIFFERENCE = "no difference shown"
NOT_PLACED = "cannot be placed"
UNRANKED = "shown, not ranked"
MAY_BE_NOTHING = "may be nothing"
SMALL_OR_UNSURE = "too small or too unsure to be named:"
NOTHING_TO_SAVE = "nothing to save here"


def called(level: str, *, many: bool = True) -> str:
    """Call the providers of a level by a word that a reader knows."""
    return (_CALLED.get(level) or _CALLED.get(kind_of_level(level), _UNNAMED))[many]


def is_named(level: str) -> bool:
    """Whether the name of a level tells what its providers are."""
    return called(level) != called("")


def short(title: str) -> str:
    """Give the first part of a title, before its colon."""
    return title.partition(":")[0].strip() or title


def short_each(titles: Mapping[str, str]) -> dict[str, str]:
    """Give the first part of each title, by name; the whole where two begin so."""
    first = {name: short(title) for name, title in titles.items()}
    often = Counter(first.values())
    return {name: titles[name] if often[text] > 1 else text for name, text in first.items()}


def status(of: IndicatorFacts, own: ProviderFacts) -> str:
    """Say in a few words what is sure of a place: a row's headline."""
    if own.reason:
        return UNRANKED
    if own.place is None:
        return ""
    if not of.distinguishable:
        return NO_DIFFERENCE
    if own.placed in (TOP, MIDDLE, BOTTOM):
        return place_titles(own.place.among)[own.placed]
    return NOT_PLACED


def lead_of(rows: RowsOfOne, *, level: str, currency: str) -> list[str]:
    """Say first what is sure of a provider, then what it could save.

    Parameters
    ----------
    rows : sequence of (IndicatorFacts, ProviderFacts)
        Its indicators.
    level : str
        As the models name it.
    currency : str

    Returns
    -------
    list of str
        Sentences. "Sure" is a probability of .95 or more; an indicator whose providers are not
        told apart counts on neither side.
    """
    first = _places(rows, called(level, many=False))
    return [*first, _largest(rows, currency)] if any(own.money for _, own in rows) else first


def _places(rows: RowsOfOne, who: str) -> list[str]:
    ranked = [(of, own) for of, own in rows if own.place is not None and not own.reason]
    if not ranked:
        return [f"This {who} is shown and not ranked, on {_many(len(rows), 'indicator')}."]
    told: Mapping[str, list[str]] = {place: [] for place in (TOP, MIDDLE, BOTTOM)}
    for of, own in ranked:
        if own.placed in told and of.distinguishable and not of.provisional:
            told[own.placed].append(short(of.title))
    return [_at_ends(told, who, len(ranked)), *_rest(told, [of for of, _ in ranked])]


def _at_ends(told: Mapping[str, Sequence[str]], who: str, count: int) -> str:
    """Say on how many of its indicators a provider is surely in an outer quarter."""
    ends = [
        f"{word} quarter on {_listed(told[place])}"
        for place, word in ((TOP, "in the top"), (BOTTOM, "in the bottom"))
        if told[place]
    ]
    if ends:
        return f"Of {_many(count, 'indicator')}, this {who} is surely {' and '.join(ends)}."
    if count == 1:
        return f"On its one indicator this {who} is in neither outer quarter for sure."
    return f"On none of its {count} indicators is this {who} surely in the top or bottom quarter."


def _rest(told: Mapping[str, Sequence[str]], ranked: Sequence[IndicatorFacts]) -> list[str]:
    """Say where it is on the others, as far as that is known."""
    middle = len(told[MIDDLE])
    provisional = sum(bool(of.provisional) for of in ranked)
    alike = sum(not (of.distinguishable or of.provisional) for of in ranked)
    unknown = len(ranked) - sum(map(len, told.values())) - alike - provisional
    held = {
        "it is surely in the middle half": middle,
        "it cannot be placed": unknown,
        "no difference between providers is shown": alike,
        "all figures are provisional": provisional,
    }
    parts = [_where(number, len(ranked), words) for words, number in held.items() if number]
    said = "; ".join(parts)
    return [f"{said[0].upper()}{said[1:]}."] if said else []


def _where(number: int, of: int, words: str) -> str:
    """Say what holds on so many of its indicators; of one alone the sentence before says where."""
    if of == 1:
        return words
    return f"on {'all of them' if number == of else counted_in_words(number)} {words}"


def _listed(titles: Sequence[str]) -> str:
    """Count indicators, and name the first of them."""
    more = f", and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    return f"{counted_in_words(len(titles))} ({'; '.join(titles[:_NAMED])}{more})"


def _many(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _largest(rows: RowsOfOne, currency: str) -> str:
    """Name the largest saving that is surely worth its cost; without costs, that is credible.

    One that is provisional is not held up.
    """
    named = [(of, own.money) for of, own in rows if own.money is not None and own.money.named]
    costed = any(own.money is not None and own.money.prob_worth is not None for _, own in rows)
    known = [(of, m) for of, m in named if _is_worth(m, costed=costed)]
    sure = [(of, m) for of, m in known if not (of.provisional or of.doubts)]
    if not sure and known:
        return ALL_PROVISIONAL
    if not sure:
        return NO_SAVING_WORTH if costed else NO_SAVING_NAMED
    of, best = max(sure, key=lambda pair: (_in(pair[0], currency), pair[1].saving.mean or 0.0))
    worth = "that is surely worth the cost of acting" if costed else "that is credible"
    year = "a year" if of.annual else OVER_TABLE
    figure = money_figure(best.saving, currency=of.currency or currency)
    text = f"{figure.value} {year} (95\u00a0% interval {figure.ends})"
    return f"The largest saving {worth} is on {short(of.title)}: {text}. {GROSS}"


def _is_worth(saving: Money, *, costed: bool) -> bool:
    """Whether a saving is surely above its cost; of one without a cost nobody knows."""
    return not costed if saving.prob_worth is None else saving.prob_worth >= SURE


def _in(of: IndicatorFacts, currency: str) -> bool:
    return of.currency in ("", currency)


NO_SAVING_WORTH = "None of its savings is surely worth the cost of acting."
ALL_PROVISIONAL = (
    "None of its savings can be relied on: the figures of those that stand out are provisional."
)
NO_SAVING_NAMED = "None of its savings is credible enough to be named."


def order_note(rows: RowsOfOne) -> str:
    """Say in what order the rows of a provider stand."""
    probs = [own.money.prob_worth for _, own in rows if own.money is not None]
    if not probs:
        return BY_TITLE
    if all(prob is None for prob in probs):
        return BY_SAVING
    return f"{BY_WORTH} {UNCOSTED}" if None in probs else BY_WORTH


BY_WORTH = "In the order of the probability that the saving exceeds what acting costs."
UNCOSTED = "Those whose cost of acting nobody has stated come after these."
BY_SAVING = "In the order of the mean saving, the largest first."
BY_TITLE = "In the order of their titles."


def without_saving(of: IndicatorFacts, own: ProviderFacts) -> str:
    """Say why a row has no saving."""
    if "money" in own.hidden:
        return KEPT_BACK
    return no_saving(of) if of.total is None else NOBODY_NAMED


def no_saving(of: IndicatorFacts) -> str:
    """Say why an indicator has no saving, as far as its facts tell."""
    if of.better == "neither":
        return NEITHER
    return NO_PRICE if not of.price else NO_SAVING


NEITHER, NO_PRICE = "no saving: neither direction is better", "no saving: no price is stated"
NO_SAVING, NOBODY_NAMED = "no saving: no benchmark or no activity", "no saving is named"


def saving_note(saving: Money, *, currency: str) -> str:
    """Say of a saving that may not be named how far it may go; empty where it may be."""
    if saving.named or saving.saving.upper is None:
        return ""
    if saving.saving.upper <= 0:
        return NOTHING_TO_SAVE
    what = SMALL_OR_UNSURE if (saving.saving.lower or 0.0) > 0 else f"{MAY_BE_NOTHING}, or"
    return f"{what} up to {amount_text(saving.saving.upper, currency=currency)}"


def not_in_total(rows: RowsOfOne, together: Together) -> str:
    """Name the savings of a provider that are not in its total; empty where all are."""
    out = [
        short(of.title)
        for of, own in rows
        if own.money is not None and of.name not in together.shares
    ]
    return f"Not in it: {'; '.join(out)}." if out else ""


TOTAL_MADE = "What is shared is counted once, and what is spent again is taken off."


def cost_words(of: IndicatorFacts, *, currency: str) -> str:
    """Say what acting costs; empty where nobody has said."""
    return "" if of.cost is None else amount_text(of.cost, currency=currency)


def split_words(saving: Money) -> str:
    """Say what the uncertainty of a saving comes from."""
    price, rates = map(percent_text, (saving.price_share, saving.statistics_share))
    return f"{price} price, {rates} rates"


def not_read(rows: RowsOfOne, *, together: bool) -> list[str]:
    """List what a provider's page must not be read as, as far as it has such figures.

    ``together`` says whether the page has a total of all its savings.
    """
    found = [NO_VERDICT]
    if any(own.place is not None for _, own in rows):
        found += NO_PLACE
    if any(own.money is not None for _, own in rows):
        found += [NO_CASH, f"{NO_SUM} {COUNTED_ONCE}" if together else NO_SUM]
    if any(own.reason for _, own in rows):
        found.append(NO_NEIGHBOUR)
    return found


NO_VERDICT = "A verdict on the care that it gives: no figure here is one."
NO_PLACE = (
    "An exact place, or a place ahead of a neighbour: read the interval from end to end.",
    "Bad care where it stands in the bottom quarter, or good care in the top one.",
)
NO_CASH = "Cash, or a target: a saving is gross, at average cost, and frees no money by itself."
NO_SUM = "Savings to be added up: some of them are the same money."
COUNTED_ONCE = "The total above counts that once."
NO_NEIGHBOUR = "A comparison, where it is shown and not ranked: such a rate stands alone."
