"""What is compiled ahead: every family by the road of a run."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from varmodel.analysis import compiling
from varmodel.analysis.compiling import (
    LIBRARY_FAMILIES,
    LOOPS_OF_EFFECTS,
    SAME_KERNELS,
    compile_kernels,
    named_kinds,
)
from varmodel.families import FAMILIES
from varmodel.spec import list_models, load_model


@pytest.fixture
def here(monkeypatch):
    """Work in this process, where analyses are written down instead of made."""
    asked = []

    def noted(spec, table, **_):
        asked.append((spec, table))
        return SimpleNamespace(report=lambda path: path.touch())

    monkeypatch.setattr(compiling, "_PROCESSES", 1)
    monkeypatch.setattr(compiling, "analyse", noted)
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
    assert named_kinds(every=False) == (LIBRARY_FAMILIES, ("normal",))
    assert named_kinds(every=True) == (tuple(FAMILIES), LOOPS_OF_EFFECTS)


def test_other_effects_are_compiled_where_they_have_loops_of_their_own(here):
    done = list(compile_kernels(["poisson"], effects=LOOPS_OF_EFFECTS))
    assert [(spec.effect, spec.period is None) for spec, _ in here] == [
        ("normal", False),
        ("normal", True),
        ("student_t", True),
    ]
    assert done[-1] == "poisson, one period, student_t effects"


RUN_AFTER_IT = """
import warnings
import varmodel as vm
from varmodel.analysis.compiling import _model, compile_kernels
print(list(compile_kernels(["binomial", "poisson"])))

def run(family, providers, periods, **fields):
    spec = _model(family, periods=periods).replace(**fields)
    made = vm.simulate(spec, providers=providers, periods=periods, random_seed=2)
    vm.analyse(spec, made.table, random_seed=2, progressbar=False, provisional=True)

from numba.core import event
with event.install_recorder("numba:compile") as seen, warnings.catch_warnings():
    warnings.simplefilter("ignore")
    run("binomial", 150, 1)
    run("binomial", 64, 1, case_mix=(), classes="kind")
    run("binomial", 40, 4, case_mix=("sex", "a", "b", "c"))  # so many cells that they have loops
    run("binomial", 64, 3, transient="none")
    run("gamma", 30, 1)  # reads what poisson has compiled
    run("poisson", 40, 4, transient="iid")
print(sorted({x.data["dispatcher"].py_func.__name__ for _, x in seen.buffer}))
"""


@pytest.mark.long
def test_a_run_after_it_compiles_nothing_whatever_its_table(tmp_path):
    environ = {"NUMBA_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", RUN_AFTER_IT]
    run = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
