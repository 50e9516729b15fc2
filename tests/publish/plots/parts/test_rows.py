"""Rows: names move as little as they must."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from tests.publish.plots.pictures import analysis, parts
from varmodel.publish import plot_rates
from varmodel.publish.plots.parts.rows import ends_first, spread


def test_positions_with_room_stay():
    wanted = np.array([0.0, 5.0, 9.0])
    assert np.array_equal(spread(wanted, gap=2.0, low=0.0, high=10.0), wanted)


def test_a_crowd_is_spread_about_its_middle():
    found = spread(np.array([5.0, 5.0, 5.0]), gap=2.0, low=0.0, high=10.0)
    assert np.allclose(found, [3.0, 5.0, 7.0])


def test_nobody():
    assert spread(np.array([]), gap=1.0, low=0.0, high=1.0).size == 0


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_neighbours_keep_their_distance_and_the_bounds(values):
    found = spread(np.sort(np.array(values)), gap=4.0, low=0.0, high=100.0)
    assert (np.diff(found) >= 4.0 - 1e-9).all()
    assert found[0] >= -1e-9
    assert found[-1] <= 100 + 1e-9


def test_both_ends_come_first():
    rows = np.arange(100)
    found = ends_first(rows, [50, 0, 51, 52, 53, 54, 55, 56])
    assert found[:4] == [0, 99, 1, 98]
    assert found[16:] == [50, 51, 52, 53, 54, 55]
    assert sorted(ends_first(np.arange(4))) == [0, 1, 2, 3]


def test_small_axes_name_fewer():
    found = analysis(providers=150, shape=(2, 20), terms=("age",))
    ax = Figure(figsize=(5, 2)).subplots()
    few = parts(plot_rates(found, ax=ax), "name")
    many = parts(plot_rates(found), "name")
    assert 0 < len(few) < len(many)


def test_the_first_name_belongs_to_the_first_row():
    found = analysis(providers=150, shape=(2, 20), terms=("age",))
    names = parts(plot_rates(found), "name")
    best = found.rates.mean(("chain", "draw")).idxmin("provider").item()
    top = min(names, key=lambda text: text.get_position()[1])
    assert top.get_text() == best
