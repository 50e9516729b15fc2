"""The heatmap shows rank probabilities: places of few, slices of many."""

import numpy as np
import pytest

from tests.publish.plots.pictures import analysis, parts
from varmodel.errors import SpecError
from varmodel.estimands import rank_probabilities
from varmodel.publish import plot_rank_probabilities


def field(ax):
    (image,) = parts(ax, "probability")
    return np.asarray(image.get_array())


@pytest.mark.parametrize("of", ["analysis", "ranks", "probability"])
def test_places_of_few(of):
    found = analysis()
    probability = found.ranks["probability"]
    x = {"analysis": found, "ranks": found.ranks, "probability": probability}[of]
    ax = plot_rank_probabilities(x)
    order = np.argsort(found.ranks["expected_rank"].to_numpy(), kind="stable")
    assert np.allclose(field(ax), probability.to_numpy()[order])
    assert ax.get_xlim() == (0.5, 12.5)
    assert ax.get_ylim() == (11.5, -0.5)


def test_numbers_stand_in_the_cells_of_few():
    found = analysis()
    shares = field(plot_rank_probabilities(found))
    written = parts(plot_rank_probabilities(found), "written")
    assert len(written) == (shares >= 0.005).sum()
    for text in written:
        column, row = text.get_position()
        assert float(text.get_text()) == pytest.approx(shares[int(row), int(column) - 1], abs=0.006)


def test_slices_of_many():
    found = analysis(providers=150, shape=(2, 20), terms=("age",))
    order = np.argsort(found.ranks["expected_rank"].to_numpy(), kind="stable")
    slices = rank_probabilities(found.ranks["rank"], bins=25)
    for x in (found, slices):
        shares = field(plot_rank_probabilities(x))
        assert np.allclose(shares.sum(axis=1), 1)
        assert np.allclose(shares, slices.to_numpy()[order], atol=0 if x is found else 1)
    ax = plot_rank_probabilities(found)
    assert ax.get_xlabel() == "slice of the order, 1 the better end (6 places each)"
    assert not parts(ax, "written")


def test_other_arrays_are_refused():
    with pytest.raises(SpecError, match="dimensions"):
        plot_rank_probabilities(analysis().rates)
