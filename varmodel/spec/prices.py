"""The price of one unit of opportunity: what is declared of it (methods 7)."""

import math
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import cast

from varmodel.errors import Problem, refuse
from varmodel.spec.parts import A_TEXT, bad, is_text, optional_text_problems
from varmodel.spec.terms import column_problems
from varmodel.values import is_number


@dataclass(frozen=True, slots=True)
class UnitCost:
    """The price of one unit of opportunity: a PERT distribution, or a constant (methods 7).

    Parameters
    ----------
    low, mode, high : float
        Currency per event of the numerator (per unit of value for measurements);
        ``low <= mode <= high``. One price is drawn per posterior draw, for all providers.
    currency : str
        ISO code.
    price_year : int, optional
        Year of the prices.
    source : str, optional
        Where the figure stands.

    Raises
    ------
    SpecError
        CONFIG.VALUE where the three are not finite, not ordered, or negative.
    """

    low: float = field(default=cast(float, None), metadata={"required": True})
    mode: float = field(default=cast(float, None), metadata={"required": True})
    high: float = field(default=cast(float, None), metadata={"required": True})
    currency: str = "GBP"
    price_year: int | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())
        for name in ("low", "mode", "high"):
            object.__setattr__(self, name, float(getattr(self, name)))

    def _problems(self) -> list[Problem]:
        prices = (self.low, self.mode, self.high)
        found = []
        if None in prices:
            message = "a price is low, mode and high, as UnitCost(100, 150, 200)"
            fix = "name all three, or give one number for a price that is known"
            found.append(bad("unit_cost", message, value=prices, fix=fix))
        elif not all(map(is_number, prices)):
            found.append(bad("unit_cost", "a price must be a finite number", value=prices))
        elif not 0 <= self.low <= self.mode <= self.high:
            found.append(bad("unit_cost", "a price needs 0 <= low <= mode <= high", value=prices))
        return found + label_problems(self.currency, self.price_year, source=self.source)

    @property
    def mean(self) -> float:
        """Mean of the PERT distribution: (low + 4 mode + high) / 6."""
        return (self.low + 4 * self.mode + self.high) / 6


@dataclass(frozen=True, slots=True)
class LognormalCost:
    """The price of one unit of opportunity where its mean and sd are known (methods 7).

    Reference costs are often given so; prices are skewed and never below 0.

    Parameters
    ----------
    mean, sd : float
        Currency per event of the numerator (per unit of value for measurements), both above 0.
        One price is drawn per posterior draw, for all providers.
    currency : str
        ISO code.
    price_year : int, optional
        Year of the prices.
    source : str, optional
        Where the figure stands.

    Raises
    ------
    SpecError
        CONFIG.VALUE where mean or sd is no number above 0.
    """

    mean: float
    sd: float
    currency: str = "GBP"
    price_year: int | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        problems = label_problems(self.currency, self.price_year, source=self.source)
        for name in ("mean", "sd"):
            value = getattr(self, name)
            if not is_number(value) or value <= 0:
                message = f"{name} of a price must be a number above 0"
                problems.append(bad(f"unit_cost.{name}", message, value=value))
        refuse(problems)
        for name in ("mean", "sd"):
            object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def log_sd(self) -> float:
        """Sd of the log price."""
        return math.sqrt(math.log1p((self.sd / self.mean) ** 2))

    @property
    def log_mean(self) -> float:
        """Mean of the log price."""
        return math.log(self.mean) - self.log_sd**2 / 2

    def quantile(self, prob: float) -> float:
        """Give the price that a share of the distribution does not exceed.

        Parameters
        ----------
        prob : float
            The share, between 0 and 1.

        Returns
        -------
        float
        """
        return math.exp(NormalDist(self.log_mean, self.log_sd).inv_cdf(prob))


@dataclass(frozen=True, slots=True)
class OwnCost:
    """Each provider's own price of one unit of opportunity, as a column of the table (methods 7).

    Parameters
    ----------
    column : str
        A column of numbers of at least 0, constant within a provider: currency per event of the
        numerator (per unit of value for measurements). They are taken as known.
    currency : str
        ISO code.
    price_year : int, optional
        Year of the prices.
    source : str, optional
        Where the figures stand.
    factor : float
        What the column is multiplied by, above 0: 1.1 where all prices are a tenth higher by now.

    Raises
    ------
    SpecError
        CONFIG.VALUE where there is no column, or the factor is no number above 0.
    """

    column: str
    currency: str = "GBP"
    price_year: int | None = None
    source: str | None = None
    factor: float = 1.0

    def __post_init__(self) -> None:
        problems = list(column_problems(self.column, "unit_cost.column"))
        if not is_number(self.factor) or self.factor <= 0:
            message = "what own prices are multiplied by must be a number above 0"
            problems.append(bad("unit_cost.factor", message, value=self.factor))
        refuse(problems + label_problems(self.currency, self.price_year, source=self.source))
        object.__setattr__(self, "factor", float(self.factor))


type Price = UnitCost | LognormalCost | OwnCost


def as_unit_cost(price: float | Price) -> Price:
    """Read a plain number as a constant price."""
    if isinstance(price, UnitCost | LognormalCost | OwnCost):
        return price
    return UnitCost(price, price, price)


def label_problems(currency: object, price_year: object, *, source: object) -> list[Problem]:
    """Say what is wrong with the currency, the year or the source of a price."""
    found = []
    if not is_text(currency) or not currency.strip():
        found.append(bad("unit_cost.currency", f"currency must be {A_TEXT}", value=currency))
    if price_year is not None and (type(price_year) is not int or not 1000 <= price_year <= 9999):
        message = "price_year must be a year, a whole number of four digits"
        found.append(bad("unit_cost.price_year", message, value=price_year))
    return found + optional_text_problems("unit_cost.source", source)
