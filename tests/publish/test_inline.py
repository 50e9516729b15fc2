"""Pictures inside a page: no address, no identity twice, no name obeyed."""

import re
from collections import Counter
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

import varmodel as vm
from tests.publish.analysed import HOSTILE, NIL, analysed
from varmodel.publish.inline import draw_figure, inline_svg
from varmodel.publish.names import literal

PLOTS = (vm.plot_ranks, vm.plot_rates, vm.plot_savings, vm.plot_shrinkage, vm.plot_volume)


def drawn(plot, name="f", **options):
    return draw_figure(name, lambda: plot(analysed(**options)), alt='A & <b>"alt"').svg


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
    root = ET.fromstring(drawn(vm.plot_rates, providers=13, names=HOSTILE))
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
    svg = draw_figure("f", lambda: vm.plot_trace(analysed(marginal=True)), alt="x").svg
    assert "data:image/png;base64," in svg
    assert len(svg) < 300_000


def test_a_nil_picture_names_nobody():
    assert "nil to" in drawn(vm.plot_savings, nil=NIL)


def test_texts_that_look_like_identities_are_left():
    text = 'id="x" url(#t)'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><text>{text}</text></svg>'
    assert f"<text>{text}</text>" in inline_svg(svg, name="n", alt="a")
