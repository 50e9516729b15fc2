"""What a picture is about: what a user has in hand, and what must be said beside the marks."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import xarray as xr

from varmodel.errors import fail, nearest, show
from varmodel.fits import Fit
from varmodel.fits.fit import stamp_of
from varmodel.numerics.once import once
from varmodel.publish.names import literal, shorten, shown_names
from varmodel.publish.published import Published
from varmodel.publish.wording.periods.ranked import what_is_ranked
from varmodel.publish.wording.support import flagged, support_caption
from varmodel.publish.wording.verdict import order_words, verdict_sentence
from varmodel.spec import ModelSpec

_TITLE, _REASON, _EXCLUDED = 90, 60, 3


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What is said of whoever is drawn.

    Attributes
    ----------
    title : str
        The model's title; empty where only an array is in hand.
    names : tuple of str
        Providers as they are drawn, in the order of the draws.
    better : str
        "higher", "lower", "neither", or empty where unknown.
    stamp : str
        That the figures are provisional and why; empty where they are not.
    order : str
        Rankability in words, where it is known.
    notes : tuple of str
        Sentences for the caption: what of several periods is ranked, the nil verdict, who is
        compared on patients it does not have, who is excluded and why.
    codes : tuple of str
        Providers as the table has them, in the order of the draws.
    spec : ModelSpec or None
        The model, where it is known: its unit is that of the axes.
    """

    title: str
    names: tuple[str, ...]
    better: str
    stamp: str
    order: str = ""
    notes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    spec: ModelSpec | None = None

    def find(self, highlight: object) -> list[int]:
        """Give the numbers of the providers to highlight."""
        return find_codes(self.codes, highlight)


def find_codes(codes: Sequence[str], wanted: object) -> list[int]:
    """Give the numbers of the codes that are wanted, each once; a text is one code.

    A code that is not there is CONFIG.VALUE, with the nearest that is.
    """
    asked = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(asked, Iterable):
        message = f"highlight must be codes of providers, not {type(wanted).__name__}"
        fail("CONFIG.VALUE", message)
    places = {code: place for place, code in enumerate(codes)}
    found: list[int] = []
    for code in asked:
        if not isinstance(code, str) or code not in places:
            message = f"highlight: no provider has the code {show(code)}"
            fail("CONFIG.VALUE", f"{message}{nearest(code, codes)}")
        found.append(places[code])
    return list(dict.fromkeys(found))


@once(lambda x: (x,))
def annotation_of_analysis(x: Published) -> Annotation:
    """Read everything there is to say from an analysis."""
    verdict = () if x.nil.distinguishable else (verdict_sentence(x.nil, x.spec),)
    notes = (what_is_ranked(x, plainly=True), *verdict)
    return _annotation_of_fit(x.fit, order=order_words(x.median_rankability), notes=notes)


def annotation_of_fit(fit: Fit) -> Annotation:
    """Read what a fit says."""
    return _annotation_of_fit(fit, order="", notes=())


def annotation_of_draws(labels: Iterable[object], attrs: Mapping[Any, Any]) -> Annotation:
    """Read what an array carries on from its fit."""
    codes = tuple(str(label) for label in labels)
    names, better = tuple(shown_names(codes)), str(attrs.get("better", ""))
    return Annotation("", names, better, stamp_of(attrs), codes=codes)


def refuse_kind(x: object, wanted: str) -> NoReturn:
    """Say what a plot takes."""
    fail("CONFIG.VALUE", f"x must be {wanted}, not {type(x).__name__}")


def refuse_absent(what: str, *, fix: str) -> NoReturn:
    """Say that an analysis has nothing of the kind."""
    fail("CONFIG.VALUE", f"this analysis has no {what}", fix=fix)


def _annotation_of_fit(fit: Fit, *, order: str, notes: tuple[str, ...]) -> Annotation:
    frame = fit.frame
    codes = [str(code) for code in frame["provider"].to_numpy()]
    given = frame["provider_name"].to_numpy().tolist() if "provider_name" in frame else None
    title = shorten(literal(fit.spec.title or fit.spec.name), _TITLE)
    low = [shorten(literal(code)) for code in flagged(frame)]
    notes = (*notes, support_caption(low, most=_EXCLUDED), *_excluded(frame))
    names = tuple(shown_names(codes, given))
    told = tuple(filter(None, notes))
    return Annotation(
        *(title, names, fit.spec.better, fit.stamp, order, told), codes=tuple(codes), spec=fit.spec
    )


def _excluded(frame: xr.Dataset) -> tuple[str, ...]:
    rows = json.loads(frame.attrs.get("excluded", "[]"))
    if not rows:
        return ()
    told = [
        f"{shorten(literal(row['provider']))} ({shorten(literal(row['reason']), _REASON)})"
        for row in rows[:_EXCLUDED]
    ]
    more = [f"{len(rows) - _EXCLUDED} more"] if len(rows) > _EXCLUDED else []
    return (f"Not ranked: {', '.join([*told, *more])}.",)
