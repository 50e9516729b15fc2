"""Counts put together by pattern and by group say what their cells say."""

import numpy as np
import pytest

from varmodel.families import FAMILIES, Cells
from varmodel.families.grouped import by_pattern, group_counts, information_of_design

PATTERN, GROUP = np.array([0, 1, 2, 0, 2, 1, 1]), np.array([0, 0, 0, 1, 1, 1, 2])


def counts(tables=5, seed=3):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 30, len(PATTERN)).astype(float)
    response = np.floor(size * rng.random((tables, len(size))))
    return Cells(response[0], size), response, rng.normal(-1, 1, (tables, 3))


@pytest.mark.parametrize("name", ["binomial", "poisson"])
def test_scores_and_information_are_sums_over_the_cells(name):
    family, (cells, response, eta) = FAMILIES[name], counts()
    grouped = group_counts(family, cells, pattern=PATTERN, group=GROUP, patterns=3)
    total = np.add.reduceat(response, [0, 3, 6], axis=1)
    found = grouped.sums(total, eta, own={})
    each = Cells(response, cells.size)
    for one, function in zip(found, (family.score, family.information), strict=True):
        exact = np.add.reduceat(function(each, eta[:, PATTERN], {}), [0, 3, 6], axis=1)
        np.testing.assert_allclose(one, exact, rtol=1e-12, atol=1e-12)


def test_what_is_not_linear_in_size_is_not_put_together():
    cells, _, _ = counts()
    known = {"pattern": PATTERN, "group": GROUP, "patterns": 3}
    assert group_counts(FAMILIES["negative_binomial"], cells, **known) is None
    scattered = Cells(cells.response, cells.size, spread=np.ones(7))
    assert group_counts(FAMILIES["normal"], scattered, **known) is None


def test_a_pattern_holds_its_cells():
    cells, response, _ = counts()
    weight = np.linspace(0.5, 1.0, 7)
    found = by_pattern(cells, response, pattern=PATTERN, patterns=3, weight=weight)
    for p in range(3):
        own = p == PATTERN
        assert found.size[p] == pytest.approx(cells.size[own] @ weight[own])
        np.testing.assert_allclose(found.response[:, p], response[:, own] @ weight[own])


def test_products_of_terms_are_weighted_by_information():
    design = np.array([[1.0, 2.0], [1.0, -1.0], [1.0, 0.5]])
    information = np.array([[0.2, 1.0, 3.0], [0.0, 2.0, 0.1]])
    for one, found in zip(information, information_of_design(information, design), strict=True):
        np.testing.assert_allclose(found, design.T @ np.diag(one) @ design)
