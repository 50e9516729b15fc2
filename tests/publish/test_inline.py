"""Pictures inside a page: no address, no identity twice, no name obeyed."""

import io
import re
from collections import Counter
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr

import varmodel as vm
from tests.publish.analysed import HOSTILE, NIL, analysed
from tests.publish.plots.pictures import analysis, parts, segments
from varmodel.publish.inline import Drawing, Providers, draw_figure, inline_svg
from varmodel.publish.names import literal
from varmodel.publish.plots.parts import rows, tags
from varmodel.publish.wording.places import placed

PLOTS = (vm.plot_ranks, vm.plot_rates, vm.plot_savings, vm.plot_shrinkage, vm.plot_volume)


def drawn(plot, name="f", *, providers=None, size=12, **options):
    x = analysed(providers=size, **options)
    codes = [literal(str(code)) for code in x.fit.frame["provider"].to_numpy()]
    drawing = Drawing(
        name, lambda ax: plot(x, ax=ax), 'A & <b>"alt"', "Title", len(codes), height=1.0
    )
    return draw_figure(drawing, providers=providers or Providers(codes, codes)).svg


@pytest.mark.parametrize("plot", PLOTS)
def test_a_picture_is_whole_and_named(plot):
    svg = drawn(plot)
    root = ET.fromstring(svg)
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert root[0].tag == "title"
    assert root[0].text == 'A & <b>"alt"'
    assert root.get("aria-labelledby") == root[0].get("id")
    assert "xmlns" not in svg
    assert not re.search(r"https?:|<style|<metadata|<script", svg)
    assert "<text" in svg


@pytest.mark.parametrize("plot", PLOTS)
def test_identities_are_its_own_and_all_that_is_pointed_at_is_there(plot):
    svg = drawn(plot, "mine")
    identities = Counter(node.get("id") for node in ET.fromstring(svg).iter() if node.get("id"))
    pointed = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg))
    assert set(identities.values()) == {1}
    assert all(identity.startswith("mine-") for identity in identities)
    assert {one or other for one, other in pointed} <= set(identities)


def test_hostile_names_are_text():
    root = ET.fromstring(drawn(vm.plot_rates, size=13, names=HOSTILE))
    shown = {node.text for node in root.iter("text")}
    for name in HOSTILE[:11]:
        assert literal(name) in shown
    assert root.find(".//script") is None


def test_equal_pictures_are_equal_whatever_the_style():
    plain = drawn(vm.plot_rates)
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "black", "svg.fonttype": "path"}):
        assert drawn(vm.plot_rates) == plain
        assert mpl.rcParams["font.size"] == 20


def test_crowds_are_pixels():
    svg = drawn(vm.plot_trace, marginal=True)
    assert "data:image/png;base64," in svg
    assert len(svg) < 300_000


def test_a_nil_picture_names_nobody():
    assert "nil to" in drawn(vm.plot_savings, nil=NIL)


def test_texts_that_look_like_identities_are_left():
    text = 'id="x" url(#t)'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><text>{text}</text></svg>'
    assert f"<text>{text}</text>" in inline_svg(svg, name="n", alt="a")


def groups(svg):
    return {
        group.get("data-provider"): group
        for group in ET.fromstring(svg).iter("g")
        if group.get("data-provider") is not None
    }


@pytest.mark.parametrize("plot", PLOTS)
def test_marks_are_grouped_by_provider_and_nothing_is_a_link(plot):
    x, svg = analysed(), drawn(plot)
    named = x.savings["named"].to_numpy() if plot is vm.plot_savings else slice(None)
    assert set(groups(svg)) == set(x.fit.frame["provider"].to_numpy()[named])
    for code, group in groups(svg).items():
        assert group.find("title").text == code
        assert {node.tag for node in group} <= {"title", "path", "use"}
        assert len(group) > 1
    assert ET.fromstring(svg).find(".//a") is None


def test_each_mark_stands_with_its_own_provider():
    x = analysed()
    order = list(x.ranks["expected_rank"].to_series().sort_values(kind="stable").index)
    found = groups(drawn(vm.plot_ranks))
    heights = [float(found[code].find("use").get("y")) for code in order]
    assert heights == sorted(heights)
    for code in order:
        line, mark = found[code].find("path"), found[code].find("use")
        row = float(line.get("d").split()[2])
        assert row == pytest.approx(float(mark.get("y")), abs=0.01)


def test_hostile_codes_are_attributes_and_texts():
    found = groups(drawn(vm.plot_rates, size=13, names=HOSTILE))
    assert "<script>alert(1)</script>" in found


def test_many_of_whom_nothing_is_said_are_a_band_and_are_seen_when_looked_for():
    x = analysis(providers=150, shape=(2, 20), terms=("age",))
    codes = [str(code) for code in x.fit.frame["provider"].to_numpy()]
    drawing = Drawing("f", lambda ax: vm.plot_ranks(x, ax=ax), "alt", "Title", 150)
    found = groups(draw_figure(drawing, providers=Providers(codes, codes)).svg)
    quiet = [code for code, group in found.items() if group.find("*[@class='quiet']") is not None]
    assert len(found) == 150
    assert set(quiet) == {
        code for code, place in zip(codes, placed(x.ranks), strict=True) if place == "not sure"
    }
    ax = vm.plot_ranks(x)
    assert len(parts(ax, "band")) == 1
    assert not parts(ax, "unseen")
    assert len(segments(ax)[0]) == 150 - len(quiet)


@pytest.mark.parametrize("plot", [vm.plot_ranks, vm.plot_shrinkage])
def test_lines_that_were_drawn_as_one_are_those_drawn_one_by_one(monkeypatch, plot):
    x = analysis(providers=150, shape=(2, 20), terms=("age",))
    codes = [str(code) for code in x.fit.frame["provider"].to_numpy()]
    drawing = Drawing("f", lambda ax: plot(x, ax=ax), "alt", "Title", 150)
    as_one = draw_figure(drawing, providers=Providers(codes, codes)).svg
    monkeypatch.setattr(tags, "MOST_MARKS", 0)
    assert draw_figure(drawing, providers=Providers(codes, codes)).svg == as_one


def test_more_than_a_page_has_pixels_for_are_not_drawn_to_be_hidden(monkeypatch):
    monkeypatch.setattr(rows, "MOST_MARKS", 5)
    x = analysis(providers=150, shape=(2, 20), terms=("age",))
    codes = [str(code) for code in x.fit.frame["provider"].to_numpy()]
    drawing = Drawing("f", lambda ax: vm.plot_ranks(x, ax=ax), "alt", "Title", 150)
    assert "quiet" not in draw_figure(drawing, providers=Providers(codes, codes)).svg


def test_where_something_is_said_of_all_there_is_no_band():
    rates = analysis(providers=150, shape=(2, 20)).rates
    apart = 1e-6 * rates + xr.DataArray(np.linspace(1.0, 2.0, 150), dims="provider")
    ax = vm.plot_rates(apart)
    assert not parts(ax, "band")
    assert len(segments(ax)[0]) == 150


def test_without_codes_marks_are_nobodys():
    svg = drawn(vm.plot_rates, providers=Providers())
    assert not groups(svg)
    assert "<a " not in svg


def test_elsewhere_no_picture_has_links():
    stream = io.StringIO()
    vm.plot_rates(analysed()).figure.savefig(stream, format="svg")
    assert "<a " not in stream.getvalue()
