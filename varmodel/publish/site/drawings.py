"""Small pictures drawn as SVG: strips of intervals, courses over time, parts as bars.

A strip has no box of its own: its coordinates are per cents, so that it is as wide as its place
and its points stay round. Colours are classes of the style sheet. What a picture shows stands
beside it in words; a picture that says more has a title.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from varmodel.publish.quarter.facts import Interval, Moment, NationalMoment, Place

_HEIGHT = 16
_COURSE, _TALL = (160.0, 40.0), (640.0, 220.0)
_HIDDEN = 'aria-hidden="true"'
#: An outer quarter of the places that is as wide as this is shaded by the style sheet.
_QUARTER, _NEARLY = 25.0, 0.5


@dataclass(frozen=True, slots=True)
class Ruler:
    """A scale from one value to another; as per cents of its width.

    Attributes
    ----------
    low, high : float
    """

    low: float
    high: float

    @staticmethod
    def over(values: Iterable[float]) -> "Ruler":
        """Span all values, with a little room at either end."""
        held = list(values) or [0.0, 1.0]
        low, high = min(held), max(held)
        room = 0.03 * (high - low) or 0.5 * abs(high) or 0.5
        return Ruler(low - room, high + room)

    def at(self, value: float) -> float:
        """Give the place of a value, 0 to 100, held at the ends."""
        return min(max(100 * (value - self.low) / (self.high - self.low), 0.0), 100.0)


def place_strip(x: Place, *, sure: bool) -> Markup:
    """Draw a place among so many: better to the left, the outer quarters shaded."""
    outer = 100 * -(-x.among // 4) / x.among
    low, high = 100 * (x.lower - 1) / x.among, 100 * x.upper / x.among
    point = 100 * (x.expected - 0.5) / x.among
    bar = _bar(low, high, point)
    if abs(outer - _QUARTER) < _NEARLY:
        return _strip(bar, sure=sure, kind="strip quarters")
    zones = (
        f'<rect class="zone" width="{outer:.1f}%" height="100%"/>'
        f'<rect class="zone" x="{100 - outer:.1f}%" width="{outer:.1f}%" height="100%"/>'
    )
    return _strip(f"{zones}{bar}", sure=sure)


def value_strip(x: Interval, scale: Ruler, *, sure: bool, mark: float | None = None) -> Markup:
    """Draw an interval on a scale; ``mark`` is a level that all strips of a column share."""
    line = "" if mark is None else _line(scale.at(mark), kind="level" if mark else "zero")
    if x.upper is None:
        return _strip(line, sure=False)
    if x.lower is None or x.mean is None:  # nil to an upper end
        bar = f'<rect class="open" x="0" y="6" width="{scale.at(x.upper):.1f}%" height="4"/>'
        return _strip(line + bar, sure=False)
    ends = scale.at(x.lower), scale.at(x.upper), scale.at(x.mean)
    return _strip(line + _bar(*ends), sure=sure)


def share_strip(x: Interval, bounds: Sequence[float]) -> Markup:
    """Draw a share between 0 and 1, with the bounds of its words."""
    lines = _line(0.0, "zero") + "".join(_line(100 * bound) for bound in bounds)
    if x.lower is None or x.upper is None or x.mean is None:
        return _strip(lines, sure=False)
    return _strip(lines + _bar(100 * x.lower, 100 * x.upper, 100 * x.mean), sure=True)


def split_bar(share: float) -> Markup:
    """Draw the price's share of a width on the left, the rest on the right."""
    return _markup(
        f'<svg class="split" {_HIDDEN}><rect class="rest" width="100%" height="100%"/>'
        f'<rect class="price" width="{100 * share:.1f}%" height="100%"/></svg>'
    )


def part_bar(x: Interval, scale: Ruler, *, start: float) -> Markup:
    """Draw a part of a difference from where the one before it ended."""
    if x.mean is None or x.lower is None or x.upper is None:
        return _strip("", sure=False)
    ends = sorted((scale.at(start), scale.at(start + x.mean)))
    way = "up" if x.mean > 0 else "down"
    low, high = scale.at(start + x.lower), scale.at(start + x.upper)
    return _strip(
        f"{_line(scale.at(0.0))}"
        f'<rect class="{way}" x="{ends[0]:.1f}%" y="3" width="{ends[1] - ends[0]:.1f}%" '
        f'height="10"/><rect class="thin" x="{low:.1f}%" y="7.5" width="{high - low:.1f}%" '
        'height="1"/>',
        sure=True,
    )


