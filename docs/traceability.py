"""Write traceability.md: for each figure its definition, its test, the published number.

``python docs/traceability.py``. Names come from the code, definitions from the headings of
explanation/formulas.md, tests from the folder that mirrors the code, published numbers from the
marker ``published`` of tests. Where anything is missing nothing is written.
"""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import varmodel as vm
from varmodel import estimands
from varmodel.publish.tables.data_frames import QUANTITIES

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_suffix(".md")
FORMULAS = PAGE.parent / "explanation" / "formulas.md"
ROOMS = {"vm": estimands, "vm.ranks": vm.ranks, "vm.classical": vm.classical}
ROOMS |= {"vm.money": vm.money, "vm.studies": vm.studies}
#: Where the rows of totals.csv are made, and so tested.
TOTALS = "publish/tables/data_frames.py"
SAYS = (
    "Every figure that varmodel gives: where it is defined, which test holds it, and the published "
    "number that it is held to, where there is one. `docs/traceability.py` makes this page from "
    "the code, from [the formulas](explanation/formulas.md) and from the tests; a figure that "
    "lacks a definition or a test fails the build."
)
HEAD = "| figure | definition | test | published |\n|---|---|---|---|\n"


@dataclass(frozen=True, slots=True)
class Published:
    """A test that holds figures to published numbers."""

    names: tuple[str, ...]
    words: str


def figures() -> Iterator[tuple[str, str, Path]]:
    """Give each figure as it is called, its bare name, and the module that makes it."""
    for room, module in ROOMS.items():
        for name in module.__all__:
            made = inspect.getfile(inspect.unwrap(getattr(module, name)))
            yield f"{room}.{name}", name, Path(made).relative_to(ROOT / "varmodel")
    yield from ((f"totals.csv: {name}", name, Path(TOTALS)) for name in QUANTITIES)


@cache
def definitions() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Give anchor and names of each heading that has a formula below it, by name."""
    text = FORMULAS.read_text(encoding="utf-8")
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for heading, body in re.findall(r"(?ms)^### (.+?)$\n(.*?)(?=^##|\Z)", text):
        names = tuple(re.findall(r"`(\w+)`", heading))
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        if re.search(r"(?m)^    \S", body):
            found |= dict.fromkeys(names, (anchor, names))
    return found


@cache
def words_of(path: Path) -> Counter[object]:
    """Count the names and texts that a test module uses, but for what it only imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [n.id for n in nodes if isinstance(n, ast.Name)]
    names += [n.attr for n in nodes if isinstance(n, ast.Attribute)]
    return Counter([*names, *(n.value for n in nodes if isinstance(n, ast.Constant))])


def test_of(made: Path, names: tuple[str, ...]) -> str:
    """Find the test module: the one that mirrors the code, or uses it most in its room."""
    tests = ROOT / "tests"
    folder = tests / made.parent
    mirror = [path for path in [folder / f"test_{made.name}"] if path.is_file()]
    for places in (mirror, folder.glob("test_*.py"), (tests / made.parts[0]).rglob("test_*.py")):
        uses = {path: sum(words_of(path)[name] for name in names) for path in sorted(places)}
        if any(uses.values()):
            return max(uses, key=lambda path: uses[path]).relative_to(ROOT).as_posix()
    return ""


def published() -> Iterator[Published]:
    """Read the marks of tests: names of figures, source, numbers, which the test must hold."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.published" not in text:
            continue
        for node in ast.parse(text).body:
            for mark in getattr(node, "decorator_list", ()):
                if ast.unparse(getattr(mark, "func", mark)) == "pytest.mark.published":
                    yield _read(mark, test=path.relative_to(ROOT).as_posix(), text=text)


def _read(mark: ast.Call, *, test: str, text: str) -> Published:
    said = {str(word.arg): str(ast.literal_eval(word.value)) for word in mark.keywords}
    numbers = said.get("numbers", "")
    if absent := [x for x in numbers.split() if text.count(x.strip(",;")) < 2]:
        raise LookupError(f"{test} is marked with {', '.join(absent)}, which no test holds")
    words = f"{said['source']}: {numbers}" if numbers else said["source"]
    return Published(tuple(ast.literal_eval(x) for x in mark.args), f"{words} (`{test}`)")


def page() -> str:
    """Make the page; LookupError names what has no definition or no test."""
    lines, absent, marks, known = [], [], list(published()), set[str]()
    for called, name, made in figures():
        known.add(called)
        anchor, names = definitions().get(name, ("", (name,)))
        test = test_of(made, names)
        if not anchor or not test:
            lacks = "definition" if not anchor else "test"
            absent.append(f"{called} (varmodel/{made}) has no {lacks}")
        held = "; ".join(mark.words for mark in marks if called in mark.names)
        link = f"[formula](explanation/formulas.md#{anchor})"
        lines.append(f"| `{called}` | {link} | `{test}` | {held} |")
    absent += [f"a test is marked with {x}" for m in marks for x in m.names if x not in known]
    bare = {name for _, name, _ in figures()}
    absent += [f"no code has {name}, which is defined" for name in set(definitions()) - bare]
    if absent:
        raise LookupError("docs/traceability.md: " + "; ".join(absent))
    return f"# Traceability\n\n{SAYS}\n\n{HEAD}" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
