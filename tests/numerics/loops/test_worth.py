"""Loops are left alone where nothing has loaded them, but for long work."""

import subprocess
import sys

CODE = """
import sys
from varmodel.numerics.loops.worth import LONG_WORK, worth_compiling
print(worth_compiling(1e6), worth_compiling(LONG_WORK), "numba" in sys.modules)
import numba
print(worth_compiling(1.0))
"""


def test_short_work_does_not_load_numba():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True", "False", "True"]
