"""The shape of the house: its layers, its sizes, what it loads, what it says of itself."""

import ast
import graphlib
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc

import varmodel as vm

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "varmodel"
MODULES = sorted(PACKAGE.rglob("*.py"))

MODULE_LINES, FUNCTION_LINES, USUAL_FUNCTION_LINES = 300, 40, 25
LONGER_MODULES: dict[str, int] = {}  # "varmodel/room/module.py": its lines, never above 400
ARGUMENTS, VERB_ARGUMENTS, POSITIONAL = 8, 10, 2
PROTOCOL = {
    "log_likelihood",
    "score",
    "information",
    "draw",
    "weight",
    "canonical_weight",
    "recursion",
}  # rows of the family table
#: The third argument of a verb that goes by position, as its contract has it.
BY_CONTRACT = {"sensitivity"}
COMPILED = {"_loop", "implements", "jit", "loop", "njit", "operation"}  # they know no keyword-only

SAMPLERS = {"nutpie", "pymc", "pytensor"}
HEAVY = {*SAMPLERS, "arviz", "arviz_stats", "duckdb", "jinja2", "matplotlib", "numba"}
#: Packages and parts of packages that a use does without.
SLOW = {"scipy.optimize", "scipy.stats"}
#: What every fit or page needs, but no import, help or check of options.
LATE = {
    *("filelock", "numpy", "pandas", "rich.console", "xarray"),
    *("scipy", "scipy.fft", "scipy.linalg", "scipy.special"),
}
UNSAFE_CALLS = {"eval", "exec", "__import__"}
UNSAFE_MODULES = {"cloudpickle", "dill", "marshal", "pickle", "shelve", "yaml"}
UNSAFE_ATTRIBUTES = {"read_pickle", "to_pickle"}
UNSAFE_KEYWORDS = {"allow_pickle", "shell"}

