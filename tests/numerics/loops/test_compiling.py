"""Compiled code is never that of other sources, nor of another signature."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba as nb
import pytest

import varmodel as vm
from varmodel.inference.marginal import loops
from varmodel.numerics.loops import compiling

PACKAGE = Path(vm.__file__).parent
LOOP = re.compile(r"(?m)^@_?loop\(")
#: Folders of loops, whose files the name of their cache is made of.
HASHED = ["inference/marginal", "numerics/loops"]
KERNELS = [
    path
    for folder in HASHED
    for path in sorted((PACKAGE / folder).rglob("*.py"))
    if LOOP.search(path.read_text(encoding="utf-8"))
]
#: An outer function of `normals` that inlines exp, of `elementary`: the log of e^0 + e^0.
CALL = """
import numpy as np
from varmodel.inference.marginal import loops
from varmodel.inference.marginal.likelihood.batch import BATCH, Cells, room_for_rows
from varmodel.inference.marginal.quadrature.batches import normals

cells = Cells(*np.zeros((4, 1, BATCH)))
room = normals.Room(room_for_rows(), cells, *np.zeros((2, 2, BATCH)))
normals._sum_logs(room)
hits = sum(normals._sum_logs.stats.cache_hits.values())
print(room.s[normals.SUM], hits, loops.folder())
"""


def call(copy, home, *, before=""):
    """Run in a process of its own: the number, hits of the cache, and the folder taken."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": str(home)}
    run = subprocess.run(
        [sys.executable, "-c", before + CALL],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
    )
    assert run.returncode == 0, run.stderr
    number, hits, folder = run.stdout.split()
    return float(number), int(hits), Path(folder)


def test_a_change_of_an_inner_file_gives_another_number(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "varmodel", ignore=shutil.ignore_patterns("__pycache__"))
    home = tmp_path / "cache"
    number, hits, folder = call(tmp_path, home)
    assert (number, hits) == (pytest.approx(0.6931471805599453), 0)
    assert folder.parent == home
    assert call(tmp_path, home) == (number, 1, folder)
    inner = tmp_path / "varmodel" / "inference" / "marginal" / "elementary.py"
    text = inner.read_text(encoding="utf-8")
    term = "return total * np.int64("
    assert text.count(term) == 1
    inner.write_text(text.replace(term, "return 0.5 * total * np.int64("), encoding="utf-8")
    # Numba is there already, its setting taken back by hand: what the user says still counts
    before = f"import numba; numba.config.CACHE_DIR = {str(home)!r}; "
    changed, hits, other = call(tmp_path, tmp_path / "else", before=before)
    assert (changed, hits) == (pytest.approx(0.0, abs=1e-12), 0)
    assert other.parent == home
    assert other != folder


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.stem)
def test_kernels_are_made_of_the_hashed_files_alone(path):
    own = next(folder for folder in HASHED if PACKAGE / folder in path.parents)
    inside = (f"varmodel.{own.replace('/', '.')}.", "varmodel.numerics.loops.compiling")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("varmodel"):
            names_of_types = node.module == "varmodel.values"
            assert names_of_types or node.module.startswith(inside), node.module


def test_all_loops_stand_in_folders_that_are_hashed():
    users = [path for path in PACKAGE.rglob("*.py") if LOOP.search(path.read_text("utf-8"))]
    assert sorted(users) == sorted(KERNELS)


def test_numba_is_told_to_compile_in_one_place():
    users = [path for path in PACKAGE.rglob("*.py") if "import numba" in path.read_text("utf-8")]
    assert [path.relative_to(PACKAGE).as_posix() for path in users] == [
        "numerics/loops/compiling.py"
    ]


def test_numba_keeps_its_own_settings():
    before = nb.config.CACHE_DIR
    held = loops.loop()(lambda x: x + 1)
    assert before == nb.config.CACHE_DIR
    assert Path(held._cache.cache_path).parent == loops.folder()


def test_two_processes_never_write_one_file_of_code(monkeypatch):
    """Both read the same index, and each then saves another signature."""
    function = lambda x: x + 1  # noqa: E731 (both copies stand on one line)
    first = loops.loop()(function)
    monkeypatch.setattr(compiling, "_PROCESS", "another")
    second = loops.loop()(function)
    names = {held._cache._cache_file._data_name(1) for held in (first, second)}
    assert len(names) == 2
    first(1), second(1.0)
    assert (loops.loop()(function)(1), loops.loop()(function)(1.5)) == (2, 2.5)
