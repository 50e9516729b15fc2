"""What is said of a provider that has no figures of some periods of an indicator.

The model gives a rate of every period, with rows or without: a reader would take one for a figure.
"""

from varmodel.publish.quarter.facts import IndicatorFacts, ProviderFacts
from varmodel.publish.wording.site.provider import RowsOfOne

#: So many periods are named, and no more.
_NAMED = 3


def absent_words(of: IndicatorFacts, own: ProviderFacts) -> str:
    """Say of which periods a provider has no figures; empty where it has all."""
    return f"{_which(of, own)}: rates of that time are the model's." if own.absent else ""


def no_figures_in(own: ProviderFacts, period: str) -> str:
    """Say beside a rate that nothing was counted in its period."""
    return "no figures, by the model" if period in own.absent else ""


def absent_on_all(rows: RowsOfOne) -> str:
    """Say what lacks on each of the indicators that rank a provider: it may be gone."""
    ranked = [(of, own) for of, own in rows if not own.reason]
    said = {_which(of, own) if own.absent else "" for of, own in ranked}
    if len(said) != 1 or "" in said:
        return ""
    end = GONE if all(_has_stopped(of, own) for of, own in ranked) else ""
    return f"{said.pop()}, on any of its indicators.{end}"


GONE = " It may have closed or merged: what stands here of later is the model's."


def _has_stopped(of: IndicatorFacts, own: ProviderFacts) -> bool:
    return bool(own.absent) and own.absent == of.periods[-len(own.absent) :]


def _which(of: IndicatorFacts, own: ProviderFacts) -> str:
    count = len(own.absent)
    if _has_stopped(of, own):
        return f"No figures after {of.periods[-count - 1]}"
    if own.absent == of.periods[:count]:
        return f"No figures before {of.periods[count]}"
    more = f" and {count - _NAMED} more" if count > _NAMED else ""
    return f"No figures of {', '.join(own.absent[:_NAMED])}{more}"
