"""What is ranked: lasting performance, the coming period, or the one period of the table."""

from collections.abc import Iterable

import xarray as xr

from varmodel.estimands import persistence_share
from varmodel.estimands.rates.parts import NEXT
from varmodel.fits import Fit
from varmodel.frame import period_word
from varmodel.frame.periods import following
from varmodel.numerics.once import once
from varmodel.publish.published import Published
from varmodel.publish.wording.numbers import probability

#: By simulation: persistence of true rates from one period to another -> share of cases in which a
#: 90 % rank interval of one period holds the lasting rank (methods 2).
HELD_BY_PERSISTENCE = {0.95: 0.55, 0.8: 0.32, 0.64: 0.23}
_PASSING = {
    "ar1": "an AR(1) transient",
    "iid": "a transient that is new in each {period}",
    "none": "no transient: what passes is taken to last",
}


def what_is_ranked(x: Published, *, plainly: bool = False) -> str:
    """Say in a line what a ranking of several periods ranks; empty for one period.

    ``plainly``, for readers who are no statisticians, the model's part is left out.
    """
    fit = x.fit
    if not has_several_periods(fit):
        return ""
    word = period_word(fit.frame)
    if plainly:
        return f"Ranked: {_what(x, word)}."
    parts = [f"Ranked: {_what(x, word)}", _share(fit), _PASSING[fit.transient].format(period=word)]
    return f"{'; '.join(filter(None, parts))}."


def has_several_periods(fit: Fit) -> bool:
    """Whether a table has periods that can be told apart."""
    return fit.frame.sizes.get("period", 1) > 1


def is_of_coming_period(x: Published) -> bool:
    """Whether figures are those of the period to come."""
    return x.figures.part == NEXT


def coming_period(fit: Fit) -> str:
    """Name the period after the last of the table."""
    return following(str(fit.frame["period"].to_numpy()[-1]))


def span(frame: xr.Dataset) -> str:
    """Name the first and the last period of a frame."""
    names = [str(name) for name in frame["period"].to_numpy()]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _what(x: Published, word: str) -> str:
    frame = x.fit.frame
    if is_of_coming_period(x):
        count = frame.sizes["period"]
        return (
            f"performance in the coming {word}, {coming_period(x.fit)}, for {count} {word}s do not "
            "tell what lasts from what passes"
        )
    kind = "mean" if x.fit.transient == "none" else "lasting"
    return f"{kind} performance over {span(frame)}"


def _share(fit: Fit) -> str:
    if fit.transient == "none":
        return ""
    low, middle, high = map(probability, share_that_lasts(fit))
    return f"persistence share {middle} (95 % {low} to {high})"


@once(lambda fit: (fit,))
def share_that_lasts(fit: Fit) -> tuple[float, float, float]:
    """Give the persistence share: lower end of its 95 % interval, median, upper end."""
    low, middle, high = persistence_share(fit).quantile([0.025, 0.5, 0.975]).to_numpy().tolist()
    return low, middle, high


def one_period(fit: Fit) -> list[str]:
    """Say what the ranking of a single period is not, and what a typical persistence does to it."""
    if "period" not in fit.frame.dims:
        return ["No period column: this ranks the time of the table, not lasting performance."]
    if has_several_periods(fit):
        return []
    word = period_word(fit.frame)
    declared = fit.spec.transient_share
    if declared is not None:
        told = (
            f"One {word} only: this ranks lasting performance, with a share of {declared.mean:g} "
            f"(sd {declared.sd:g}) that passes. The model declares it; the table cannot show it."
        )
        return [told]
    held = (
        f"Where persistence from {word} to {word} is {_either(HELD_BY_PERSISTENCE)}, a 90 % rank "
        f"interval made of one {word} holds the lasting rank in "
        f"{_either(HELD_BY_PERSISTENCE.values())} of cases."
    )
    return [f"One {word} only: this ranks the {word}, not lasting performance.", held]


def _either(values: Iterable[float]) -> str:
    *first, last = (f"{value:g}".removeprefix("0") for value in values)
    return f"{', '.join(first)} or {last}"
