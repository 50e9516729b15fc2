"""The report: every section, honest words, nothing fetched, nothing obeyed, readable anywhere."""

import html
import importlib.util
import itertools
import json
import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pandas as pd
import pytest

from tests.publish.analysed import DOUBTED, EXCLUDED, HOSTILE, NIL, analysed
from tests.publish.reader import Reader
from tests.publish.wording.sections.test_assumptions import FOUND as ASSUMED
from tests.publish.wording.sections.test_assumptions import RANKS
from varmodel.errors import OutputError, SpecError
from varmodel.publish import report
from varmodel.publish.inline import Figure
from varmodel.publish.names import literal
from varmodel.publish.report import report_html
from varmodel.publish.tables import pooled
from varmodel.publish.tables.data_frames import tables_of
from varmodel.publish.tables.printed import print_tables
from varmodel.publish.wording.sections import story
from varmodel.publish.wording.sections.funnel import funnel_words
from varmodel.publish.wording.sections.grades import order_notes
from varmodel.studies import Certificate
from varmodel.studies.universes.comparisons import TORNADO_COLUMNS

SECTIONS = [
    *("reading", "providers", "limits", "verdict", "variation", "order", "story"),
    *("savings", "excluded"),
    *("chance", "check", "diagnostics", "model", "provenance", "terms"),
]
STAMPED = [name for name in SECTIONS if name not in ("excluded", "model", "provenance", "terms")]


def unseen(drawing, *, providers):
    """Stand in for a picture, which takes most of a page's time."""
    del providers
    name = drawing.name
    svg = f'<svg role="img" aria-labelledby="{name}-alt"><title id="{name}-alt"></title></svg>'
    return Figure(name, svg, drawing.alt, drawing.title)


