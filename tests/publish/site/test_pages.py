"""The folder of pages: well formed, closed in itself, honest whatever is in the facts."""

import html
import re
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import PurePosixPath

import pytest

from tests.publish.reader import Reader
from tests.publish.site.made import HOSTILE, indicator, quarter
from varmodel.errors import SpecError
from varmodel.publish.names import literal
from varmodel.publish.site.pages import write_site

EVERY_KIND = ("apart", "nil", "neither", "provisional", "noise")
PLACES = ("index.html", "trusts.html", "not-ranked.html", "reading.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Write a site of every kind of row, with hostile names."""
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, quarter(5, trusts=14, pcts=9, hostile=True, kinds=EVERY_KIND))
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.relative_to(site).as_posix(): Reader(path.read_text(encoding="utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def test_each_provider_and_each_indicator_has_a_page(pages):
    made = quarter(5, trusts=14, pcts=9, hostile=True, kinds=EVERY_KIND)
    who = {(of.level, own.code) for of in made.indicators for own in of.providers}
    assert len(who) > len({code for _, code in who})  # some codes are of a trust and a PCT
    assert sum(path.startswith("trust/") for path in pages) == len(who)
    assert sum(path.startswith("indicator/") for path in pages) == 5
    assert set(PLACES) < set(pages)


def test_every_link_leads_to_a_page_of_the_site(pages):
    for path, page in pages.items():
        for link in page.values("href"):
            if link == "data:,":
                continue
            assert re.match(r"[a-z]+:|//", link) is None
            target, _, anchor = link.partition("#")
            there = resolved(path, target)
            assert there in pages or there == "site.css", (path, link)
            assert not anchor or anchor in pages[there].values("id"), (path, link)


def resolved(path, target):
    """Follow a relative address from a page."""
    if not target:
        return path
    parts = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(target).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def test_a_code_of_a_trust_and_a_pct_is_two_providers(tmp_path):
    pcts = indicator(1, level="pct", count=4)
    both = [replace(own, code=f"R00{k}", name=f"Town {k}") for k, own in enumerate(pcts.providers)]
    facts = quarter(indicators_given=[indicator(0), replace(pcts, providers=tuple(both))])
    total = replace(facts.nation, plain_total=facts.nation.total)
    of_pct = {"R001 (PCT)": total, "R001 (trust)": total}
    write_site(tmp_path, replace(facts, by_provider=of_pct))
    page = Reader((tmp_path / "trusts.html").read_text("utf-8"))
    links = [x for x in page.values("href") if x.startswith("trust/R001")]
    assert len(set(links)) == 2
    assert "R001 trust" in page.text
    assert "R001 PCT" in page.text
    for link in links:
        own = Reader((tmp_path / link).read_text("utf-8")).text
        kind = "PCT" if "this PCT" in own else "trust"
        assert f"{kind} R001" in own
        assert ("Town 1" in own) == (kind == "PCT")
        assert "All its savings together" in own
    search = (tmp_path / "site.js").read_text("utf-8")
    assert '"Town 1, PCT"' in search
    assert search.count('["R001"') == 2
    of = Reader((tmp_path / "indicator/indicator_01.html").read_text("utf-8"))
    assert all("PCT" in x for x in of.values("href") if x.startswith("../trust/R00"))


def test_pages_run_and_fetch_nothing_of_others(pages):
    for path, page in pages.items():
        policy = next(x["content"] for tag, x in page.elements if "http-equiv" in x)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert {resolved(path, source) for source in page.values("src")} == {"site.js"}
        assert page.values("style") == []
        assert [x for _, attrs in page.elements for x in attrs if x.startswith("on")] == []
        assert page.count("style") == page.count("iframe") == page.count("img") == 0


def test_pages_have_one_heading_one_main_part_and_no_identity_twice(pages):
    for path, page in pages.items():
        assert page.count("h1") == page.count("main") == 1, path
        found = page.values("id")
        assert len(set(found)) == len(found), path
        headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in pairwise(headings)), path


def test_tables_have_captions_and_heads(pages):
    for path, page in pages.items():
        assert page.count("caption") == page.count("table"), path
        heads = [attrs for tag, attrs in page.elements if tag == "th"]
        assert all("scope" in attrs for attrs in heads), path


def test_hostile_names_are_text(site, pages):
    told = pages["trusts.html"].text
    for name in HOSTILE:
        assert " ".join(literal(name).split()) in told
    for page in pages.values():
        assert page.count("script") == 1
        assert page.count("b") == page.count("i") == 0
    assert "<script>" not in html.unescape((site / "site.css").read_text("utf-8"))


def test_equal_facts_give_equal_bytes(site, tmp_path):
    write_site(tmp_path, quarter(5, trusts=14, pcts=9, hostile=True, kinds=EVERY_KIND))
    made = {x.relative_to(tmp_path): x.read_bytes() for x in tmp_path.rglob("*") if x.is_file()}
    assert made == {x.relative_to(site): x.read_bytes() for x in site.rglob("*") if x.is_file()}


def written(tmp_path, facts):
    write_site(tmp_path, facts)
    return {
        path.relative_to(tmp_path).as_posix(): Reader(path.read_text(encoding="utf-8"))
        for path in tmp_path.rglob("*.html")
    }


def test_nil_has_an_upper_end_and_names_no_saving(tmp_path):
    facts = quarter(1, kinds=("nil",), nation=None, by_provider={})
    pages = written(tmp_path, facts)
    page = pages["indicator/indicator_00.html"].text
    assert "nil to £2.30 million" in page
    assert "no provider is named" in page
    assert "£" not in pages["trust/R003.html"].text
    assert "no difference shown" in pages["trust/R003.html"].text
    assert "no national saving" in pages["index.html"].text.lower()


def test_a_provisional_indicator_is_stamped_wherever_it_stands(tmp_path):
    facts = quarter(1, kinds=("provisional",))
    pages = written(tmp_path, facts)
    for path in ("index.html", "indicator/indicator_00.html", "trust/R003.html"):
        assert "PROVISIONAL" in pages[path].text
    assert "the draws failed the gate" in pages["indicator/indicator_00.html"].text
    counted = replace(facts.by_provider["R003"], shares=facts.nation.shares)
    write_site(tmp_path, replace(facts, by_provider={"R003": counted}))
    own = Reader((tmp_path / "trust/R003.html").read_text("utf-8")).text
    assert "All its savings together PROVISIONAL" in own


def test_small_numbers_are_not_shown_and_say_so(tmp_path):
    of = indicator(0)
    small = replace(of.providers[0], code="R099", events=3.0, cases=40.0, observed=0.075)
    facts = quarter(1, indicators_given=(replace(of, providers=(small, *of.providers[1:])),))
    page = written(tmp_path, facts)["trust/R099.html"].text
    assert "events not shown: small number" in page.lower()
    assert "Crude rate not shown" in page
    assert "7.5" not in page


def test_a_quarter_without_an_indicator_says_so(tmp_path):
    facts = replace(quarter(1), indicators=(), nation=None, by_provider={})
    pages = written(tmp_path, facts)
    assert set(pages) == set(PLACES)
    assert "No indicator of this quarter could be published." in pages["index.html"].text


def test_a_table_without_periods_is_given_none_of_another_table(tmp_path):
    facts = quarter()
    timeless = replace(facts.indicators[0], periods=())
    write_site(tmp_path, replace(facts, indicators=(timeless, *facts.indicators[1:])))
    page = next((tmp_path / "indicator").glob(f"{timeless.name}*.html")).read_text("utf-8")
    over = page[page.index('class="over"') :].partition("</p>")[0]
    assert "over the time of its table" in over
    assert facts.period not in over


def test_pages_are_light(tmp_path):
    write_site(tmp_path, quarter(6, trusts=20))
    size = sum(path.stat().st_size for path in (tmp_path / "trust").iterdir())
    assert size / (6 * 22) < 6_000  # of 320 providers and 30 indicators under 60 MB


def test_an_unknown_policy_is_refused(tmp_path):
    with pytest.raises(SpecError, match="policy"):
        write_site(tmp_path, quarter(1, disclosure="hess"))


def test_a_place_stands_with_the_time_that_it_is_of(pages):
    page = pages["trust/R012.html"].text
    cards, unplaced = page.count("Place among all"), page.count("no order: neither")
    assert page.count("Ranked: lasting performance") == cards - unplaced > 0


def test_what_sums_share_is_told_in_one_place(pages):
    full = "Length of stay and pre-operative bed days share bed days."
    assert [path for path, page in pages.items() if full in page.text] == ["index.html"]
    assert "../index.html#together" in pages["trust/R012.html"].values("href")
    assert "shared bed days" not in pages["trust/R012.html"].text  # in the facts of its own


def test_who_is_not_ranked_has_a_reason_and_no_place(pages):
    told = pages["not-ranked.html"].text
    assert "because: different case mix, not low efficiency" in told
    assert "because: closed <b>early</b>" in told
    own = pages["trust/RX8.html"]
    assert "shown and not ranked, on" in own.text
    assert own.count("svg") == 0


def test_what_was_refused_is_told_with_its_code(pages):
    assert "Caesarean sections" in pages["index.html"].text
    assert "COUNT.SUPPRESSED" in pages["index.html"].text


def test_an_order_that_is_noise_is_listed_in_groups(tmp_path):
    pages = written(tmp_path, quarter(1, trusts=9, kinds=("noise",)))
    page = pages["indicator/indicator_00.html"]
    assert "within a group by code" in page.text
    grades = re.findall(
        r'data-head="Grade" data-sort="(\d+)"',
        (tmp_path / "indicator/indicator_00.html").read_text("utf-8"),
    )
    assert grades == sorted(grades)
    assert len(set(grades)) > 1


@cache
def figures():
    """Match a figure of a page with what stands after it."""
    return re.compile(r'<span class="figure">([^<]*)</span>(?: <span class="ends">([^<]*)</span>)?')


def test_no_figure_stands_without_its_interval(site):
    alone = set()
    for path in site.rglob("*.html"):
        found = figures().findall(path.read_text(encoding="utf-8"))
        alone |= {html.unescape(value) for value, ends in found if not ends}
    told = {x for x in alone if re.search(r"\d", x) and "nil to" not in x}
    assert told == set()
    assert any("nil to" in x for x in alone)


def test_a_saving_stands_in_the_currency_of_its_own_price(tmp_path):
    priced = [indicator(number, currency=money) for number, money in enumerate(("GBP", "EUR"))]
    write_site(tmp_path, quarter(indicators_given=priced))
    page = Reader((tmp_path / "indicator/indicator_01.html").read_text(encoding="utf-8")).text
    assert "€" in page
    assert "£" not in page
    overview = Reader((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert overview.text.count("€") == 3  # its figure and the two ends
    strips = [attrs for _, attrs in overview.elements if "strip" in attrs.get("class", "")]
    assert len(strips) == 3  # two rankabilities, and the one saving that is on the scale


def test_an_indicator_without_a_better_end_has_no_places_and_no_order(tmp_path):
    write_site(tmp_path, quarter(indicators_given=[indicator(kind="neither")]))
    page = Reader((tmp_path / "indicator/indicator_00.html").read_text(encoding="utf-8")).text
    assert "Listed by code: neither direction is better" in page
    assert "Listed by expected place" not in page
    assert "Place (95" not in page
    own = (tmp_path / "trust/R000.html").read_text(encoding="utf-8")
    assert "nobody is known to be like it" not in own


def test_rows_stand_in_the_order_that_the_page_says(tmp_path):
    write_site(tmp_path, quarter(indicators_given=[_without_cost(indicator())]))
    text = Reader((tmp_path / "trust/R000.html").read_text(encoding="utf-8")).text
    assert "In the order of the mean saving" in text
    assert "what acting costs" not in text


def _without_cost(of):
    rows = tuple(
        own if own.money is None else replace(own, money=replace(own.money, prob_worth=None))
        for own in of.providers
    )
    return replace(of, cost=None, providers=rows)


def test_a_saving_that_is_kept_back_is_not_said_to_be_none(tmp_path):
    of = indicator(0)
    few = replace(of.providers[-3], code="R099", events=2.0, cases=5.0, observed=0.4)
    facts = quarter(indicators_given=[replace(of, providers=(few, *of.providers))])
    pages = written(tmp_path, facts)
    assert "no saving is named" not in pages["trust/R099.html"].text
    text = pages["indicator/indicator_00.html"].text
    assert text.count("not shown: small number") == 2  # its own, and the one that covers it


def test_providers_are_counted_and_called_by_what_they_are_whatever_their_column_is_called(
    tmp_path,
):
    held = [indicator(level="pct", count=1), indicator(1), indicator(2)]
    held[1] = replace(held[1], level="provider")
    write_site(tmp_path, quarter(indicators_given=held, by_provider={}))
    overview = Reader((tmp_path / "index.html").read_text("utf-8")).text
    assert "1 PCT, 14 trusts;" in overview
    assert "this trust" in Reader((tmp_path / "trust/R003.html").read_text("utf-8")).text


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        (slice(6, 8), "No figures after 2008Q2, on any of its indicators. It may have closed"),
        (slice(0, 2), "No figures before 2007Q3, on any of its indicators."),
        (slice(3, 4), "No figures of 2007Q4, on any of its indicators."),
    ],
)
def test_who_has_no_figures_of_a_quarter_is_said_to_have_none(tmp_path, gone, told):
    held = []
    for of in (indicator(0), indicator(1)):
        own = [
            replace(p, absent=of.periods[gone] if p.code == "R003" else ()) for p in of.providers
        ]
        held.append(replace(of, providers=tuple(own)))
    pages = written(tmp_path, quarter(indicators_given=held))
    page = pages["trust/R003.html"].text
    assert told in page
    assert ("2008Q4, no figures, by the model" in page) == (gone.stop == 8)
    assert "rates of that time are the model's" in pages["indicator/indicator_01.html"].text
    assert "No figures" not in pages["trust/R004.html"].text
    some = [held[0], indicator(1)]
    other = written(tmp_path, quarter(indicators_given=some))["trust/R003.html"].text
    assert "on any of its indicators" not in other
    assert "rates of that time are the model's" in other
