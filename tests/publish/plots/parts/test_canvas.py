"""New figures belong to nobody else."""

import gc
import weakref

from matplotlib import pyplot as plt

from varmodel.publish.plots.parts.canvas import new_picture, root_scale, svg_of


def test_a_figure_goes_with_its_axes():
    before = plt.get_fignums()
    ax = new_picture(width=4, height=3)
    figure = weakref.ref(ax.figure)
    assert tuple(ax.figure.get_size_inches()) == (4, 3)
    assert plt.get_fignums() == before
    del ax
    gc.collect()
    assert figure() is None


def test_a_notebook_gets_a_sharp_picture_of_the_size():
    png, size = new_picture(width=4, height=3)._repr_png_()
    assert size == {"width": 400, "height": 300}
    assert int.from_bytes(png[16:20], "big") == 800


def test_axes_without_a_figure_show_nothing():
    ax = new_picture(width=4, height=3)
    ax.remove()
    assert ax._repr_png_() is None


def test_the_scale_is_the_square_root():
    scale = root_scale(0.64)
    assert [float(scale(value)) for value in (0.0, 0.16, 0.64)] == [0.0, 0.5, 1.0]


def test_more_rows_than_pixels_are_pixels():
    def drawn(count):
        ax = new_picture(width=4, height=3)
        ax.hlines(range(count), 0, 1)
        ax.plot([0.5] * count, range(count), "o")
        return svg_of(ax)

    few, many = drawn(600), drawn(601)
    assert "<image" not in few
    assert many.count("<image") >= 1
    assert len(many) < len(few) / 2