def course(moments: Sequence[Moment], *, title: str, absent: Sequence[str] = ()) -> Markup:
    """Draw a provider over time: its line and its 95 % band, all providers in grey.

    It has no line in periods that are absent, of which it has no figures, and no point.
    """
    scale = Ruler.over(
        value for m in moments for value in (m.rate.lower, m.rate.upper, m.national) if value
    )
    x = _steps(len(moments), _COURSE[0], room=4)
    band = _band(x, [(m.rate.lower or 0.0, m.rate.upper or 0.0) for m in moments], scale, _COURSE)
    all_of = _path(x, [scale.at(m.national) for m in moments], _COURSE, "nation")
    at = [scale.at(m.rate.mean or 0.0) for m in moments]
    known = [m.period not in absent for m in moments]
    own = "".join(_path(x[a:b], at[a:b], _COURSE, "own") for a, b in _runs(known))
    last = max((t for t, there in enumerate(known) if there), default=-1)
    dot = f'<circle class="point" cx="{x[last]:.1f}" cy="{_y(at[last], _COURSE):.1f}" r="3"/>'
    return _markup(
        f'<svg class="course" viewBox="0 0 {_COURSE[0]:.0f} {_COURSE[1]:.0f}" role="img" '
        f'aria-label="{escape(title)}">'
        f"{band}{all_of}{own}{dot}</svg>"
    )


def national_course(moments: Sequence[NationalMoment], *, title: str, labels: Ruler) -> Markup:
    """Draw all providers over time: their mean with its band, and where the middle half lies.

    ``labels`` is the scale of the drawing, whose ends are written beside it in the page.
    """
    x = _steps(len(moments), _TALL[0], room=12)
    middle = _band(x, [(m.low, m.high) for m in moments], labels, _TALL, kind="middle")
    ends = [(m.rate.lower or 0.0, m.rate.upper or 0.0) for m in moments]
    mean = _path(x, [labels.at(m.rate.mean or 0.0) for m in moments], _TALL, "own")
    return _markup(
        f'<svg class="tall" viewBox="0 0 {_TALL[0]:.0f} {_TALL[1]:.0f}" role="img" '
        f'aria-label="{escape(title)}">{middle}{_band(x, ends, labels, _TALL)}{mean}</svg>'
    )


def _markup(text: str) -> Markup:
    return Markup(text)  # noqa: S704 (numbers and words of this module)


def _strip(inner: str, *, sure: bool, kind: str = "strip") -> Markup:
    unsure = "" if sure else " unsure"
    return _markup(f'<svg class="{kind}{unsure}" {_HIDDEN}>{inner}</svg>')


def _bar(low: float, high: float, point: float) -> str:
    width = max(high - low, 0.4)
    return (
        f'<rect class="interval" x="{low:.1f}%" y="6" width="{width:.1f}%" height="4" rx="2"/>'
        f'<circle class="point" cx="{point:.1f}%" cy="8" r="4"/>'
    )


def _line(at: float, kind: str = "level") -> str:
    return f'<line class="{kind}" x1="{at:.1f}%" x2="{at:.1f}%" y1="0" y2="{_HEIGHT}"/>'


def _steps(number: int, width: float, *, room: float) -> list[float]:
    """Give the places of so many periods; one alone stands in the middle."""
    if number < 2:
        return [width / 2] * number
    return [room + (width - 2 * room) * k / (number - 1) for k in range(number)]


def _runs(known: Sequence[bool]) -> list[tuple[int, int]]:
    """Give where runs of what is known begin and end."""
    edges = [t for t in range(len(known) + 1) if _at(known, t) != _at(known, t - 1)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _at(known: Sequence[bool], place: int) -> bool:
    return 0 <= place < len(known) and known[place]


def _y(share: float, size: tuple[float, float]) -> float:
    return size[1] - 4 - (size[1] - 8) * share / 100


def _path(x: Sequence[float], at: Sequence[float], size: tuple[float, float], kind: str) -> str:
    points = " ".join(f"{a:.0f},{_y(b, size):.1f}" for a, b in zip(x, at, strict=True))
    return f'<polyline class="{kind}" points="{points}"/>'


def _band(
    x: Sequence[float],
    ends: Sequence[tuple[float, float]],
    scale: Ruler,
    size: tuple[float, float],
    kind: str = "band",
) -> str:
    low = [f"{a:.0f},{_y(scale.at(end[0]), size):.1f}" for a, end in zip(x, ends, strict=True)]
    high = [f"{a:.0f},{_y(scale.at(end[1]), size):.1f}" for a, end in zip(x, ends, strict=True)]
    return f'<polygon class="{kind}" points="{" ".join([*low, *reversed(high)])}"/>'
