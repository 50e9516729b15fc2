"""Who has a page: every provider of the quarter with its rows, and the files that pages have."""

from collections.abc import Mapping
from dataclasses import dataclass

from varmodel.publish.names import literal
from varmodel.publish.quarter.facts import IndicatorFacts, ProviderFacts, QuarterFacts
from varmodel.publish.quarter.identity import Identity, identities_of
from varmodel.publish.site.addresses import file_names
from varmodel.publish.wording.site.provider import is_named, short
from varmodel.publish.wording.site.written import Figure95, own_figure

#: What a template is given, by name.
type Shown = dict[str, object]
type Reasons = list[tuple[str, list[tuple[str, str, Figure95]]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider with all that is said of it.

    Attributes
    ----------
    code, name : str
    level : str
        Of the first indicator that has it and whose level tells what it is, else of the first.
    key : str
        Its code; where providers of two kinds have that code, with its kind.
    beside : str
        That kind, "trust" or "PCT"; empty where the code says who it is.
    kind : str
        Its class; empty where none is known.
    file : str
        Of its page, from the root of the site.
    rows : tuple of (IndicatorFacts, ProviderFacts)
        What is surest to be worth its cost first, what is not ranked last.
    """

    code: str
    name: str
    level: str
    key: str
    beside: str
    kind: str
    file: str
    rows: tuple[tuple[IndicatorFacts, ProviderFacts], ...]

    @property
    def label(self) -> str:
        """Its name, or where it has none its code."""
        return self.name or literal(self.code)


@dataclass(frozen=True, slots=True)
class EntryList:
    """Every provider that has a page.

    Attributes
    ----------
    every : tuple of Entry
        In the order of their names.
    found : mapping of (str, str) to Entry
        By level and code.
    """

    every: tuple[Entry, ...]
    found: Mapping[tuple[str, str], Entry]

    def of(self, indicator: IndicatorFacts, code: str) -> Entry:
        """Give who has this code on an indicator."""
        return self.found[indicator.level, code]


def entries_of(facts: QuarterFacts) -> EntryList:
    """Collect the providers of all indicators: of two kinds a code is two providers.

    Parameters
    ----------
    facts : QuarterFacts

    Returns
    -------
    EntryList
    """
    who = identities_of(facts.indicators)
    rows: dict[Identity, list[tuple[IndicatorFacts, ProviderFacts]]] = {}
    for of in facts.indicators:
        for own in of.providers:
            rows.setdefault(who[of.level, own.code], []).append((of, own))
    files = file_names(one.key for one in rows)
    made = {
        one: Entry(
            one.code,
            _name(one.code, held),
            next((of.level for of, _ in held if is_named(of.level)), held[0][0].level),
            one.key,
            one.kind,
            literal(facts.classes.get(one.code, "")),
            f"trust/{files[one.key]}.html",
            tuple(sorted(held, key=_worth)),
        )
        for one, held in rows.items()
    }
    every = sorted(made.values(), key=lambda entry: (entry.label.casefold(), entry.key))
    return EntryList(tuple(every), {place: made[one] for place, one in who.items()})


def unranked_rows(entry: Entry, files: Mapping[str, str]) -> Reasons:
    """Give each reason why a provider is not ranked, with the indicators and its own figures.

    ``files`` are those of the indicators.
    """
    found: dict[str, list[tuple[str, str, Figure95]]] = {}
    for of, own in entry.rows:
        if own.reason:
            told = own_figure(of, own)
            found.setdefault(literal(own.reason), []).append(
                (short(of.title), files[of.name], told)
            )
    return list(found.items())


def indicator_files(facts: QuarterFacts) -> Mapping[str, str]:
    """Give the file of each indicator's page, by its name."""
    made = file_names(of.name for of in facts.indicators)
    return {name: f"indicator/{file}.html" for name, file in made.items()}


def _name(code: str, rows: list[tuple[IndicatorFacts, ProviderFacts]]) -> str:
    """Give the first name that is more than the code."""
    return next((literal(own.name) for _, own in rows if own.name not in (code, "")), "")


def _worth(
    row: tuple[IndicatorFacts, ProviderFacts],
) -> tuple[bool, bool, bool, float, float, str]:
    of, own = row
    prob = None if own.money is None else own.money.prob_worth
    mean = 0.0 if own.money is None else own.money.saving.mean or 0.0
    return bool(own.reason), own.money is None, prob is None, -(prob or 0.0), -mean, of.title