@cache
def page_of(**options):
    """Make a page without its pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "draw_figure", unseen)
        return report_html(analysed(**options))


def read(**options):
    return Reader(page_of(**options))


@pytest.fixture(scope="module")
def made():
    """Return a page of hostile names with its pictures, and what was summarised or taken apart."""
    counted = Counter()

    def counting(work):
        def count(draws, *others):
            counted[work.__name__, id(getattr(draws, "data", draws))] += 1
            return work(draws, *others)

        return count

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pooled, "summarise_alike", counting(pooled.summarise_alike))
        patch.setattr(story, "decompose", counting(story.decompose))
        x = analysed(names=HOSTILE, providers=13, marginal=True, excluded=EXCLUDED)
        return report_html(x), counted


@pytest.fixture(scope="module")
def drawn(made):
    """Return a page of hostile names with its pictures."""
    return made[0]


def test_draws_are_summarised_and_taken_apart_once_a_page(made):
    counted = made[1]
    assert Counter(name for name, _ in counted) == {"summarise_alike": 3, "decompose": 1}
    assert set(counted.values()) == {1}


@pytest.fixture(scope="module")
def plain():
    return read(share=0.6)


def test_every_section_is_there_and_can_be_reached(plain):
    assert [attrs["id"] for attrs in plain.all("section")] == SECTIONS
    links = [attrs["href"] for attrs in plain.all("a")]
    assert links == ["#main", *(f"#{name}" for name in SECTIONS)]
    assert len(plain.all("svg")) == 9


def test_headings_are_in_order(plain):
    levels = [int(tag[1]) for tag, _ in plain.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_tables_have_captions_and_scopes(plain):
    assert len(plain.all("caption")) == len(plain.all("table")) == 5
    assert {attrs.get("scope") for attrs in plain.all("th")} == {"col", "row"}
    identities = Counter(attrs["id"] for _, attrs in plain.elements if "id" in attrs)
    assert set(identities.values()) == {1}
    named = [
        attrs[name]
        for _, attrs in plain.elements
        for name in ("aria-labelledby", "aria-describedby")
        if name in attrs
    ]
    assert set(named) <= set(identities)


def test_pictures_have_a_text_in_their_place_and_no_identity_is_there_twice(drawn):
    reader = Reader(drawn)
    titles = {attrs["id"] for attrs in reader.all("title") if "id" in attrs}
    assert {attrs["aria-labelledby"] for attrs in reader.all("svg")} == titles
    assert all(attrs["role"] == "img" for attrs in reader.all("svg"))
    identities = Counter(attrs["id"] for _, attrs in reader.elements if "id" in attrs)
    assert set(identities.values()) == {1}


def test_the_page_says_its_language_and_fits_a_phone(plain):
    assert plain.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in plain.all(
        "meta"
    )


def test_no_address_is_in_the_page(drawn):
    page = re.sub(r"base64,[^\"]+", "", drawn)
    assert not re.search(r"\b(?:https?|ftp|wss?):|//[a-z]|@import", page)
    for _, attrs in Reader(drawn).elements:
        for name in ("src", "href", "action", "data", "srcset"):
            assert attrs.get(name, "#").startswith(("#", "data:"))
        assert not [name for name in attrs if name.startswith("on")]


def test_equal_analyses_give_equal_bytes():
    options = {"providers": 6, "marginal": True}
    page = report_html(analysed(**options))
    analysed.cache_clear()
    assert report_html(analysed(**options)) == page


def test_it_leads_with_rankability(plain):
    words = "The order is moderately reliable Part of the differences between the providers is"
    assert words in plain.text
    assert plain.text.index(words) < plain.text.index("What may be read")
    low = read(share=0.3).text
    assert "The order is mostly noise. The table is listed in groups" in low
    assert "mostly noise. The table" not in plain.text


def test_the_figures_of_the_saving_stand_side_by_side(plain):
    for name in ("This analysis", "With a flexible shape", "unshrunken rates", "shrunken means"):
        assert name in plain.text
    assert "no doubt was found (p = 0.300)" in plain.text
    assert "providers can be named" in plain.text
    assert "Chance or not: there is variation" in plain.text


def test_nil_is_said_in_words_and_names_nobody():
    text = read(nil=NIL).text
    assert "Chance or not: nil" in text
    assert "Nil. The saving is published as nil to an upper end, and no provider is named." in text
    assert "can be named" not in text
    assert "nil to 12," in text


def test_a_doubted_shape_is_told_before_anything_is_read():
    text = read(p_value=DOUBTED).text
    doubt = "The shape of the effects is doubted (p = 0.002): look for specialists to exclude."
    assert text.index(doubt) < text.index("What may be read")
    assert "The savings are PROVISIONAL: read the total with a flexible shape." in text
    assert "This analysis (PROVISIONAL)" in text
    assert "This analysis (PROVISIONAL)" not in page_of()


def test_provisional_is_stamped_in_every_section_with_figures():
    page = page_of(provisional=True)
    assert "PROVISIONAL: the draws failed the gate; do not publish." in page
    for name in STAMPED:
        section = page.split(f'<section id="{name}"')[1].split("</section>")[0]
        assert '<p class="stamp">PROVISIONAL</p>' in section
    assert page.count(">PROVISIONAL. ") == 5
    assert "PROVISIONAL" not in page_of()


@pytest.mark.parametrize(
    "fields", [{"unit_cost": None}, {"benchmark": None}, {"form": "published"}]
)
def test_without_savings_the_reason_is_told(fields):
    reader = read(**fields)
    assert "No saving is given: " in reader.text
    assert len(reader.all("svg")) == 8
    assert "Totals and checks" in reader.text
    doubted = read(p_value=DOUBTED, **fields).text
    assert "PROVISIONAL" not in doubted
    assert "The shape of the effects is doubted (p = 0.002)" in doubted
    assert "named for one" not in read(nil=NIL, **fields).text


def test_what_is_known_of_the_order_is_told_once(plain):
    """Printed tables, which have no section, keep it in their notes."""
    x = analysed(share=0.6)
    held, first = order_notes(x)[-2:]
    assert "said of all providers at once" in held
    notes = print_tables(x, tables_of(x))["ranking"].notes
    assert "first place" in first
    for said in (held, first):
        assert said in notes
        assert plain.text.count(said) == 1


def test_who_chance_does_not_explain_is_counted_and_not_named(plain):
    told = funnel_words(analysed(share=0.6).fit)
    assert len(told) == 3
    assert " ".join(told) in plain.text.replace("\u00a0", " ")


def test_neither_direction_has_rates_and_no_order():
    reader = read(better="neither")
    assert "No direction is better: nothing is ranked" in reader.text
    assert "Adjusted and observed rates of 12 providers" in reader.text
    assert "Ranking of" not in reader.text
    assert len(reader.all("svg")) == 5


def test_a_ratio_is_held_against_its_own_patients():
    text = read(form="expected").text
    assert "Adjusted ratio Events over those expected of the provider's own patients" in text
    assert "two do not compare like with like" in text
    assert "case mix beyond what the expected counts hold" in text
    assert "mix of patients of all providers" not in text
    assert "like with like" not in read().text


def test_nil_and_noise_say_that_the_order_of_a_picture_is_not_to_be_read():
    said = "The order of the rows is what chance may do"
    assert said in read(nil=NIL).text
    assert said in read(share=0.3).text
    assert said not in read(share=0.6).text


def test_the_excluded_are_told_with_their_reasons():
    reader = read(excluded=EXCLUDED)
    assert "X<b>9 special & odd" in reader.text
    assert "No provider of the table was left out." in read().text


def test_diagnostics_model_and_provenance(plain):
    x = analysed(share=0.6)
    assert (
        "The draws failed their checks." in plain.text
    )  # too few draws by hand for an effective size of 400
    assert x.spec.to_toml() in "".join(plain.texts)
    for value in (x.spec.digest, x.spec.fit_digest, x.fit.frame.attrs["source_hash"]):
        assert value in plain.text
    for name, version in json.loads(x.fit.draws.attrs["versions"]).items():
        assert f"{name} {version}" in plain.text
    assert "Random seed 7" in plain.text
    weights = read(marginal=True).text
    assert "Effective sample size of the weights 1,800 of 2,000 proposals" in weights
    assert "Pareto k -0.2 (at most 0.7)" in weights


def test_texts_of_the_model_are_literal():
    page = page_of(
        title="<img src=x onerror=alert(1)>",
        why_it_matters="</style><script>alert(2)</script>",
        caveats=("</script>{{ 7 * 7 }}",),
    )
    reader = Reader(page)
    assert len(reader.all("script")) == 1
    assert reader.all("img") == []
    assert "{{ 7 * 7 }}" in reader.text


def test_who_is_looked_for_is_marked_and_told_first():
    x = analysed()
    page = report_html(x, highlight=["P003", "P001"])
    rows = re.findall(r'<tr data-provider="([^"]+)" class="marked">', page)
    assert set(rows[:2]) == {"P001", "P003"}
    told = Reader(page).text
    assert told.index("Asked for") < told.index("Ranking of 12 providers")
    assert 'class="marked"' not in report_html(x)
    with pytest.raises(
        SpecError, match="no provider has the code 'P01'; did you mean 'P0"
    ) as caught:
        report_html(x, highlight="P01")
    assert caught.value.code == "CONFIG.VALUE"


def test_figures_stand_in_the_models_unit():
    text = read(unit="per 1,000").text
    assert "Adjusted rate per 1,000 (95 %)" in text
    assert "Observed per 1,000" in text
    assert "lowest crude rate per 1,000" in text
    assert "per 1,000" not in read().text


def test_names_are_literal(drawn):
    for name in HOSTILE:
        assert html.escape(literal(name)).replace("&#x27;", "&#39;") in drawn
    assert "<script>alert(1)" not in drawn
    assert len(Reader(drawn).all("script")) == 1


def test_report_writes_a_file_and_replaces_it(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "draw_figure", unseen)
    path = tmp_path / "report.html"
    for _ in range(2):
        assert analysed().report(path) is None
    assert path.read_text(encoding="utf-8") == page_of()
    with pytest.raises(OutputError):
        analysed().report(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "matplotlib" else find(name)
    )
    with pytest.raises(SpecError, match=r"varmodel\[plots\]"):
        analysed().report(tmp_path / "report.html")
    assert not list(tmp_path.iterdir())


# In a browser


@pytest.fixture
def hostile_page(drawn, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(drawn, encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("javascript", [True, False])
def test_in_a_browser_nothing_is_asked_for_and_nothing_scrolls_sideways(
    browser, hostile_page, width, javascript
):
    browser.open(hostile_page, width=width, javascript=javascript)
    assert browser.complaints == []
    asked = [address for address in browser.requests if not address.startswith("data:")]
    assert asked == [hostile_page.as_uri()]
    assert browser.run("document.documentElement.scrollWidth") == width
    cut = (
        "[...document.querySelectorAll('main *:not(.unseen)')]"
        ".filter(x => getComputedStyle(x).clipPath === 'none' && x.scrollWidth > x.clientWidth + 1"
    )
    assert browser.run(f"{cut} && getComputedStyle(x).overflowX !== 'visible').length") == 0


def test_in_a_browser_names_are_text(browser, hostile_page):
    browser.open(hostile_page)
    shown = browser.run("[...document.querySelectorAll('tbody th')].map(x => x.textContent.trim())")
    assert {literal(name) for name in HOSTILE} <= set(shown)
    assert {"X<b>9", "=Y1"} <= set(shown)
    assert browser.run("document.querySelectorAll('script').length") == 1


def test_in_a_browser_foreign_scripts_and_images_are_refused(browser, hostile_page):
    page = hostile_page.read_text(encoding="utf-8")
    hostile = "<script>window.ran = 1</script><img src='http://127.0.0.1:9/x.png'>"
    hostile_page.write_text(page.replace("</main>", f"{hostile}</main>"), encoding="utf-8")
    browser.open(hostile_page)
    assert browser.run("window.ran === undefined")
    assert len(browser.complaints) == 2
    assert not [address for address in browser.requests if address.startswith("http")]


#: How many texts, the least contrast with the ground behind one, and whose. Not of the watermark,
#: whose words the heading of the picture has as well.
CONTRAST = """(() => {
  const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part, place) => {
    const c = part / 255;
    const linear = c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return sum + [0.2126, 0.7152, 0.0722][place] * linear;
  }, 0.05);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const found = getComputedStyle(node).backgroundColor;
      if (!found.endsWith(", 0)")) return found;
    }
    return "rgb(255, 255, 255)";
  };
  const told = [...document.querySelectorAll("body *:not(script)")].filter((node) =>
    !(node.closest("svg") && node.textContent.trim() === "PROVISIONAL") &&
    [...node.childNodes].some((part) => part.nodeType === 3 && part.textContent.trim()));
  const found = told.map((node) => {
    const style = getComputedStyle(node);
    const ink = light(node.closest("svg") ? style.fill : style.color);
    const paper = light(ground(node));
    return [Math.max(ink, paper) / Math.min(ink, paper), node.outerHTML.slice(0, 80)];
  });
  return [found.length, ...found.reduce((a, b) => (b[0] < a[0] ? b : a))];
})()"""


@pytest.mark.parametrize("options", [{"provisional": True}, {"p_value": DOUBTED, "nil": NIL}])
def test_in_a_browser_every_text_has_the_contrast_of_wcag_aa(browser, tmp_path, options):
    path = tmp_path / "report.html"
    page = report_html(analysed(excluded=EXCLUDED, **options))
    path.write_text(page, encoding="utf-8")
    browser.open(path)
    count, least, whose = browser.run(CONTRAST)
    assert count > 300
    assert least >= 4.5, whose
    pale = page.replace(".facts { color: var(--soft);", ".facts { color: #888;")
    path.write_text(pale, encoding="utf-8")
    browser.open(path)
    assert 3 < browser.run(CONTRAST)[1] < 4.5


COLUMN = "[...document.querySelectorAll('#providers tbody:first-of-type tr')]"


def test_in_a_browser_tables_sort(browser, hostile_page):
    browser.open(hostile_page)
    click = "document.querySelectorAll('#providers thead button')[{}].click()"
    browser.run(click.format(3))
    order = browser.run(f"{COLUMN}.map(row => +row.cells[3].dataset.sort)")
    assert order == sorted(order)
    browser.run(click.format(3))
    assert browser.run(f"{COLUMN}.map(row => +row.cells[3].dataset.sort)") == order[::-1]
    states = browser.run(
        "[...document.querySelectorAll('#providers thead th')].map(x => x.ariaSort)"
    )
    assert states[3] == "descending"
    assert states.count("descending") == 1
    last = browser.run(
        "[...document.querySelectorAll('#providers tr')].at(-1).cells[0].textContent"
    )
    assert last.strip() == "=Y1"


FIND = """(text => {
  const box = document.getElementById('find');
  box.value = text;
  box.dispatchEvent(new Event('input'));
  const texts = (marks) => [...document.querySelectorAll(marks)].map(x => x.textContent.trim());
  const rows = texts('#providers tr.lit th');
  return [document.getElementById('found').textContent, rows, texts('.light-name')];
})"""


def test_in_a_browser_a_provider_is_lit_in_the_table_and_in_the_pictures(browser, hostile_page):
    browser.open(hostile_page)
    told, rows, names = browser.run(f"{FIND}('SCRIPT')")
    script = "<script>alert(1)</script>"
    assert told == f"{script} is marked in table and pictures."
    assert rows == [script]
    assert names == [script] * 5
    assert browser.run("document.querySelectorAll('g.lit').length") == 5
    told, rows, names = browser.run(f"{FIND}('x<B>9')")
    assert (told, names) == ("X<b>9 is marked in table.", [])  # not ranked
    assert browser.run(f"{FIND}('nobody at all')") == ["No such provider.", [], []]
    assert browser.run(f"{FIND}('')") == ["", [], []]
    assert browser.complaints == []


def test_in_a_browser_the_find_box_works_from_the_keyboard(browser, hostile_page):
    browser.open(hostile_page)
    browser.run("document.getElementById('find').focus()")
    for sign in "a_b":
        browser.call("Input.dispatchKeyEvent", type="char", text=sign)
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    browser.call("Input.dispatchKeyEvent", type="keyDown", text="\r", **enter)
    assert browser.run("document.activeElement.cells[0].textContent.trim()") == "a_b^{c}"


def test_in_a_browser_the_first_screen_has_a_picture(browser, hostile_page):
    for width, height in ((1280, 800), (390, 844)):
        browser.open(hostile_page, width=width, height=height)
        place = "document.querySelector('#figure-ranks svg').getBoundingClientRect()"
        top, bottom = browser.run(f"(box => [box.top, box.bottom])({place})")
        assert 0 < top < bottom <= height


def test_in_a_browser_the_page_can_be_seen_and_printed(browser, hostile_page, tmp_path):
    browser.open(hostile_page, width=360)
    browser.picture(tmp_path / "phone.png")
    browser.print_to(tmp_path / "print.pdf")
    assert (tmp_path / "phone.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "print.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "phone.png").stat().st_size > 50_000


def test_other_studies_have_sections_of_their_own(tmp_path):
    x = analysed()
    found = replace(ASSUMED, spec=x.spec, tornado=pd.DataFrame(columns=list(TORNADO_COLUMNS)))
    certificate = Certificate(True, RANKS, 200, 0)
    x.report(tmp_path / "page.html", sensitivity=found, certificate=certificate)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for anchor in ("assumptions", "certificate"):
        assert f'<section id="{anchor}">' in page
        assert f'<a href="#{anchor}">' in page
    assert "Passed: 200 tables" in page
    assert '<section id="families">' not in page
    other = replace(ASSUMED, spec=x.spec.replace(title="Another"))
    with pytest.raises(SpecError, match="another model"):
        x.report(tmp_path / "page.html", sensitivity=other)


def test_the_tornado_is_drawn_where_a_total_is_shown(tmp_path):
    x = analysed()
    alone = pd.DataFrame(
        [("prior", "x 2", 1, 1_200.0, 950.0, 1_500.0, 200.0, 9.0, "")],
        columns=list(TORNADO_COLUMNS),
    )
    found = replace(ASSUMED, spec=x.spec, tornado=alone)
    x.report(tmp_path / "page.html", sensitivity=found)
    assert 'id="figure-tornado"' in (tmp_path / "page.html").read_text(encoding="utf-8")
    nil = analysed(nil=NIL)
    nil.report(tmp_path / "nil.html", sensitivity=replace(found, spec=nil.spec))
    assert 'id="figure-tornado"' not in (tmp_path / "nil.html").read_text(encoding="utf-8")
