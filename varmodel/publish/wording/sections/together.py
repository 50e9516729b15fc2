"""What is said of savings of several indicators added up."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from varmodel.publish.wording.money import GROSS

NOT_COMPARED = (
    "The indicators were not compared with each other: where a provider falls short on several at "
    "once, this interval is too narrow."
)
#: Below this the interval is as good as unchanged.
_LEAST_WIDENED = 1.005


def shared_words(name: str, titles: Sequence[str]) -> str:
    """Say that indicators would free the same money."""
    return (
        f"{_listed(titles)} would free the same money ({name}). It is counted once: what one of "
        "them has freed, the next cannot free again."
    )


def unshared_words(name: str, titles: Sequence[str]) -> str:
    """Say that indicators are declared to share money, and are not all of the same providers."""
    return (
        f"{_listed(titles)} are declared to free the same money ({name}), but are not all of the "
        "same providers: between those that are not, nothing is counted once."
    )


def displaced_words(source: str, target: str, *, delta: float) -> str:
    """Say what a saving causes elsewhere."""
    return (
        f'{100 * delta:.3g} % of the saving on "{source}" is taken to be spent again on '
        f'"{target}", and is taken off.'
    )


def alike_words(correlation: float, widened_by: float, *, otherwise: str = "") -> str:
    """Say how alike the shortfalls are, and what that does to the interval.

    ``otherwise`` is the interval as it would be if they were not.
    """
    if widened_by < _LEAST_WIDENED:
        return (
            "Providers that fall short on one indicator do not fall short on others more than "
            "chance has it."
        )
    instead = f" If they did not, it would run from {otherwise}." if otherwise else ""
    return (
        "Providers that fall short on one indicator tend to fall short on others (correlation "
        f"{correlation:.2f}, chance taken out), so the interval is {widened_by:.2f} times as wide."
        f"{instead}"
    )


def left_out_words(reasons: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Say which indicators are not in a sum: reason -> their titles."""
    for reason, titles in reasons.items():
        verb = "is" if len(titles) == 1 else "are"
        yield f"Not in the total {verb} {_listed(titles)}: {reason}."


NIL_OUT = "differences between providers are not told apart from chance, or not shown to matter"
BASE_OUT = (
    "they share money whose amount is not known, for its indicator was refused, or its saving is "
    "of another currency or length of time"
)


def other_currency(currency: str) -> str:
    """Say why an indicator is not in a sum of one currency."""
    return f"the sum is in {currency}"


def other_time(*, annual: bool) -> str:
    """Say why an indicator is not in a sum of one length of time."""
    return "the sum is of a year" if annual else "the sum is over the time of the tables"


def years_words(years: Collection[int]) -> str:
    """Say that prices of different years are added; empty where they are of one."""
    if len(years) < 2:
        return ""
    *first, last = map(str, sorted(years))
    return (
        f"Prices are those of {', '.join(first)} and {last}, added as they stand: what money was "
        "worth in each year is not taken out."
    )


def doubted_words(titles: Sequence[str]) -> str:
    """Say whose savings make a sum provisional."""
    return f"Provisional: the savings on {_listed(titles)} are in doubt." if titles else ""


def said_of_sum(sentences: Sequence[str]) -> tuple[str, ...]:
    """List what is said of a sum; that savings are gross comes first."""
    return tuple(filter(None, (GROSS, *sentences)))


def _listed(titles: Sequence[str]) -> str:
    *first, last = (f'"{title}"' for title in titles)
    return f"{', '.join(first)} and {last}" if first else last
