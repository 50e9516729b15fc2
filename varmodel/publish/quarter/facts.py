"""The facts of a quarter: plain numbers and texts, all that its pages and tables need.

They are small, know no draws, and are kept as JSON: a page can be made again without a fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its uncertainty.

    Attributes
    ----------
    mean : float or None
        Posterior mean; None where only an upper end is published.
    lower, upper : float or None
        Ends of the 95 % interval.
    """

    mean: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an order, with its 95 % interval; 1 is best.

    Attributes
    ----------
    expected : float
    lower, upper : int
    among : int
        How many are ranked.
    """

    expected: float
    lower: int
    upper: int
    among: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A provider in one period.

    Attributes
    ----------
    period : str
    observed : float or None
        Crude rate.
    rate : Interval
        Adjusted rate of that period.
    national : float
        Mean of all providers' adjusted rates.
    """

    period: str
    observed: float | None
    rate: Interval
    national: float


@dataclass(frozen=True, slots=True)
class Money:
    """What a provider would free at the benchmark.

    Attributes
    ----------
    saving : Interval
        In the model's currency.
    prob_worth : float or None
        Probability that it exceeds the cost of acting; None where no cost is stated.
    price_share, statistics_share : float
        Shares of the variance that come from the price and from the statistics; they add up to 1.
    """

    saving: Interval
    prob_worth: float | None
    price_share: float
    statistics_share: float


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
    assumption : str
        What is taken to be shared, and what of the indicators' dependence.
    """

    total: Interval
    plain_total: Interval
    shares: Mapping[str, Interval]
    assumption: str


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
        Of each provider, by code.
    classes : mapping of str to str
        A provider's class (teaching, large, specialist ...) by code; empty where none is known.
    currency : str
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
