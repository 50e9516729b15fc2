"""Loops are left alone where nothing has loaded them, but for long work."""

import subprocess
import sys

CODE = """
import sys
from varmodel.numerics.loops.worth import LONG_COUNT, LONG_DRAW, LONG_SUM
from varmodel.numerics.loops.worth import worth_counting, worth_drawing, worth_summing
print(worth_counting(1e6), worth_counting(LONG_COUNT), "numba" in sys.modules)
import numba
print(worth_counting(1.0), worth_summing(LONG_SUM - 1), worth_summing(LONG_SUM))
print(worth_drawing(LONG_DRAW - 1), worth_drawing(LONG_DRAW))
"""


def test_short_work_does_not_load_numba_and_what_is_loaded_moves_no_sum():
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [
        "False",
        "True",
        "False",
        *["True", "False", "True"],
        "False",
        "True",
    ]
