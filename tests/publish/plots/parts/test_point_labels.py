"""Names beside points: where there is room, and nowhere else."""

import numpy as np
from matplotlib.figure import Figure

from tests.publish.plots.pictures import overlaps, parts
from varmodel.publish.plots.parts.point_labels import name_points


def axes():
    ax = Figure(figsize=(5, 4)).subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return ax


def test_points_with_room_are_named():
    ax = axes()
    name_points(ax, np.array([0.2, 0.8]), y=np.array([0.3, 0.7]), names=["a", "b"], notable=[1, 0])
    assert [text.get_text() for text in parts(ax, "name")] == ["b", "a"]


def test_the_more_notable_takes_the_room():
    ax = axes()
    x = np.linspace(0.5, 0.51, 40)
    names = [f"name {number}" for number in range(40)]
    name_points(ax, x, y=x, names=names, notable=range(39, -1, -1))
    found = parts(ax, "name")
    assert found[0].get_text() == "name 39"
    assert len(found) < 10
    assert overlaps({text: text.get_window_extent().extents for text in found}, by=0.0) == []


def test_no_name_leaves_the_axes():
    ax = axes()
    x = np.array([0.999, 0.5])
    name_points(ax, x, y=x, names=["n" * 20, "n" * 200], notable=[0, 1])
    (text,) = parts(ax, "name")
    assert text.get_window_extent().x1 <= ax.get_window_extent().x1
