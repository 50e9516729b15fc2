"""The pages do what they say: their blocks of Python run, in order, in an empty folder."""

import os
import re
import runpy
import shlex
from contextlib import chdir
from pathlib import Path

import matplotlib as mpl
import pytest

import varmodel as vm
from varmodel.batch.quarter.declared.reading import read_config
from varmodel.cli import demo
from varmodel.cli.commands import cli
from varmodel.inference.marginal import sampler
from varmodel.inference.marginal.hyperparameters import choice, pilot
from varmodel.publish import report
from varmodel.publish.inline import Figure

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
HOWTO = DOCS / "howto"
#: What these quote has a test of its own.
TOLD = RESHAPE, FAMILIES = HOWTO / "reshape_a_table.md", HOWTO / "choose_a_family.md"
#: Pages of commands: what they start has tests of its own.
QUARTER = HOWTO / "publish_a_quarter.md"
OF_COMMANDS = {QUARTER, HOWTO / "resume_a_run.md", HOWTO / "dask_cluster.md"}
PAGES = [
    ROOT / "models" / "README.md",
    DOCS / "for_r_users.md",
    DOCS / "explanation" / "classical.md",
    *sorted(set(HOWTO.glob("*.md")) - {HOWTO / "index.md", *TOLD, *OF_COMMANDS}),
]
TUTORIAL, PANEL = DOCS / "tutorial.md", DOCS / "tutorial_panel.md"
FRONT = DOCS / "index.md"  # shows what the README has
TRACEABILITY = DOCS / "traceability.md"
REAL_RUNS = DOCS / "real_runs.md"  # of published tables, which are not in the repository


def blocks(page: Path) -> list[tuple[int, str]]:
    """Blocks of Python, each with the line that it starts at."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"(?ms)^```python\n(.*?)^```", text)
    return [(text.count("\n", 0, match.start(1)), match[1]) for match in found]


def run(page: Path, folder: Path) -> dict[str, object]:
    """Run a page's blocks in a folder; what they name."""
    names: dict[str, object] = {}
    with chdir(folder), mpl.rc_context({"savefig.dpi": 20}):
        for line, source in blocks(page):
            exec(compile("\n" * line + source, page, "exec"), names)  # a traceback names the line
    return names


@pytest.fixture(scope="module")
def readme(tmp_path_factory) -> dict[str, object]:
    """Return what the README names."""
    return run(README, tmp_path_factory.mktemp("readme"))


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory) -> dict[str, object]:
    """Return what the tutorial names."""
    return run(TUTORIAL, tmp_path_factory.mktemp("tutorial"))


