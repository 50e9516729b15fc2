"""The site of a quarter as a browser shows it: closed in itself, found by two keys, any width."""

import pytest

from tests.publish.site.made import HOSTILE, quarter
from varmodel.publish.names import literal
from varmodel.publish.site.addresses import file_names
from varmodel.publish.site.pages import write_site

KINDS = ("apart", "nil", "neither", "provisional", "noise")
#: Its code is also that of a PCT.
NAMED = file_names([f"{HOSTILE[0]} (trust)"])[f"{HOSTILE[0]} (trust)"]
PAGES = (
    *("index.html", "trusts.html", "not-ranked.html", "reading.html"),
    *("indicator/indicator_00.html", "indicator/indicator_04.html"),
    *("trust/R013.html", "trust/RX8.html", f"trust/{NAMED}.html"),
)
WIDTHS = (360, 1280)
OPEN = "document.querySelectorAll('details').forEach(part => part.open = true)"
HITS = "[...document.querySelectorAll('.hits a')].map(x => x.textContent)"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Write a site of every kind of row, with hostile names."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, quarter(6, trusts=20, pcts=12, hostile=True, kinds=KINDS))
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_the_folder_alone_and_complains_of_nothing(browser, site, page):
    for width in WIDTHS:
        browser.open(site / page, width=width)
        assert browser.complaints == []
        known = {(site / name).as_uri() for name in (page, "site.css", "site.js")}
        asked = {x for x in browser.requests if not x.startswith("data:")}
        assert asked == known


@pytest.mark.parametrize("page", PAGES)
def test_nothing_scrolls_sideways_on_a_phone(browser, site, page):
    browser.open(site / page, width=360, height=740)
    browser.run(OPEN)
    assert browser.run("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, axe, site, page, scheme):
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", features=media)
    try:
        for width in WIDTHS:
            browser.open(site / page, width=width)
            browser.run(OPEN)
            assert browser.violations(axe) == []
    finally:
        browser.call("Emulation.setEmulatedMedia", features=[])


def test_names_are_text(browser, site):
    browser.open(site / "trusts.html")
    told = browser.run("document.querySelector('main').innerText")
    assert {name for name in HOSTILE if literal(name) not in told} == set()
    browser.open(site / PAGES[-1])
    assert browser.run("document.querySelector('h1').textContent") == HOSTILE[0]
    assert browser.run("window.ran === undefined")


@pytest.mark.parametrize(
    ("keys", "name"), [("du", "Dunsfold St Anne 17 NHS Trust"), ("r0", "Brackwell and District 15")]
)
def test_two_keys_find_a_provider_by_name_or_code(browser, site, keys, name):
    browser.open(site / "indicator/indicator_00.html")
    browser.run("document.getElementById('find').focus()")
    browser.press(keys)
    assert any(name in hit for hit in browser.run(HITS))


def test_enter_opens_the_first_that_was_found(browser, site):
    browser.open(site / "indicator/indicator_00.html")
    browser.run("document.getElementById('find').focus()")
    browser.press("R019")
    assert len(browser.run(HITS)) == 1
    browser.run("document.querySelector('form.find').requestSubmit()")
    browser.call("Page.getLayoutMetrics")
    browser.open(site / "trust/R019.html")
    assert browser.complaints == []


def test_what_is_searched_for_is_never_obeyed(browser, site):
    browser.open(site / "index.html")
    browser.run("document.getElementById('find').focus()")
    browser.press("<s")
    assert HOSTILE[0] in browser.run(HITS)[0]
    assert browser.run("document.querySelectorAll('.hits script').length") == 0
    assert browser.run("window.ran === undefined")


def test_without_a_script_all_can_be_reached(browser, site):
    browser.open(site / "index.html", javascript=False)
    assert browser.run("document.querySelector('form.find').hidden")
    assert browser.run("document.querySelectorAll('nav a[href=\"trusts.html\"]').length") == 1
    browser.open(site / "trusts.html", javascript=False)
    assert (
        browser.run("document.querySelectorAll('main .names a').length") == 34
    )  # 12 codes are of a trust and of a PCT
