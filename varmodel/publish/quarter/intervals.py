"""Figures that are never published alone: each with its interval, a place with how many there are.

They are plain numbers: what a page, a table and a file of a quarter hold of one figure.
"""

from dataclasses import dataclass


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
        Shares of the variance that come from the price and from the statistics; they add up to 1,
        and both are 0 where the saving does not vary.
    named : bool
        Whether the saving is credible, so that it may be quoted by name; else it may be nothing.
    """

    saving: Interval
    prob_worth: float | None
    price_share: float
    statistics_share: float
    named: bool = True


@dataclass(frozen=True, slots=True)
class NationalMoment:
    """All providers in one period.

    Attributes
    ----------
    period : str
    rate : Interval
        Mean of their adjusted rates of that period.
    low, high : float
        Between them lies the middle half of the providers, in the mean over joint draws.
    """

    period: str
    rate: Interval
    low: float
    high: float
