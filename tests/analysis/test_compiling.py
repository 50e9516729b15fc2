"""What is compiled ahead: every family by the road of an analysis."""

import subprocess
import sys

import pytest

from varmodel.analysis import compiling
from varmodel.analysis.compiling import (
    LIBRARY_FAMILIES,
    SAME_KERNELS,
    compile_kernels,
    named_families,
)
from varmodel.families import FAMILIES
from varmodel.spec import list_models, load_model


@pytest.fixture
def here(monkeypatch):
    """Work in this process, where analyses are written down instead of made."""
    asked = []
    monkeypatch.setattr(compiling, "_PROCESSES", 1)
    monkeypatch.setattr(compiling, "analyse", lambda spec, table, **_: asked.append((spec, table)))
    return asked


def test_a_table_of_each_family_goes_through_with_one_period_and_several(here):
    done = list(compile_kernels(tuple(FAMILIES)))
    assert sorted(done) == sorted(
        f"{family}, {periods}"
        for family in FAMILIES
        for periods in ("one period", "several periods")
    )
    assert {spec.family for spec, _ in here} == set(FAMILIES)
    for spec, table in here:
        assert ("period" in table) == (spec.period is not None)
        assert spec.unit_cost is not None  # or the shape would not be refitted


def test_the_usual_families_are_those_of_the_library():
    families = {load_model(name).family for name in list_models()}
    assert {SAME_KERNELS.get(family, family) for family in families} == set(LIBRARY_FAMILIES)
    assert named_families(every=False) == LIBRARY_FAMILIES
    assert set(named_families(every=True)) == set(FAMILIES)


COMPILED_TWICE = """
import varmodel.analysis.compiling as compiling
print(list(compiling.compile_kernels(["poisson"])))
from numba.core import event
with event.install_recorder("numba:compile") as seen:
    compiling._analyse_one("poisson", periods=1)
    compiling._analyse_one("gamma", periods=4)  # reads what poisson has compiled
print("compiled", len(seen.buffer))
"""


@pytest.mark.long
def test_a_run_after_it_compiles_nothing(tmp_path):
    environ = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", COMPILED_TWICE]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "compiled 0"
