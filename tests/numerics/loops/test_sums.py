import numpy as np
import pytest

from varmodel.numerics.loops.sums import (
    SIDE,
    compile_sums,
    mean_shares,
    mean_spread_shares,
    room_for_variances,
    sum_rows,
    sum_share_variances,
)

COLUMN, STARTS = np.array([0, 1, 2, 2, 0]), np.array([0, 3, 5])
WEIGHT = np.array([0.2, 0.5, 0.3, 0.6, 0.4])


@pytest.fixture
def draws():
    """Return odds (draw, column) and decay (draw, group), and each row's product (draw, row)."""
    rng = np.random.default_rng(1)
    odds, decay = np.exp(rng.normal(size=(3, 3))), np.exp(rng.normal(size=(3, 2)))
    return odds, decay, odds[:, COLUMN] * np.repeat(decay, [3, 2], axis=1)


def by_group(rows):
    return np.add.reduceat(rows, STARTS[:-1], axis=1)


def test_shares(draws):
    odds, decay, o = draws
    mean_shares(odds, decay, COLUMN, WEIGHT, STARTS)
    np.testing.assert_allclose(decay, by_group(WEIGHT / (1 + o)), rtol=1e-14)


@pytest.mark.parametrize("middle", [0.0, 0.4])
def test_shares_over_a_spread(draws, middle):
    odds, decay, o = draws
    odds[0, 0] = o[0, [0, 4]] = 1e200
    z, weights = np.array([0.7, 1.9]), np.array([middle, 0.25, 0.05])
    growth = 2 * np.cosh(np.array([[0.5], [1.0], [1.5]]) * z)
    wanted = middle / (1 + o)
    for c, weight in zip(growth.T, weights[1:], strict=True):
        root = np.sqrt(c**2 / 4 - 1)
        up, down = (c / 2 + root)[:, None], (c / 2 - root)[:, None]  # e^(sd z), e^(-sd z)
        wanted = wanted + weight * (1 / (1 + o * up) + 1 / (1 + o * down))
    mean_spread_shares(odds, decay, COLUMN, WEIGHT, STARTS, growth, weights)
    np.testing.assert_allclose(decay, by_group(WEIGHT * wanted), rtol=1e-12)


@pytest.mark.parametrize("size", [3, 2 * SIDE + 5])
def test_variances_and_their_products(size):
    rng = np.random.default_rng(1)
    starts = np.array([0, 3, 5, 14])  # groups of fewer than four rows, and of more
    column, weight = rng.integers(0, 3, 14), rng.uniform(0.1, 2.0, 14)
    odds, decay = np.exp(rng.normal(size=(size, 3))), np.exp(rng.normal(size=(size, 3)))
    odds[1, 1] = 1e290
    o = odds[:, column] * np.repeat(decay, np.diff(starts), axis=1)
    design = np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 3.0]])
    sums, held = np.full((size, 3, 3), np.nan), np.full((size, 3), np.nan)
    room = room_for_variances(size, columns=3, terms=2)
    sum_share_variances(odds, decay, (column, weight, starts), design, sums, held, room)
    value = weight * (o / (1 + o)) / (1 + o)
    products = value[..., np.newaxis] * np.column_stack([np.ones(14), design[column]])
    wanted = np.add.reduceat(products, starts[:-1], axis=1)
    np.testing.assert_allclose(sums, wanted, rtol=1e-12, atol=1e-15)
    wanted = [value[:, column == at].sum(axis=1) for at in range(3)]
    np.testing.assert_allclose(held, np.transpose(wanted), rtol=1e-13, atol=1e-200)


def test_values_and_their_products():
    place, values = np.array([3, 0, 4, 1, 2]), np.random.default_rng(1).normal(size=(3, 5))
    design = np.array([[1.0, -2.0], [0.5, 0.0], [0.0, 3.0]])
    sums, held = np.full((3, 2, 3), np.nan), np.full((3, 3), np.nan)
    sum_rows(values, place, COLUMN, STARTS, design, sums, held)
    value = values[:, place]
    wanted = [by_group(value), *(by_group(value * design[COLUMN, term]) for term in (0, 1))]
    np.testing.assert_allclose(sums, np.stack(wanted, axis=2), rtol=1e-12, atol=1e-15)
    wanted = [value[:, column == COLUMN].sum(axis=1) for column in range(3)]
    np.testing.assert_allclose(held, np.transpose(wanted), rtol=1e-12, atol=1e-15)


def test_what_is_compiled_ahead_is_what_is_called(draws):
    loops = (mean_shares, mean_spread_shares, sum_share_variances, sum_rows)
    compile_sums()
    before = [len(loop.signatures) for loop in loops]
    odds, decay, _ = draws
    mean_shares(odds, decay[:2], COLUMN, WEIGHT, STARTS)
    assert [len(loop.signatures) for loop in loops] == before
