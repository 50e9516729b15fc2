"""The pages do what they say: their blocks of Python run, in order, in an empty folder."""

import re
from contextlib import chdir
from pathlib import Path

import matplotlib as mpl
import pytest

import varmodel as vm
from varmodel.inference.marginal import pilot, sampler

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "models" / "README.md",
    DOCS / "for_r_users.md",
    *sorted(page for page in (DOCS / "howto").glob("*.md") if page.name != "index.md"),
]
TUTORIAL = DOCS / "tutorial.md"
NEED_DATA = {DOCS / "real_runs.md"}  # published tables, which are not in the repository


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
def tutorial(tmp_path_factory) -> dict[str, object]:
    """Return what the tutorial names."""
    return run(TUTORIAL, tmp_path_factory.mktemp("tutorial"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_docs_run(page, tmp_path):
    assert blocks(page)
    assert "vm" in run(page, tmp_path)


def test_every_page_with_steps_is_run():
    pages = [page for page in DOCS.rglob("*.md") if "_build" not in page.parts]
    steps = {page for page in pages if page.parent.name != "explanation" and blocks(page)}
    assert len(steps) >= 7
    assert steps <= {*PAGES, *NEED_DATA, TUTORIAL}


def test_every_figure_is_drawn():
    text = "".join(page.read_text(encoding="utf-8") for page in DOCS.glob("explanation/*.md"))
    shown = set(re.findall(r"_build/figures/(\w+)\.svg", text))
    drawn = re.findall(r'"(\w+)"(?::|\] =)', (DOCS / "figures.py").read_text(encoding="utf-8"))
    assert shown
    assert shown <= set(drawn)


def test_the_sampler_page_has_the_numbers_of_the_sampler():
    text = (DOCS / "explanation" / "sampler.md").read_text(encoding="utf-8")
    grids = [" x ".join(map(str, pilot.FINE[axes])) for axes in (2, 3)]
    said = [f"{pilot.FINE[1][0]} points for one coordinate, {grids[0]} for two, {grids[1]} for"]
    said += [f"At the {sampler.CHECKED} points of most mass the nodes are doubled, from"]
    said += [f"{sampler.WIDTH - 1:.0%}".replace("%", " %") + " wider than the pilot says"]
    said += [f"drawn {sampler.LOOSE} times as wide"]
    assert [words for words in said if words not in text] == []


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
