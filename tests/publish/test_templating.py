"""Templates: everything escaped, the policy that of the script it goes with."""

import base64
import hashlib
import re
import subprocess
import sys

import pytest
from jinja2 import UndefinedError

from varmodel.publish.plots.parts.layout import BLUE, GREEN, GREY, PURPLE, VERMILLION
from varmodel.publish.templating import page_parts, read_part, render


def test_values_are_escaped():
    page = render("tables.html.j2", title="<b>&\"'", tables=[], **page_parts())
    assert "<title>&lt;b&gt;&amp;&#34;&#39;</title>" in page


def test_what_is_not_given_is_an_error():
    with pytest.raises(UndefinedError):
        render("tables.html.j2", title="x", tables=[])


def test_only_this_script_may_run_and_nothing_be_fetched():
    page = render("tables.html.j2", title="x", tables=[], **page_parts())
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert script == read_part("page.js") + read_part("find.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.split(" ", 1) for rule in policy.replace("&#39;", "'").split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["img-src"] == "data:"
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_style_and_script_name_no_address():
    for name in ("page.css", "page.js", "find.js"):
        text = read_part(name)
        assert "</" not in text
        assert not re.search(r"//|@import|url\(|fetch|XMLHttp|innerHTML|eval", text)


def test_templates_are_loaded_late():
    code = (
        "import sys, varmodel.publish; print('jinja2' in sys.modules, 'matplotlib' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(colour, paper="#ffffff"):
    bright, dark = sorted((luminance(colour), luminance(paper)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["ink", "soft", "link"])
@pytest.mark.parametrize("paper", ["#ffffff", "#f4f6f8", "#fff6f2"])
def test_text_has_the_contrast_of_wcag_aa(name, paper):
    (colour,) = re.findall(rf"--{name}: (#[0-9a-f]{{6}})", read_part("page.css"))
    assert contrast(colour, paper) >= 4.5


def test_what_is_no_text_has_the_contrast_of_wcag_aa():
    bars = re.findall(r"border(?:-left|-color)?:[^;]*(#[0-9a-f]{6})", read_part("page.css"))
    assert len(bars) >= 5
    marks = [BLUE, VERMILLION, GREEN, PURPLE, f"#{3 * f'{round(255 * float(GREY)):02x}'}"]
    assert {
        colour: contrast(colour.lower()) for colour in (*bars, *marks) if contrast(colour) < 3
    } == {}
