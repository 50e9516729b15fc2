import re

import numpy as np
import pandas as pd
import pytest

from tests.frame.checks.warnings.test_covariates import found
from tests.frame.hand_made import make_model
from varmodel.errors import InputError, VarmodelWarning
from varmodel.frame import prepare
from varmodel.frame.checks.warnings.sentinels import _codes

SPEC = make_model("measurements")
STAYS = np.random.default_rng(8).gamma(1.5, 4, 400).round(1) + 0.1


def stays(*strange, values=STAYS):
    """Ten providers of forty stays, the first of which are replaced."""
    values = np.array(values, dtype=float)
    values[: len(strange)] = strange
    return pd.DataFrame({"trust": np.repeat([f"R{k}" for k in range(10)], 40), "los": values})


@pytest.mark.parametrize(
    "strange", [(99,), (999, 999), (9999,), (9998,), (-1,), (-9, -9), (-41, -3), (-365,) * 5]
)
def test_codes_and_slips_are_named_with_their_rows(strange):
    with pytest.warns(VarmodelWarning) as caught:
        prepare(SPEC, stays(*strange))
    assert caught[0].message.code == "VALUE.SENTINEL"
    assert caught[0].filename == __file__
    problem = caught[0].message.problem
    assert problem.where.rows == tuple(range(len(strange)))
    assert f"{min(strange):g}" in problem.message
    assert "value_range" in problem.fix


def test_numbers_that_belong_to_the_rest_are_none():
    rng = np.random.default_rng(9)
    assert found(SPEC, stays()) == {}
    assert found(SPEC, stays(99, values=rng.normal(80, 15, 400).round())) == {}
    assert found(SPEC, stays(-1, values=rng.normal(2, 1, 400).round(2))) == {}
    assert found(SPEC, stays(999, values=np.exp(rng.normal(5, 1.2, 400)).round(1))) == {}


def test_whole_days_of_minus_one_below_many_of_none():
    days = np.random.default_rng(5).poisson(3, 400)
    assert found(SPEC, stays(values=days)) == {}
    assert set(found(SPEC, stays(*[-1] * 30, values=days))) == {"VALUE.SENTINEL"}


def test_a_covariate_and_a_count_may_hold_codes():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"trust": [f"R{k:02}" for k in range(60)]})
    table["age"], table["cases"] = rng.integers(40, 80, 60), rng.integers(80, 300, 60)
    table["deaths"] = rng.binomial(table["cases"], 0.2)
    spec = make_model(case_mix=("age",))
    assert found(spec, table) == {}
    said = found(spec, table.assign(age=table["age"].where(table.index > 0, 999)))
    assert "column 'age'" in said["VALUE.SENTINEL"]
    said = found(spec, table.assign(cases=table["cases"].where(table.index > 0, 9999)))
    assert "column 'cases'" in said["VALUE.SENTINEL"]


def test_a_range_that_is_stated_is_held_to():
    spec = SPEC.replace(value_range=[0, 120])
    assert found(spec, stays(99)) == {}
    with pytest.raises(InputError) as caught:
        prepare(spec, stays(9999, -3))
    error = caught.value
    assert (error.code, error.count, error.where.rows) == ("VALUE.RANGE", 2, (0, 1))


def test_codes_are_told_by_how_they_are_written():
    """At the ends of what floats hold too, and just beside a row of nines."""
    codes = [99.0, 999, 9998, 99.9, 999.9, 99999999998, 9.9999e9, 9999999999]
    others = [98.0, 98.9, 100, 1000, 989.99, 999.99999999999, 99.9e9, 1e300, 9.99e307, 1.7e308, -99]
    values = np.array(codes + others + [997.0, 0.99])
    told = set(values[_codes(values, least=99)])
    for value in values:
        written = value >= 99 and re.fullmatch(r"9+[89](\.9+)?", f"{value:.10g}")
        assert (value in told) == bool(written), value
    assert {99.0, 999.0, 9998.0, 99.9} <= told
    assert not told & {1.7e308, 9.99e307, 98.0, 1000.0}
