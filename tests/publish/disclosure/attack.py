"""What somebody who wants a hidden count can do with the files of one publication, or of two.

The attacker knows the policy and the code, and reads what is on disk. Every count of a provider
and period is a whole number; every figure shown is a constraint on sums of them.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from varmodel.publish.disclosure.policies import HIDDEN

#: Beyond all counts of these tests.
MOST = 10_000


@dataclass(frozen=True)
class Publication:
    """What one publication shows: of each provider its marks, over a window of periods."""

    window: range
    events: dict[str, str]
    cases: dict[str, str]


def read(folder, window):
    """Read the first indicator of a publication back.

    Crude rates and totals are held to be made of what is shown.
    """
    texts = {"dtype": str, "keep_default_na": False}
    rows = pd.read_csv(folder / "ranking.csv", **texts)
    total = pd.read_csv(folder / "indicators.csv", **texts).iloc[0]
    rows = rows[rows["indicator"] == total["indicator"]]
    marks = {
        name: dict(zip(rows["provider"], rows[name], strict=True))
        for name in ("events", "cases", "observed")
    }
    for name in ("events", "cases"):
        shown = [float(mark) for mark in marks[name].values() if mark not in (HIDDEN, "")]
        assert total[f"{name}_shown"] == (str(float(sum(shown))) if shown else "")
    for code, mark in marks["observed"].items():
        if mark not in (HIDDEN, ""):
            assert float(mark) == float(marks["events"][code]) / float(marks["cases"][code])
    return Publication(window, marks["events"], marks["cases"])


def box(mark, policy):
    """Give the least and the largest count that are shown by this mark."""
    if mark == HIDDEN:
        return 1, policy.highest
    value = float(mark)
    if value == 0:
        return 0, 0
    half = policy.nearest / 2
    low = policy.highest + 1 if value == policy.least else math.ceil(value - half)
    return low, math.ceil(value + half) - 1


def solutions(publications, code, *, policy, wanted):
    """Give the least and the largest value of a sum of counts that all figures bear.

    ``wanted`` holds a weight for each (events or cases, period).
    """
    periods = max(p.window.stop for p in publications)
    rows, ends = [], []
    for publication in publications:
        for kind, marks in enumerate((publication.events, publication.cases)):
            rows.append(sum_over(publication.window, kind, periods).ravel())
            ends.append(box(marks[code], policy))
    for period in range(periods):  # no more events than cases
        weights = np.zeros((2, periods))
        weights[:, period] = -1, 1
        rows.append(weights.ravel())
        ends.append((0, MOST))
    constraints = LinearConstraint(np.array(rows), *np.transpose(ends))
    return tuple(_end(sign * wanted.ravel(), constraints, sign) for sign in (1, -1))


def _end(weights, constraints, sign):
    whole = np.ones(weights.size)
    found = milp(weights, integrality=whole, bounds=Bounds(0, MOST), constraints=constraints)
    assert found.success, found.message
    return round(sign * found.fun)


def sum_over(window, kind, periods):
    """Weigh the counts of one kind in a window."""
    weights = np.zeros((2, periods))
    weights[kind, window.start : window.stop] = 1
    return weights