@pytest.fixture(scope="module")
def panel(tmp_path_factory) -> dict[str, object]:
    """Return what the tutorial on a panel names."""
    return run(PANEL, tmp_path_factory.mktemp("panel"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_docs_run(page, tmp_path, monkeypatch):
    """Pictures of reports take most of their time and have tests of their own."""
    monkeypatch.setattr(report, "draw_figure", lambda drawing, **_: Figure(drawing.name, "", ""))
    assert blocks(page)
    assert "vm" in run(page, tmp_path)


def test_every_page_with_steps_is_run():
    pages = [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    steps = {page for page in pages if page.parent.name != "explanation" and blocks(page)}
    assert len(steps) >= 7
    assert steps <= {*PAGES, *TOLD, FRONT, PANEL, REAL_RUNS, TUTORIAL}


def lines_of(page: Path) -> list[list[str]]:
    """Commands of a page, each as its words."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"(?ms)^```(?:sh|console)\n(.*?)^```", text)
    lines = [line.strip() for block in found for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("varmodel ")]


@pytest.mark.parametrize("page", sorted(OF_COMMANDS), ids=lambda page: page.name)
def test_pages_of_commands_name_those_that_there_are(page):
    assert {words[1] for words in lines_of(page)} <= set(cli.commands)


def test_the_quarter_of_the_page_is_one(tmp_path, monkeypatch):
    """Its nation is made and its configuration read; neither is fitted here."""
    monkeypatch.chdir(tmp_path)
    made = lines_of(QUARTER)[0]
    cli.main(args=made[1:], standalone_mode=False)
    text = QUARTER.read_text(encoding="utf-8")
    config = Path("nation") / "quarter.toml"
    config.write_text(re.search(r"(?ms)^```toml\n(.*?)^```", text)[1], encoding="utf-8")
    found = read_config(config)
    assert [one.spec.name for one in found.indicators] == [
        "day_case_rate",
        "readmission_30_day_rate",
    ]


def test_every_real_run_has_its_figures():
    text = REAL_RUNS.read_text(encoding="utf-8")
    found = dict(re.findall(r"(?ms)^<!-- (?!end )(\w+) -->$(.*?)^<!-- end -->$", text))
    assert len(found) == len(blocks(REAL_RUNS)) == 8
    assert [name for name, figures in found.items() if "\n| --- |" not in figures] == []
    fill = runpy.run_path(str(REAL_RUNS.with_suffix(".py")))["fill"]
    new = text.replace(found["medpar"], "\n\n| new |\n\n")
    assert fill(text, "medpar", "| new |") == new != text


@pytest.mark.long
@pytest.mark.skipif("VARMODEL_DATA" not in os.environ, reason="no published tables at hand")
@pytest.mark.filterwarnings("ignore:KEY.ALIAS", "ignore:DESIGN.SUPPORT")  # of Medicare
def test_the_real_runs_say_what_the_page_says():
    names: dict[str, object] = {}
    setting, *runs = [source for _, source in blocks(REAL_RUNS)]
    exec(setting, names)
    told, beside = {}, {}
    for source in runs:
        exec(source, names)
        name = names["analysis"].spec.name
        told[name], beside[name] = names["analysis"].nil.distinguishable, names["beside"]
    told.pop("ny_cabg")  # on the border
    assert [name for name, apart in told.items() if not apart] == ["medpar_deaths"]
    bristol, *_, nil = beside["child_heart_1991"]["here"]
    assert float(bristol.split()[0]) == pytest.approx(24.1, abs=0.6)
    assert re.fullmatch(r"told apart .*/ nil .*", nil)
    medicare = beside["readmission_ratio"].set_index("ratio").iloc[:, :2].astype(float)
    assert medicare.loc["Poisson"].tolist() == pytest.approx([0.053, 0.996], abs=0.002)
    assert medicare.loc["yes or no"].tolist() == pytest.approx([0.073, 0.995], abs=0.002)


def test_every_figure_has_a_definition_and_a_test(monkeypatch):
    names = runpy.run_path(str(TRACEABILITY.with_suffix(".py")))
    fresh, known = names["page"](), names["page"].__globals__
    stale = "stale: run python docs/traceability.py"
    assert TRACEABILITY.read_text(encoding="utf-8") == fresh, stale
    monkeypatch.setitem(known, "QUANTITIES", (*known["QUANTITIES"], "saving_of_beds"))
    with pytest.raises(LookupError, match=r"saving_of_beds .* has no definition"):
        known["page"]()


def test_every_figure_is_drawn():
    pages = [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    shown = set(re.findall(r"_build/figures/(\w+)\.svg", text))
    drawn = re.findall(r'"(\w+)"(?::|\] =)', (DOCS / "figures.py").read_text(encoding="utf-8"))
    assert shown
    assert shown <= set(drawn)


@pytest.mark.parametrize("page", [TUTORIAL, PANEL], ids=lambda page: page.stem)
def test_a_tutorial_shows_what_its_blocks_draw(page):
    text = page.read_text(encoding="utf-8")
    shown = re.findall(rf"_build/figures/{page.stem}/(\w+\.png)", text)
    assert len(shown) == 3
    assert shown == re.findall(r'savefig\("(\w+\.png)"\)', text)


def test_the_sampler_page_has_the_numbers_of_the_sampler():
    text = (DOCS / "explanation" / "sampler.md").read_text(encoding="utf-8")
    grids = [" x ".join(map(str, pilot.FINE[axes])) for axes in (2, 3)]
    said = [f"{pilot.FINE[1][0]} points for one coordinate, {grids[0]} for two, {grids[1]} for"]
    said += [f"At the {sampler.CHECKED} points of most mass the nodes are doubled, from"]
    said += [f"*Trial runs* of {choice.PILOT:,} points ({choice.LOOK} where effects are normal"]
    widths, shapes = (", ".join(map(str, x)) for x in (choice.WIDTHS, choice.SHAPE_WIDTHS))
    said += [
        f"{widths} times what the precision says",
        f"for these and the intercept, {shapes}",
    ]
    said += [f"{choice.MARGIN} times what gives an effective size of {choice.LEAST_SIZE:,}"]
    said += [f"at least as many as draws, at most {choice.MOST_POINTS:,}"]
    assert [words for words in said if words not in text] == []


NUMBER = re.compile(r"[<>]?(?:\d[\d,]*)?\.?\d+")


def quoted(first: str, last: str) -> list[str]:
    """Lines of the README's block from the one with `first` to the one with `last`."""
    text = README.read_text(encoding="utf-8")
    lines = text[text.index(first) : text.index(last)].splitlines()
    return [line for line in lines if NUMBER.search(line)]


def values(line: str) -> list[tuple[float, float]]:
    """Numbers of a line, each with the unit of its last digit."""
    found = [text.strip("<>").replace(",", "") for text in NUMBER.findall(line)]
    return [(float(text), 10.0 ** -len(text.partition(".")[2])) for text in found]


def not_printed(lines: list[str], printed: str) -> list[str]:
    """Lines that no printed one begins with, but for two units in the last digit of a number."""
    others = [" ".join(line.split()) for line in printed.splitlines()]
    return [line for line in lines if not any(_is_like(line, other) for other in others)]


def _is_like(line: str, other: str) -> bool:
    words = NUMBER.sub("0", " ".join(line.split()))
    if not NUMBER.sub("0", other).startswith(words):
        return False
    pairs = zip(values(line), values(other), strict=False)
    return all(abs(said - found) <= 2.001 * unit for (said, unit), (found, _) in pairs)


def test_the_readme_says_what_the_demo_prints(readme):
    lines = quoted("Deaths after heart", "    The providers can be told")
    assert len(lines) == 6
    assert not_printed(lines, str(readme["analysis"])) == []
    assert not_printed([lines[-1].replace("12.5", "12.9")], str(readme["analysis"])) != []
    better = vm.pairwise(readme["analysis"].rates, better="lower").sel(provider="A", other="E")
    (said,) = re.findall(r"last line prints (\.\d\d)", README.read_text(encoding="utf-8"))
    assert better.item() == pytest.approx(float(said), abs=0.04)


@pytest.mark.long
def test_the_readme_says_what_the_whole_demo_prints(tmp_path):
    printed = "\n".join(demo.run_demo(str(tmp_path / "demo")))
    lines = quoted("Deaths after heart", "\nHospital A") + quoted(
        "day_case_rate  ", '\n"unshrunken'
    )
    assert len(lines) == 8 + 3
    assert not_printed(lines, printed) == []


def test_the_tutorial_says_what_it_prints(tutorial):
    """What its text quotes of the ranking is what comes out, but for Monte Carlo error."""
    analysis = tutorial["analysis"]
    assert isinstance(analysis, vm.Analysis)
    ranking = analysis.tables()["ranking"].set_index("provider")
    raw = ranking["observed"].rank()
    assert list(ranking.index[:3]) == ["H31", "H30", "H33"]
    assert (raw["H30"], raw["H33"]) == (1, 10)
    assert ranking.loc["H30", ["lower", "upper"]].tolist() == pytest.approx([1, 20], abs=2)
    assert float(analysis.rankability.median()) == pytest.approx(0.75, abs=0.02)
    assert analysis.nil.distinguishable
    better = vm.pairwise(analysis.rates, better="lower").sel(provider="H31", other="H30")
    assert better.item() == pytest.approx(0.68, abs=0.03)
    held = (tutorial["effects"]["lower"] < tutorial["true"]) & (
        tutorial["true"] < tutorial["effects"]["upper"]
    )
    assert held.sum() == pytest.approx(35, abs=1)
    totals = analysis.tables()["totals"].set_index("quantity")["mean"]
    assert totals["saving"] == pytest.approx(9.0e5, rel=0.02)
    assert totals["plug_in_observed"] == pytest.approx(1.10e6, rel=0.02)
    assert totals["plug_in_shrunken"] == pytest.approx(8.2e5, rel=0.02)


def test_the_tutorial_on_a_panel_says_what_it_prints(panel):
    """The figures of its text, but for Monte Carlo error."""
    share = panel["share"]
    assert panel["fit"].transient == "ar1"
    said = [float(share.quantile(q)) for q in (0.5, 0.025, 0.975)]
    assert said == pytest.approx([0.72, 0.52, 0.84], abs=0.03)
    held = panel["held"]
    lasting = [held(panel[ranks], panel["true"]) for ranks in ("lasting", "snapshot")]
    coming = [held(panel[ranks], panel["crude"]) for ranks in ("coming", "snapshot")]
    assert lasting + coming == pytest.approx([26, 17, 27, 16], abs=1)
    inside = (panel["ends"]["lower"] <= panel["seen"]) & (panel["seen"] <= panel["ends"]["upper"])
    assert int(inside.sum()) == pytest.approx(25, abs=1)
    moved = panel["chance"][(panel["chance"] < 0.025) | (panel["chance"] > 0.975)]
    assert len(moved) == pytest.approx(11, abs=1)
    assert {"P011", "P012"} <= set(moved.index)
    assert panel["lasting"]["expected_rank"].to_series().idxmin() == "P011"


def test_reshaped_tables_are_taken_and_the_others_refused_as_quoted(tmp_path):
    names = run(RESHAPE, tmp_path)
    refused = names["refused"]
    assert {refused(names[x]) for x in ("long", "also", "back", "polars_back")} == {"taken"}
    assert names["one"].identical(names["other"])
    text = RESHAPE.read_text(encoding="utf-8")
    quoted = re.findall(r"(?m)^([A-Z]+\.[A-Z]+: .*?)(?: Fix: .*)?$", text)
    with chdir(tmp_path):
        wrong = ["wide.csv", names["melted"], names["stacked"], "published.csv", names["marked"]]
        said = "\n".join(refused(table) for table in wrong)
        said += refused(names["lengthen"](names["read"].dropna()))
    assert len(quoted) == 7
    assert [message for message in quoted if message not in said] == []


def test_the_page_on_families_says_what_it_prints(tmp_path):
    names = run(FAMILIES, tmp_path)
    assert not names["found"].passed
    assert names["found"].ratio == pytest.approx(4.6, abs=0.3)
    held = [names["held"](names[fit]) for fit in ("fit", "over")]
    assert [count for count, _ in held] == pytest.approx([12, 22], abs=1)
    assert [width for _, width in held] == pytest.approx([7, 15], abs=1)


def test_the_front_page_shows_what_the_readme_has():
    assert [block for _, block in blocks(FRONT)] == [block for _, block in blocks(README)]
    text, readme = (page.read_text(encoding="utf-8") for page in (FRONT, README))
    said = {" ".join(line.split()) for line in readme.splitlines()}
    shown = [line for line in text.splitlines() if re.match(r"^ [A-Z] .*to", line)]
    assert len(shown) == 3
    assert [line for line in shown if " ".join(line.split()) not in said] == []
