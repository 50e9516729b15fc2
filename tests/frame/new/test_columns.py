import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.fits.hand_made import fit_of
from tests.frame.hand_made import make_model
from varmodel.errors import InputError, SpecError
from varmodel.fits import load_fit, save_fit
from varmodel.frame import prepare
from varmodel.frame.new.columns import design_of, read_new
from varmodel.spec import Factor, Interaction, Spline

RNG = np.random.default_rng(5)
SIZE = 400
TABLE = pd.DataFrame(
    {
        "trust": [f"R{k:02d}" for k in RNG.integers(0, 9, SIZE)],
        "quarter": np.array(["2006-07 Q1", "2006-07 Q2", "2006-07 Q3"])[RNG.integers(0, 3, SIZE)],
        "age": RNG.normal(60, 12, SIZE).round(1),
        "bmi": RNG.normal(25, 4, SIZE).round(2),
        "sex": np.array(["F", "M"])[RNG.integers(0, 2, SIZE)],
        "imd": RNG.integers(1, 4, SIZE),
        "deaths": RNG.integers(1, 9, SIZE),
        "cases": RNG.integers(19, 99, SIZE),
    }
)
SPEC = make_model(
    period="quarter",
    rows="records",
    case_mix=(
        *(Spline("age", 4), "bmi", "sex"),
        *(Interaction(["age", "sex"]), Interaction(["bmi", "sex"]), Interaction(["age", "bmi"])),
    ),
    demography=(Factor("imd"), Interaction(["sex", "imd"])),
)
FRAME = prepare(SPEC, TABLE)


def design(table, frame=FRAME, spec=SPEC):
    return design_of(spec, frame, distinct=read_new(frame, table))


def saved(tmp_path):
    shape = {"intercept": (), "provider_sd": (), "coefficients": ("term",)}
    shape |= {"provider_effect": ("provider",)}
    variables = {
        name: (("chain", "draw", *dims), np.ones((4, 4, *(FRAME.sizes[d] for d in dims))))
        for name, dims in shape.items()
    }
    coords = {name: FRAME[name] for name in ("provider", "term")}
    coords |= {"chain": np.arange(4), "draw": np.arange(4)}
    posterior = xr.Dataset(variables, coords=coords)
    save_fit(fit_of(SPEC, FRAME, posterior=posterior), tmp_path / "fit")
    return load_fit(tmp_path / "fit").frame


def test_a_frame_s_own_rows_give_its_own_design(tmp_path):
    own = np.unique(FRAME["design"].values, axis=0)
    for frame in (FRAME, saved(tmp_path)):
        assert np.unique(design(TABLE, frame), axis=0).tobytes() == own.tobytes()


def test_a_row_does_not_depend_on_the_others():
    every = {row.tobytes() for row in design(TABLE)}
    for k in (0, 7, 99):
        (row,) = design(TABLE[k : k + 1])
        assert row.tobytes() in every


def test_only_the_columns_of_the_design_are_needed():
    needed = TABLE.drop(columns=["trust", "deaths", "cases"])
    np.testing.assert_array_equal(design(needed), design(TABLE))
    assert "trust" in read_new(FRAME, TABLE, also=["trust"]).columns


def test_a_curve_is_held_and_a_line_goes_on():
    spec = make_model(case_mix=(Spline("age", 4), "bmi"), rows="records")
    frame = prepare(spec, TABLE)
    ends = TABLE["age"].agg(["min", "max"]).tolist()
    rows = pd.DataFrame({"age": [*ends, 5.0, 150.0], "bmi": 25.0})
    order = np.argsort(rows["age"].to_numpy())
    below, low, high, above = design(rows, frame, spec)
    assert order.tolist() == [2, 0, 1, 3]
    np.testing.assert_array_equal(low, below)
    np.testing.assert_array_equal(high, above)
    one, other = design(pd.DataFrame({"age": 60.0, "bmi": [100.0, 200.0]}), frame, spec)
    np.testing.assert_allclose(other[-1] - one[-1], 100 / frame["term_sd"].values[-1])


def test_an_absent_column_is_unknown():
    with pytest.raises(SpecError) as caught:
        design(TABLE.drop(columns=["sex", "imd"]).rename(columns={"bmi": "BMI"}))
    codes = {(problem.code, problem.where.column) for problem in caught.value.problems}
    assert codes == {("FORMULA.UNKNOWN", name) for name in ("bmi", "sex", "imd")}


def test_new_levels_and_quarters_are_refused():
    table = TABLE.astype({"imd": str})
    table.loc[2, "sex"], table.loc[3, "imd"], table.loc[5, "quarter"] = "X", "5", "2005-06 Q4"
    with pytest.raises(InputError) as caught:
        design(table)
    found = {problem.where.column: problem for problem in caught.value.problems}
    assert set(found) == {"sex", "imd", "quarter"}
    assert {problem.code for problem in found.values()} == {"VALUE.RANGE"}
    assert found["sex"].where.rows == (2,)
    assert "known: F, M" in found["sex"].fix
    assert "2006Q2, 2006Q3, 2006Q4" in found["quarter"].fix


def test_the_coming_quarter_has_the_last_ones_level_and_no_other_has():
    last, coming = (TABLE.assign(quarter=f"2006-07 Q{number}") for number in (3, 4))
    np.testing.assert_array_equal(design(coming), design(last))
    with pytest.raises(InputError, match="more than one after 2006Q4") as caught:
        design(TABLE.assign(quarter="2007-08 Q1"))
    assert caught.value.code == "PERIOD.FORMAT"


def test_what_is_no_number_or_label_is_refused():
    table = TABLE.astype({"age": str, "sex": object})
    table.loc[4, "age"], table.loc[6, "sex"] = "*", None
    with pytest.raises(InputError) as caught:
        design(table)
    codes = {(problem.code, problem.where.rows) for problem in caught.value.problems}
    assert codes == {("VALUE.SUPPRESSED", (4,)), ("VALUE.MISSING", (6,))}


def test_the_engine_changes_no_bit(tmp_path):
    TABLE.to_csv(tmp_path / "new.csv", index=False)
    assert design(tmp_path / "new.csv").tobytes() == design(TABLE).tobytes()


def test_the_nearest_level_is_named():
    spec = make_model(case_mix=("sex",), rows="records")
    table = TABLE.replace({"sex": {"F": "female", "M": "male"}})
    frame = prepare(spec, table)
    with pytest.raises(InputError, match="did you mean 'female'"):
        design(pd.DataFrame({"sex": ["male", "Femal"]}), frame, spec)
