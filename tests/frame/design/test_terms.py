import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model
from varmodel.errors import DesignError, InputError, SpecError
from varmodel.frame import prepare
from varmodel.spec import Factor, Interaction, Spline

RNG = np.random.default_rng(11)
SIZE = 600
TABLE = pd.DataFrame(
    {
        "trust": [f"R{k:02d}" for k in RNG.integers(0, 12, SIZE)],
        "age": RNG.integers(20, 90, SIZE),
        "bmi": RNG.normal(25, 4, SIZE).round(2),
        "sex": np.array(["F", "M"])[RNG.integers(0, 2, SIZE)],
        "band": np.array(["a", "b", "c"])[RNG.integers(0, 3, SIZE)],
        "deaths": RNG.integers(1, 9, SIZE),
        "cases": RNG.integers(19, 99, SIZE),
    }
)


def prepared(*terms, table=TABLE):
    return prepare(make_model(case_mix=terms, rows="records"), table)


def raw(frame, **columns):
    """Columns of the table by pattern, which are sorted by them."""
    found = TABLE[list(columns)].drop_duplicates().sort_values(list(columns))
    assert len(found) == frame.sizes["pattern"]
    return found


def test_factors_times_factors():
    frame = prepared("band", "sex", Interaction(["band", "sex"]))
    names = ["band[b]", "band[c]", "sex[M]", "band[b]:sex[M]", "band[c]:sex[M]"]
    assert frame["term"].values.tolist() == names
    rows = raw(frame, band=0, sex=0)
    both = ((rows["band"] == "b") & (rows["sex"] == "M")).to_numpy(float)
    wanted = both - frame["pattern_weight"].values @ both
    np.testing.assert_allclose(frame["design"].sel(term="band[b]:sex[M]"), wanted, atol=1e-15)
    assert frame["term_sd"].values.tolist() == [1.0] * 5


def test_numbers_times_levels_and_numbers_are_centred_and_scaled_first():
    terms = ("age", "sex", "bmi", Interaction(["age", "sex"]), Interaction(["age", "bmi"]))
    frame = prepared(*terms)
    assert frame["term"].values.tolist() == ["age", "sex[M]", "bmi", "age:sex[M]", "age:bmi"]
    rows = raw(frame, age=0, sex=0, bmi=0)
    weight = frame["pattern_weight"].values
    men = (rows["sex"] == "M").to_numpy(float)
    age, bmi = frame["design"].sel(term="age").values, frame["design"].sel(term="bmi").values
    for name, product in {"age:sex[M]": age * men, "age:bmi": age * bmi}.items():
        np.testing.assert_allclose(
            frame["design"].sel(term=name), product - weight @ product, atol=1e-12
        )


def test_the_order_of_the_list_is_that_of_the_design():
    frame = prepared(Interaction(["sex", "age"]), "age", "sex")
    assert frame["term"].values.tolist() == ["sex[M]:age", "age", "sex[M]"]
    other = prepared("age", "sex", Interaction(["sex", "age"]))
    np.testing.assert_array_equal(
        frame["design"].sel(term=other["term"]).values, other["design"].values
    )


def test_three_columns_may_be_multiplied():
    pairs = [Interaction(pair) for pair in (["sex", "band"], ["sex", "age"], ["band", "age"])]
    frame = prepared("sex", "band", "age", *pairs, Interaction(["sex", "band", "age"]))
    assert frame["term"].values.tolist()[-2:] == ["sex[M]:band[b]:age", "sex[M]:band[c]:age"]


def test_a_curve_and_its_products():
    frame = prepared(Spline("age", 3), Factor("sex"), Interaction(["age", "sex"]))
    assert frame["term"].values.tolist() == [
        *("age[spline 1]", "age[spline 2]", "age[spline 3]", "sex[M]"),
        *("age[spline 1]:sex[M]", "age[spline 2]:sex[M]", "age[spline 3]:sex[M]"),
    ]
    design = frame["design"].values[:, :3]
    weighted = frame["pattern_weight"].values[:, None] * design
    np.testing.assert_allclose(design.T @ weighted, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(weighted.sum(axis=0), 0, atol=1e-12)
    line = prepared("age", Factor("sex"))["design"].values[:, 0]
    np.testing.assert_allclose(design[:, 0], line, atol=1e-12)


def test_a_curve_needs_numbers():
    table = TABLE.assign(age=TABLE["age"].astype(str).where(TABLE.index != 3, "sixty"))
    with pytest.raises(InputError) as caught:
        prepared(Spline("age", 3), table=table)
    assert (caught.value.code, caught.value.where.rows) == ("VALUE.NUMBER", (3,))
    assert prepared("bmi", table=table)["term"].values.tolist() == ["bmi"]


def test_a_curve_needs_enough_numbers():
    table = TABLE.assign(age=TABLE["age"] // 20)
    with pytest.raises(DesignError) as caught:
        prepared(Spline("age", 5), table=table)
    (problem,) = caught.value.problems
    assert problem.code == "DESIGN.COLLINEAR"
    assert "4 different numbers" in problem.message
    assert len(prepared(Spline("age", 3), table=table)["term"]) == 3


def test_levels_that_never_meet_are_refused():
    table = TABLE[(TABLE["band"] != "b") | (TABLE["sex"] != "M")]
    with pytest.raises(DesignError) as caught:
        prepared("band", "sex", Interaction(["band", "sex"]), table=table)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where.column) == ("DESIGN.COLLINEAR", "band[b]:sex[M]")
    assert "join levels" in problem.fix


def test_products_that_say_the_same_as_a_level_are_refused():
    table = TABLE[(TABLE["band"] != "b") | (TABLE["sex"] == "M")]
    with pytest.raises(DesignError, match=r"DESIGN\.COLLINEAR: band\[b\]"):
        prepared("band", "sex", Interaction(["band", "sex"]), table=table)


def test_an_interaction_of_too_many_levels_is_refused():
    table = TABLE.assign(day=TABLE.index % 50, hour=TABLE.index % 3)
    terms = (Factor("day"), Factor("hour"), Interaction(["day", "hour"]))
    assert len(prepared(*terms, table=table)["term"]) == 49 + 2 + 98
    table["hour"] = TABLE.index % 4
    with pytest.raises(SpecError) as caught:
        prepared(*terms, table=table)
    assert (caught.value.code, caught.value.count) == ("FORMULA.LIMIT", 147)
