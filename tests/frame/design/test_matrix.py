import numpy as np

from varmodel.frame.coded import code_keys, texts
from varmodel.frame.design.matrix import (
    build_design,
    collinear_problems,
    constant_problems,
    limit_problems,
)
from varmodel.frame.design.terms import TermColumn

WEIGHT = np.array([0.1, 0.2, 0.3, 0.4])


def numeric(name, values):
    return TermColumn(name, "numeric", code_keys(np.array(values, dtype=float), np.arange(4)))


def factor(name, values):
    return TermColumn(name, "factor", code_keys(texts(values), np.arange(4)))


def test_numbers_are_centred_and_scaled_by_weight():
    design = build_design([numeric("age", [1, 2, 3, 4])], WEIGHT)
    assert design.names == ["age"]
    np.testing.assert_allclose(design.mean, [3])
    np.testing.assert_allclose(design.sd, [1])
    np.testing.assert_allclose(design.matrix[:, 0], [-2, -1, 0, 1])


def test_levels_are_centred_only():
    design = build_design([factor("sex", ["M", "F", "F", "U"])], WEIGHT)
    assert design.names == ["sex[M]", "sex[U]"]
    np.testing.assert_allclose(design.mean, [0.1, 0.4])
    assert design.sd.tolist() == [1, 1]
    np.testing.assert_allclose(design.matrix[0], [0.9, -0.4])


def test_huge_numbers_keep_their_scale():
    for unit in (1e-90, 1e90):
        design = build_design([numeric("age", np.array([1, 2, 3, 4]) * unit)], WEIGHT)
        np.testing.assert_allclose(design.matrix[:, 0], [-2, -1, 0, 1])


def test_a_column_constant_where_anybody_is_is_refused():
    weight = np.array([0.5, 0.5, 0, 0])
    columns = [numeric("age", [7, 7, 8, 9]), factor("sex", ["F", "M", "F", "M"])]
    (problem,) = constant_problems(columns, weight)
    assert (problem.code, problem.where.column, problem.value) == ("DESIGN.CONSTANT", "age", "7.0")


def test_dependent_terms_are_named():
    columns = [
        numeric("age", [1, 2, 3, 5]),
        numeric("other", [4, 1, 1, 0]),
        numeric("months", [12, 24, 36, 60]),
    ]
    (problem,) = collinear_problems(build_design(columns, WEIGHT), WEIGHT)
    assert problem.message in {
        "months is a linear combination of age",
        "age is a linear combination of months",
    }


def test_more_terms_than_patterns_are_dependent():
    columns = [factor("sex", ["F", "M", "F", "M"]), factor("band", ["a", "b", "c", "d"])]
    assert len(collinear_problems(build_design(columns, WEIGHT), WEIGHT)) == 1


def test_a_design_without_terms_is_sound():
    design = build_design([], WEIGHT)
    assert design.matrix.shape == (4, 0)
    assert collinear_problems(design, WEIGHT) == []


def test_a_factor_of_many_levels_shows_its_strangest_text():
    levels = [*map(str, range(100)), "4o"]
    column = TermColumn("age", "factor", code_keys(texts(levels), np.arange(101)))
    (problem,) = limit_problems([column])
    assert (problem.count, problem.value) == (101, "4o")
