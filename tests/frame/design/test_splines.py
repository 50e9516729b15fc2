import json

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from varmodel.frame.design.splines import curve_from, learn

RNG = np.random.default_rng(3)
AGES = np.unique(RNG.integers(0, 100, 80)).astype(float)
WEIGHT = RNG.uniform(0.1, 3, len(AGES))


@pytest.mark.parametrize("df", [2, 3, 4, 7, 10])
def test_columns_are_orthogonal_of_sd_one_and_begin_with_the_line(df):
    curve = learn(AGES, WEIGHT, df=df)
    columns = np.stack(curve.columns(AGES), axis=1)
    weight = WEIGHT / WEIGHT.sum()
    columns -= weight @ columns
    np.testing.assert_allclose(columns.T @ (weight[:, None] * columns), np.eye(df), atol=1e-9)
    line = AGES - weight @ AGES
    np.testing.assert_allclose(columns[:, 0], line / np.sqrt(weight @ line**2), atol=1e-12)


@pytest.mark.parametrize("df", [2, 3, 5])
def test_they_span_the_natural_cubic_splines_of_the_knots(df):
    curve = learn(AGES, WEIGHT, df=df)
    at = np.linspace(*curve.knots[[0, -1]], 300)
    basis = np.column_stack([np.ones(300), *curve.columns(at)])
    for values in np.eye(df + 1):
        wanted = CubicSpline(curve.knots, values, bc_type="natural")(at)
        found = basis @ np.linalg.lstsq(basis, wanted, rcond=None)[0]
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_outside_its_boundary_a_curve_is_held():
    curve = learn(AGES, WEIGHT, df=4)
    low, high, below, above = np.stack(curve.columns(np.array([*AGES[[0, -1]], -50.0, 1e6])), 1)
    np.testing.assert_array_equal(low, below)
    np.testing.assert_array_equal(high, above)


def test_knots_are_quantiles_by_weight():
    many = np.arange(10_001.0)
    np.testing.assert_allclose(
        learn(many, np.ones(10_001), df=4).knots, [0, 2500, 5000, 7500, 10_000], atol=1
    )
    rising = learn(many, many, df=4).knots
    np.testing.assert_allclose(rising, 10_000 * np.sqrt([0, 0.25, 0.5, 0.75, 1]), atol=1)


def test_heaped_numbers_have_different_knots():
    one = learn(np.arange(10.0), np.array([90.0, 1, 1, 1, 1, 1, 1, 1, 1, 1]), df=4)
    np.testing.assert_allclose(one.knots, [0, 1.5, 4, 6.5, 9])  # the heap counts as 3
    two = learn(np.arange(10.0), np.array([90.0, 1, 1, 1, 50, 1, 1, 1, 1, 1]), df=4)
    assert (np.diff(two.knots) > 0.5).all()
    every = learn(np.arange(5.0), np.array([9.0, 8, 7, 6, 0.1]), df=4)
    assert (np.diff(every.knots) > 0).all()


def test_numbers_without_weight_place_no_knot():
    curve = learn(np.array([*AGES, 500.0]), np.array([*WEIGHT, 0.0]), df=4)
    np.testing.assert_array_equal(curve.knots, learn(AGES, WEIGHT, df=4).knots)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_too_few_numbers_make_no_curve(count):
    assert learn(np.arange(float(count)), np.ones(count), df=4) is None
    assert learn(np.arange(5.0), np.ones(5), df=4) is not None


@pytest.mark.parametrize("unit", [1e-80, 1e-3, 1e80])
def test_the_unit_changes_no_column(unit):
    plain, scaled = learn(AGES, WEIGHT, df=4), learn(AGES * unit, WEIGHT, df=4)
    np.testing.assert_allclose(scaled.columns(AGES * unit), plain.columns(AGES), atol=1e-9)


def test_a_curve_goes_through_a_file_to_the_last_bit():
    curve = learn(AGES, WEIGHT, df=5)
    again = curve_from(json.loads(json.dumps(curve.stored)))
    for one, other in zip(curve.columns(AGES), again.columns(AGES), strict=True):
        assert one.tobytes() == other.tobytes()
    alone = [columns[0] for columns in again.columns(AGES[7:8])]
    assert alone == [columns[7] for columns in curve.columns(AGES)]
