"""What an indicator's page and its row in the overview say of money and of order."""

from collections.abc import Sequence

from varmodel.publish.quarter.facts import IndicatorFacts
from varmodel.publish.wording.money import nil_to
from varmodel.publish.wording.periods.annual import OVER_TABLE
from varmodel.publish.wording.places import GROUPS, UNPLACED
from varmodel.publish.wording.site.provider import no_saving, short_each
from varmodel.publish.wording.site.written import Figure95, amount_text, money_figure
from varmodel.publish.wording.verdict import MODERATE, MOSTLY_NOISE, PROVISIONAL, is_mostly_noise

#: Ends of the words of rankability on its scale.
NOISE_ENDS, MODERATE_ENDS = MOSTLY_NOISE, MODERATE
_STAMP = PROVISIONAL


def short_titles(indicators: Sequence[IndicatorFacts]) -> dict[str, str]:
    """Give the first part of each title by the indicator's name; the whole where two begin so."""
    return short_each({of.name: of.title for of in indicators})


def stamp_of_indicator(of: IndicatorFacts) -> str:
    """Give the stamp of an indicator whose figures, or whose savings, are provisional."""
    return _STAMP if of.provisional or of.doubts else ""


def total_words(of: IndicatorFacts, *, currency: str) -> Figure95:
    """Write the national saving of an indicator, nil to an upper end where that is the verdict."""
    if of.total is None:
        return Figure95(no_saving(of))
    if of.total.mean is None and of.total.upper is not None:
        return Figure95(nil_to(amount_text(of.total.upper, currency=currency)))
    return money_figure(of.total, currency=currency)


def time_words(of: IndicatorFacts) -> str:
    """Say over what time an indicator's savings are made."""
    return "a year" if of.annual else OVER_TABLE


def saving_words(of: IndicatorFacts, *, currency: str) -> list[tuple[str, str, str]]:
    """Put the totals of an indicator side by side: name, figure, how it is read."""
    if of.total is None:
        return []
    found = [("This analysis", str(total_words(of, currency=currency)), _OURS)]
    if of.total_flexible is not None:
        x = of.total_flexible
        told = money_figure(x, currency=currency)
        figure = str(told) if x.mean is not None else nil_to(told.value)
        found.append(("With a flexible shape", figure, _FLEXIBLE))
    if of.plug_in is not None and of.distinguishable:
        found.append(("From crude rates", amount_text(of.plug_in, currency=currency), _CRUDE))
    return found


_OURS = "All that is uncertain is in it: rates, benchmark and price together."
_FLEXIBLE = "The same, without assuming how the true rates are spread."
_CRUDE = (
    "As usually published, and without an interval. Chance spreads such rates, so it tends to "
    "overstate."
)


def is_grouped(of: IndicatorFacts) -> bool:
    """Whether providers are listed in groups, for the order is mostly noise."""
    noise = of.rankability.mean is None or is_mostly_noise(of.rankability.mean)
    return noise or not of.distinguishable


def group_of(placed: str) -> int:
    """Give the place of a group in a list of groups."""
    return GROUPS.index(placed if placed in GROUPS else UNPLACED)


BY_CODE = "Listed by code: neither direction is better, so that there is no order."
IN_GROUPS = (
    "Listed in groups, the better end first, and within a group by code: an order within a group "
    "would be chance."
)
IN_ORDER = "Listed by expected place. Read the intervals before the order: neighbours overlap."


def list_note(of: IndicatorFacts) -> str:
    """Say in what order the providers of an indicator are listed."""
    if of.better == "neither":
        return BY_CODE
    return IN_GROUPS if is_grouped(of) else IN_ORDER
