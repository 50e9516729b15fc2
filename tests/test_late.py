"""The package gives all that its stub says, and nothing before it is asked for."""

import subprocess
import sys

import pytest

import varmodel as vm
from varmodel import late


def test_every_name_of_the_stub_is_there():
    assert len(vm.__all__) > 80
    for name in vm.__all__:
        assert getattr(vm, name) is not None
    assert set(vm.__all__) <= set(dir(vm))
    assert vm.report is vm.publish.write_report


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="'varmodel' has no attribute 'fot'"):
        late.__getattr__("fot")
    with pytest.raises(ImportError, match="fot"):
        from varmodel import fot  # noqa: F401


def test_what_one_name_needs_is_all_that_is_loaded():
    code = """
import sys, varmodel
varmodel.SpecError
print("numpy" in sys.modules)
varmodel.prepare
print("varmodel.frame" in sys.modules, "varmodel.publish" in sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True", "False"]


def test_a_part_that_nobody_has_loaded_is_there_at_once():
    code = "import varmodel; print(len(varmodel.classical.__all__) > 3)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True"]