# folders of tests beside the rooms
CROSS_CUTTING = {"browser", "calibration", "engines", "golden", "hostile", "models", "truth"}
OF_THE_REPOSITORY = {"test_architecture.py", "test_bootstrap.py", "test_docs.py"}
# one test over all rows of a room's table, or over all of its verbs
OF_A_WHOLE_ROOM = {"test_contract.py", "test_invariance.py", "test_protocol.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, ast.AST]]:
    """Every node of these kinds in the package, with its place."""
    for path in MODULES:
        for node in ast.walk(tree(path)):
            if isinstance(node, kinds):
                yield f"{name_of(path)}:{getattr(node, 'lineno', 0)}", node


def functions() -> Iterator[tuple[str, Function]]:
    for place, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        yield f"{place} {node.name}", node


# Layers


def test_import_contracts():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stdout + run.stderr


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_no_two_modules_import_each_other():
    """Imports inside functions and for annotations count; so does any longer way round."""
    paths = {module_of(path): path for path in MODULES}
    imports = {
        name: {
            found if (found := f"{node.module}.{alias.name}") in paths else node.module
            for node in ast.walk(tree(path))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        & set(paths)
        for name, path in paths.items()
    }
    graphlib.TopologicalSorter(imports).prepare()  # raises where there is a circle


def test_imports_are_absolute():
    assert [place for place, node in nodes(ast.ImportFrom) if node.level] == []


def test_no_import_depends_on_an_exception():
    tries = nodes(ast.Try, ast.TryStar)
    imports = (ast.Import, ast.ImportFrom)
    found = [place for place, node in tries if any(isinstance(n, imports) for n in ast.walk(node))]
    assert found == []


def test_init_holds_only_imports_and_names():
    def belongs(node: ast.stmt) -> bool:
        if isinstance(node, ast.Assign):
            return {ast.unparse(target) for target in node.targets} <= {"__all__", "__version__"}
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        return docstring or isinstance(node, ast.Import | ast.ImportFrom)

    body = tree(PACKAGE / "__init__.py").body
    assert [node.lineno for node in body if not belongs(node)] == []


def test_init_of_a_room_defines_nothing():
    defined = (ast.FunctionDef, ast.ClassDef)
    inits = sorted(PACKAGE.glob("*/**/__init__.py"))
    found = [name_of(p) for p in inits if any(isinstance(n, defined) for n in ast.walk(tree(p)))]
    assert found == []


def mapped(path: Path) -> list[str]:
    """Names on the right of a package's map: thing -> thing, two spaces or more, functions."""
    lines = (ast.get_docstring(tree(path)) or "").splitlines()[1:]
    arrows = [re.split(r"  +", line.strip()) for line in lines if "->" in line]
    return [name for _, *names in arrows for name in ", ".join(names).split(", ")]


def exists(name: str, package: str) -> bool:
    *modules, last = name.split(".")
    return hasattr(importlib.import_module(".".join([package, *modules])), last)


PACKAGES = [path for path in MODULES if path.name == "__init__.py"]


@pytest.mark.parametrize("path", PACKAGES, ids=name_of)
def test_a_package_opens_with_a_map_of_names_that_exist(path):
    package = importlib.import_module(module_of(path))
    names = mapped(path)
    assert names, "a map of the pipeline: thing -> thing, the function on the right"
    assert [name for name in names if not exists(name, package.__name__)] == []


# Sizes


#: Beside its shelves.
FOLDER_MODULES = 14
LEAST_LINES = 30
#: The door alone.
SHORT = {"varmodel/__main__.py"}


def test_folders_have_shelves():
    folders = {path.parent for path in MODULES}
    full = {name_of(f): n for f in folders if (n := len(list(f.glob("*.py")))) > FOLDER_MODULES}
    assert full == {}


def test_no_module_is_a_scrap():
    short = {
        name_of(path)
        for path in set(MODULES) - set(PACKAGES)
        if len(path.read_text(encoding="utf-8").splitlines()) < LEAST_LINES
    }
    assert short == SHORT


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_size(path):
    allowed = min(LONGER_MODULES.get(name_of(path), MODULE_LINES), 400)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= allowed


def lines(node: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_function_size():
    sizes = {place: lines(node) for place, node in functions()}
    assert {place: size for place, size in sizes.items() if size > FUNCTION_LINES} == {}
    long = {place: size for place, size in sizes.items() if size > USUAL_FUNCTION_LINES}
    assert len(long) <= len(sizes) / 10, long


def arguments(node: Function) -> tuple[int, int]:
    """How many arguments a function has, and how many of them go by position."""
    positional = [a.arg for a in node.args.posonlyargs + node.args.args]
    by_position = len(positional) - (positional[:1] in (["self"], ["cls"]))
    return by_position + len(node.args.kwonlyargs), by_position


def is_compiled(node: Function) -> bool:
    return any(
        getattr(n, "id", getattr(n, "attr", None)) in COMPILED
        for decorator in node.decorator_list
        for n in ast.walk(decorator)
    )


def test_function_arguments():
    too_many, too_many_by_position = [], []
    for place, node in functions():
        if node.name.startswith("__"):
            continue
        total, by_position = arguments(node)
        allowed = VERB_ARGUMENTS if node.name in vm.__all__ else ARGUMENTS
        if total > allowed and not is_compiled(node):
            too_many.append(place)
        free = node.name.startswith("_") or node.name in PROTOCOL | BY_CONTRACT or is_compiled(node)
        if by_position > POSITIONAL and not free:
            too_many_by_position.append(place)
    assert not too_many, "\n".join(too_many)
    assert not too_many_by_position, "\n".join(too_many_by_position)


# What is loaded


LOADED = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
COMMAND = "from varmodel.cli import main; sys.argv = ['varmodel', {}]; sys.exit(main())"
FIT = """
import pandas, varmodel as vm
table = {"hospital": list("ABCD"), "operations": [47, 148, 119, 810], "deaths": [3, 18, 8, 46]}
spec = vm.load_model("surgical_mortality")
frame = vm.prepare(spec, pandas.DataFrame(table))
rates = vm.adjusted_rates(vm.fit(spec, frame, random_seed=1, sampler="marginal", provisional=True))
vm.summarise(vm.rank(rates, better="lower"))
"""
USES = {
    "import": ("import varmodel", HEAVY | SLOW | LATE),
    "help": (COMMAND.format("'--help'"), HEAVY | SLOW | LATE),
    "check": (COMMAND.format("'check', '--help'"), HEAVY | SLOW | LATE),
    "fit": (FIT, HEAVY - {"numba"} | SLOW - {"scipy.optimize"}),
}


@pytest.mark.parametrize("use", USES)
def test_nothing_heavy_is_loaded(use):
    code, absent = USES[use]
    command = [sys.executable, "-c", f"{LOADED}\n{code}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    loaded = set(run.stderr.splitlines()[-1].split())
    assert "varmodel" in loaded
    assert loaded & absent == set()


# What is never done


def test_nothing_is_evaluated_or_unpickled():
    found = [p for p, node in nodes(ast.Name) if node.id in UNSAFE_CALLS]
    found += [p for p, node in nodes(ast.Attribute) if node.attr in UNSAFE_ATTRIBUTES]
    found += [p for p, node in nodes(ast.keyword) if node.arg in UNSAFE_KEYWORDS]
    for place, node in nodes(ast.Import, ast.ImportFrom):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        found += [place for name in names if (name or "").partition(".")[0] in UNSAFE_MODULES]
    assert found == []


# One name, one thing


#: Rows of one table keep one protocol, each in its own module.
PROTOCOLS = {"families": PROTOCOL | {"PARAMETERS", "constant", "derived", "deviation"}}
#: What the compiled loops of the marginal sampler have of their own, or twice: not to grow.
LOOPS = PACKAGE / "inference" / "marginal"
OF_THE_LOOPS = {
    *("Cells", "EVEN", "EXPECTED_EFFECT", "EXPECTED_GROWTH", "Index", "Problem"),
    *("log_rising", "normalise"),
    # one number a provider and one block a provider have one anatomy
    *("MOST", "Points", "Room", "SUM", "locate", "take_provider"),
    "Place",  # of a provider among its draws; pages know a place in an order
}


def defined(path: Path) -> Iterator[str]:
    """Public names that a module defines itself."""
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            stored = (n for target in node.targets for n in ast.walk(target))
            names = [n.id for n in stored if isinstance(n, ast.Name)]
        elif isinstance(node, ast.AnnAssign | ast.TypeAlias):
            target = node.target if isinstance(node, ast.AnnAssign) else node.name
            names = [ast.unparse(target)]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def test_no_name_is_defined_twice():
    places: dict[str, list[str]] = {}
    for path in set(MODULES) - set(PACKAGES):
        room = path.relative_to(PACKAGE).parts[0]
        twins = OF_THE_LOOPS if LOOPS in path.parents else set()
        for name in set(defined(path)) - PROTOCOLS.get(room, set()) - twins:
            places.setdefault(name, []).append(name_of(path))
    assert {name: sorted(there) for name, there in places.items() if len(there) > 1} == {}


# Where the sentence of a verdict stands


WORDING = PACKAGE / "publish" / "wording"
#: What is said of a result, by words that nothing else is said in.
VERDICTS = (
    r"PROVISIONAL|told apart from chance|shown to matter|mostly noise|\bnil to\b|"
    r"(?:can be|nobody is|provider is) named|named for|tends? to (?:over|under)state|"
    r"does not have|shape of the effects is|"
    r"\bcredibl[ey]|not cash|no result|a result\b|no better (?:place|end)|passed all checks"
)
#: Below the pages: the stamp that draws carry with them, and a warning of the table.
CARRIED = {
    "varmodel/fits/fit.py": {"PROVISIONAL"},
    "varmodel/frame/providers/support.py": {"does not have", "named for"},
}


def texts(path: Path) -> Iterator[str]:
    """Every text of a module but its docstrings; of a template, all of it but its commands."""
    if path.suffix == ".j2":
        yield re.sub(r"(?s){[{%].*?[%}]}", " ", path.read_text(encoding="utf-8"))
        return
    module = tree(path)
    bare = (n.value for n in ast.walk(module) if isinstance(n, ast.Expr))
    docstrings = {id(value) for value in bare if isinstance(value, ast.Constant)}
    for node in ast.walk(module):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.value


def test_the_sentence_of_a_verdict_stands_with_the_wording():
    said = {
        name_of(path): found
        for path in [*MODULES, *PACKAGE.rglob("*.j2")]
        if WORDING not in path.parents
        and (found := {word for text in texts(path) for word in re.findall(VERDICTS, text)})
    }
    assert said == CARRIED


# Tests


def test_tests_mirror_the_package():
    def has_a_place(path: Path) -> bool:
        room = path.relative_to(ROOT / "tests").parent
        if room.parts[:1] and room.parts[0] in CROSS_CUTTING:
            return True
        if path.name in (OF_A_WHOLE_ROOM if room.parts else OF_THE_REPOSITORY):
            return True
        module = PACKAGE / room / path.name.removeprefix("test_")
        return module.is_file() or (not room.parts and module.with_suffix("").is_dir())

    tests = sorted((ROOT / "tests").rglob("test_*.py"))
    assert [name_of(path) for path in tests if not has_a_place(path)] == []


# What is said


def documented(thing: object) -> tuple[set[str], bool]:
    """Arguments that a docstring names, and whether it says what comes back."""
    doc = ClassDoc(thing) if inspect.isclass(thing) else FunctionDoc(thing)
    named = [p.name for section in ("Parameters", "Attributes") for p in doc[section]]
    names = {n.strip().lstrip("*") for name in named for n in name.split(",")}
    return names, bool(doc["Returns"] or doc["Yields"])


def public_things() -> Iterator[tuple[str, object]]:
    """Every exported name, and the methods that an exported class defines itself."""
    for name in sorted(set(vm.__all__) - {"__version__"}):
        thing = getattr(vm, name)
        yield name, thing
        if inspect.ismodule(thing):  # functions grouped by the reader's question
            yield from ((f"{name}.{member}", getattr(thing, member)) for member in thing.__all__)
        members = vars(thing).items() if inspect.isclass(thing) else ()
        for member, value in members:
            method = getattr(value, "__func__", value)  # of a class method
            if not member.startswith("_") and (
                inspect.isfunction(method) or isinstance(value, property)
            ):
                yield f"{name}.{member}", method


def undocumented(thing: object) -> list[str]:
    """Say what the docstring of a public thing leaves out."""
    if not inspect.getdoc(thing):
        return ["docstring"]
    if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, BaseException)):
        return []
    names, returns = documented(thing)
    signature = inspect.signature(thing)
    missing = [p for p in signature.parameters if p not in {*names, "self", "cls"}]
    silent = signature.return_annotation in (None, "None", signature.empty)
    return missing + ([] if inspect.isclass(thing) or returns or silent else ["Returns"])


def test_public_names_are_documented():
    found = {name: undocumented(thing) for name, thing in public_things()}
    assert {name: missing for name, missing in found.items() if missing} == {}


def test_docs_reference_is_the_exports():
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    listed = re.findall(r"^### `(\w+)`", text, flags=re.MULTILINE)
    assert sorted(listed) == sorted(set(vm.__all__))


def pages() -> Iterator[tuple[Path, str]]:
    """Every page, without its blocks of code."""
    folders = (ROOT / "docs", ROOT / "models")
    for page in [*ROOT.glob("*.md"), *(p for folder in folders for p in folder.rglob("*.md"))]:
        yield page, re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))


def test_docs_links_resolve():
    broken = []
    for page, prose in pages():
        links = re.findall(r"\]\(([^)\s]+)\)", prose)
        targets = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:", link)]
        broken += [f"{name_of(page)}: {t}" for t in targets if not (page.parent / t).exists()]
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Give what a link may point at in a page: its headings, as GitHub and MyST write them."""
    prose = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    headings = re.findall(r"(?m)^#+ +(.+?) *$", prose)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def test_docs_links_point_at_headings():
    broken = []
    for page, prose in pages():
        for target, anchor in re.findall(r"\]\(([^)\s:#]*)#([^)\s]+)\)", prose):
            there = (page.parent / target) if target else page
            if there.suffix == ".md" and anchor not in anchors(there):
                broken.append(f"{name_of(page)}: {target}#{anchor}")
    assert broken == []


def test_docs_name_files_that_exist():
    absent = []
    for page, prose in pages():
        named = re.findall(r"`((?:docs|models|tests|varmodel)/[\w./-]*)`", prose)
        absent += [f"{name_of(page)}: {path}" for path in named if not (ROOT / path).exists()]
    assert absent == []
