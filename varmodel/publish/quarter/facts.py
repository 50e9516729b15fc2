"""The facts of a quarter: plain numbers and texts, all that its pages and tables need.

They are small, know no draws, and are kept as JSON: a page can be made again without a fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from varmodel.publish.quarter.intervals import Interval, Moment, Money, NationalMoment, Place
from varmodel.publish.quarter.provenance import Checked, Sampled

__all__ = [
    "Checked",
    "IndicatorFacts",
    "Interval",
    "Moment",
    "Money",
    "NationalMoment",
    "Place",
    "ProviderFacts",
    "QuarterFacts",
    "Refused",
    "Sampled",
    "Together",
]


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """One provider on one indicator.

    Attributes
    ----------
    code, name : str
    observed : float or None
        Crude rate over the table's periods.
    events, cases : float or None
        What it is made of, before any suppression.
    rate : Interval or None
        Adjusted rate; None for an excluded provider without one.
    place, among_peers : Place or None
        Among all, and among providers like it; None where it is not ranked.
    peers : tuple of str
        Codes of the providers like it.
    placed : str
        Quarter that it is surely in, as `ranking.csv` says it; empty where it is not ranked.
    grade : int or None
    money : Money or None
    trend : tuple of Moment
    story : str
        The story behind the number.
    parts : mapping of str to Interval
        The decomposition of its crude difference.
    reason : str
        Why it is shown and not ranked; empty where it is ranked.
    note : str
        What its place must not be read as; empty where nothing is said of it alone.
    hidden : tuple of str
        What the disclosure policy keeps back, by name of the field: it is None for that.
    absent : tuple of str
        Periods of which it has no rows: what stands of them is the model's alone.
    """

    code: str
    name: str
    observed: float | None
    events: float | None
    cases: float | None
    rate: Interval | None
    place: Place | None = None
    among_peers: Place | None = None
    peers: tuple[str, ...] = ()
    placed: str = ""
    grade: int | None = None
    money: Money | None = None
    trend: tuple[Moment, ...] = ()
    story: str = ""
    parts: Mapping[str, Interval] = field(default_factory=dict)
    reason: str = ""
    note: str = ""
    hidden: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndicatorFacts:
    """One indicator.

    Attributes
    ----------
    name, title, group, level, unit, better : str
        `group` is the programme's kind (clinical, prescribing ...), `level` who is ranked: the
        model's provider column (trust, pct ...).
    periods : tuple of str
    headline, verdict : str
        What may be read, in words.
    may_read, may_not_read, caveats : tuple of str
    why : str
        Why the indicator matters.
    rankability : Interval
        Its middle is the posterior median: the figure by which an order is judged.
    persistence : Interval or None
    total, total_flexible : Interval or None
        National saving of its own, and with a flexible shape of effects.
    plug_in : float or None
        What crude rates would claim.
    price : str
        Price a unit, in words, with its source.
    annual : bool
        Whether savings are of a year.
    distinguishable : bool
        Whether providers can be told apart from chance; else nothing is saved by name.
    provisional : str
        Why every figure is provisional; empty where it is not.
    model : str
        The model file.
    digest, source_hash : str
    providers : tuple of ProviderFacts
        In the order of `ranking.csv`: the excluded last.
    scale : float
        What a rate is multiplied by to be in `unit`: all rates here are on the natural scale.
    rate_name : str
        What is compared: "adjusted rate", "adjusted ratio".
    lead : tuple of str
        Sentences below the headline.
    ranked : str
        What a ranking of several periods ranks; empty for one period.
    doubts : str
        Why savings are provisional; empty where they are not.
    lasts : tuple of str
        How much lasts, in words; empty where the table does not tell.
    terms : tuple of (str, str)
        What was priced, against what, at what price: name, words.
    cost : float or None
        What acting costs a provider, in the currency and for the time of the savings.
    peers : str
        Among whom a provider's like are found; empty where the model names no peers.
    national : tuple of NationalMoment
    status : str
        Of the model: draft, published, archived.
    drawn : Sampled or None
        How the draws came about.
    checks : tuple of Checked
        What was checked, for the assurance log.
    currency : str
        Of its price: indicators of a quarter may have several. Empty without savings.
    """

    name: str
    title: str
    group: str
    level: str
    unit: str
    better: str
    periods: tuple[str, ...]
    headline: str
    verdict: str
    may_read: tuple[str, ...]
    may_not_read: tuple[str, ...]
    caveats: tuple[str, ...]
    why: str
    rankability: Interval
    persistence: Interval | None
    total: Interval | None
    total_flexible: Interval | None
    plug_in: float | None
    price: str
    annual: bool
    distinguishable: bool
    provisional: str
    model: str
    digest: str
    source_hash: str
    providers: tuple[ProviderFacts, ...]
    scale: float = 1.0
    rate_name: str = "adjusted rate"
    lead: tuple[str, ...] = ()
    ranked: str = ""
    doubts: str = ""
    lasts: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    cost: float | None = None
    peers: str = ""
    national: tuple[NationalMoment, ...] = ()
    status: str = ""
    drawn: Sampled | None = None
    checks: tuple[Checked, ...] = ()
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """An indicator that was refused, or whose fit failed.

    Attributes
    ----------
    name, title : str
    code, message : str
        As the error says them.
    """

    name: str
    title: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Together:
    """Savings of several indicators taken together.

    Attributes
    ----------
    total, plain_total : Interval
        With what is shared counted once; and the plain sum.
    shares : mapping of str to Interval
        Each indicator's share of the total; they add up to it.
    said : tuple of str
        Sentences: what is taken to be shared, what of the indicators' dependence, what is left out.
    """

    total: Interval
    plain_total: Interval
    shares: Mapping[str, Interval]
    said: tuple[str, ...] = ()

    @property
    def assumption(self) -> str:
        """What is said of it, as a paragraph."""
        return " ".join(self.said)


@dataclass(frozen=True, slots=True)
class QuarterFacts:
    """All indicators of a quarter.

    Attributes
    ----------
    title, period : str
        `period` is the last one of the tables.
    seed : int
    versions : mapping of str to str
    indicators : tuple of IndicatorFacts
        In the order of the configuration.
    refused : tuple of Refused
    nation : Together or None
        Of all indicators with savings in one currency.
    by_provider : mapping of str to Together
        Of each provider, by the key of its identity: its code, where only one kind has it.
    classes : mapping of str to str
        A provider's class (teaching, large, specialist ...) by code; empty where none is known,
        and for a code of two kinds of providers.
    currency : str
        Of the sums, and of an indicator that names none.
    disclosure : str
        Name of the policy that all published counts go through.
    """

    title: str
    period: str
    seed: int
    versions: Mapping[str, str]
    indicators: tuple[IndicatorFacts, ...]
    refused: tuple[Refused, ...]
    nation: Together | None
    by_provider: Mapping[str, Together]
    classes: Mapping[str, str]
    currency: str
    disclosure: str

    def currency_of(self, of: IndicatorFacts) -> str:
        """Give the currency of an indicator's savings."""
        return of.currency or self.currency

    def is_alike(self, of: IndicatorFacts) -> bool:
        """Whether an indicator's savings are in the currency of the sums."""
        return self.currency_of(of) == self.currency
