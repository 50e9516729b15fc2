import re

import pytest

from tests.publish.site.made import indicator, interval
from varmodel.publish.quarter.facts import Interval, Place
from varmodel.publish.site import drawings
from varmodel.publish.site.drawings import Ruler


def numbers(svg, kind, name):
    """Give an attribute of the shapes of a class, without its per cent."""
    shapes = re.findall(rf'<\w+ class="{kind}"[^>]*>', svg)
    return [float(re.search(rf' {name}="([\d.]+)%?"', shape)[1]) for shape in shapes]


def test_a_place_is_drawn_from_its_first_to_its_last_possible_one():
    svg = drawings.place_strip(Place(2.5, 1, 4, 8), sure=True)
    assert numbers(svg, "interval", "x") == [0.0]
    assert numbers(svg, "interval", "width") == [50.0]
    assert numbers(svg, "point", "cx") == [25.0]
    assert "quarters" in svg
    assert "unsure" not in svg


def test_outer_places_that_are_no_quarter_are_drawn_as_wide_as_they_are():
    svg = drawings.place_strip(Place(2.0, 1, 4, 11), sure=False)
    assert numbers(svg, "zone", "width") == [27.3, 27.3]
    assert "unsure" in svg


def test_nil_has_no_point_and_no_lower_end():
    svg = drawings.value_strip(Interval(None, None, 5.0), Ruler(0.0, 10.0), sure=True, mark=0.0)
    assert numbers(svg, "open", "width") == [50.0]
    assert "point" not in svg
    assert "interval" not in svg


def test_parts_begin_where_the_one_before_ended():
    svg = drawings.part_bar(interval(-2.0, 1.0), Ruler(0.0, 10.0), start=6.0)
    assert numbers(svg, "down", "x") == [40.0]
    assert numbers(svg, "down", "width") == [20.0]
    assert numbers(svg, "thin", "x") == [30.0]


def test_a_scale_holds_what_lies_beyond_it_and_is_never_empty():
    assert Ruler(0.0, 1.0).at(7.0) == 100
    assert Ruler.over([]).at(0.5) == pytest.approx(50)
    assert Ruler.over([3.0, 3.0]).at(3.0) == pytest.approx(50)


def test_a_course_holds_every_period_and_its_band():
    moments = indicator().providers[0].trend
    svg = drawings.course(moments, title="44 % & more")
    assert "44 % &amp; more" in svg
    points = {
        kind: re.search(rf'class="{kind}" points="([^"]*)"', svg)[1].split()
        for kind in ("own", "nation", "band")
    }
    assert [len(found) for found in points.values()] == [8, 8, 16]


def test_a_course_has_no_line_where_there_are_no_figures():
    moments = indicator().providers[0].trend
    gone = [m.period for m in (moments[2], *moments[6:])]
    svg = drawings.course(moments, title="a", absent=gone)
    runs = [x.split() for x in re.findall(r'class="own" points="([^"]*)"', svg)]
    assert [len(x) for x in runs] == [2, 3]  # quarters 1 and 2, 4 to 6
    assert float(runs[-1][-1].split(",")[0]) == pytest.approx(numbers(svg, "point", "cx")[0], abs=1)
