"""Reports of few, many and very many providers, and of a panel, as a browser shows them."""

import warnings

import pytest

import varmodel as vm

NAMES = (
    "<script>window.ran = 1</script>",
    "</title><img src=x onerror='window.ran = 2'>",
    "\"double\" & 'single'",
    "=1+1",
    "@SUM(A1:A9)",
    "-2+3",
    "{{ 7 * 7 }}",
    r"$\frac{x$",
    "Hôpital Ærø №7",
    "Zoe\u0308 e\u0301",
    "a_b^{c}",
    "%s {0} \\n",
)
TITLE = "Waits <b>over</b> four hours, \"all\" & 'sundry'"
SPEC = vm.ModelSpec(
    name="waits",
    title=TITLE,
    provider="hospital",
    numerator="waits",
    denominator="visits",
    better="lower",
    family="binomial",
    benchmark=vm.Benchmark("quantile", 0.75),
    unit_cost=vm.UnitCost(50, 90, 132, source="<i>made up</i>"),
    caveats=("<script>window.ran = 3</script>", "=HYPERLINK(1)"),
)
TRUTH = {"intercept": -2.0, "provider_sd": 0.3}
LASTING = {**TRUTH, "transient_sd": 0.1, "transient_rho": 0.5}
SIZES = {"12": (12, 1), "137": (137, 1), "300": (300, 1), "panel": (40, 6)}
WIDTHS = (360, 1280)


def written(providers, periods, path):
    """Analyse simulated providers, some of hostile names, and write the report."""
    spec = SPEC if periods == 1 else SPEC.replace(period="quarter")
    made = vm.simulate(
        spec,
        providers=providers,
        periods=periods,
        mean_denominator=400,
        truth=TRUTH if periods == 1 else LASTING,
        random_seed=2006,
    )
    codes = sorted(set(made.table["hospital"]))
    renamed = dict(zip(codes, NAMES, strict=False))
    table = made.table.assign(hospital=[renamed.get(x, x) for x in made.table["hospital"]])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "DESIGN.SPLIT")  # of the panel's few quarters
        vm.analyse(spec, table, random_seed=2006, progressbar=False).report(path)
    return path, {renamed.get(code, code) for code in codes}


@pytest.fixture(scope="module", params=SIZES)
def page(request, tmp_path_factory):
    """Return a report, and the names in it."""
    path = tmp_path_factory.mktemp(request.param) / "report.html"
    return written(*SIZES[request.param], path)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_asked_for_and_nothing_is_complained_of(browser, page, width):
    path, _ = page
    browser.open(path, width=width)
    assert browser.complaints == []
    assert [x for x in browser.requests if not x.startswith("data:")] == [path.as_uri()]


def test_nothing_scrolls_sideways_on_a_phone(browser, page):
    path, _ = page
    browser.open(path, width=360, height=740)
    browser.run("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert browser.run("document.documentElement.scrollWidth") == 360


def test_names_are_text(browser, page):
    path, names = page
    browser.open(path)
    told = browser.run("[...document.querySelectorAll('tbody th')].map(x => x.textContent.trim())")
    assert names <= set(told)
    assert browser.run("document.querySelector('h1').textContent.trim()") == TITLE
    assert browser.run("window.ran === undefined")
    assert browser.run("document.querySelectorAll('script').length") == 1
    assert browser.run("document.querySelectorAll('img, b, i, iframe, object').length") == 0
    shown = browser.run("document.body.innerText")
    assert {caveat for caveat in SPEC.caveats if caveat not in shown} == set()


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(browser, axe, page, width):
    path, _ = page
    browser.open(path, width=width)
    assert browser.violations(axe) == []


@pytest.mark.parametrize("page", ["12"], indirect=True)
def test_axe_sees_what_is_broken(browser, axe, page):
    path, _ = page
    browser.open(path)
    browser.run("document.documentElement.removeAttribute('lang')")
    assert [rule for rule, *_ in browser.violations(axe)] == ["html-has-lang"]
