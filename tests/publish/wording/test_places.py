"""Three places, called by their number where they are no quarters."""

import numpy as np
import pytest
import xarray as xr

from varmodel.publish.wording.places import (
    place_names,
    place_titles,
    placed,
    places_note,
    places_words,
)


def test_a_provider_belongs_where_it_is_sure_to_be():
    probs = {
        "prob_top_quarter": [0.95, 0.949, 0.0, 0.0, 0.02],
        "prob_middle": [0.05, 0.051, 0.04, 0.95, 0.94],
        "prob_bottom_quarter": [0.0, 0.0, 0.96, 0.05, 0.04],
    }
    ranks = xr.Dataset({name: ("provider", np.array(values)) for name, values in probs.items()})
    assert placed(ranks) == [
        *("top quarter", "not sure", "bottom quarter", "middle half", "not sure")
    ]


@pytest.mark.parametrize(
    ("count", "names"),
    [
        (4, ["top 1 of 4", "middle 2 of 4", "bottom 1 of 4"]),
        (5, ["top 2 of 5", "middle 1 of 5", "bottom 2 of 5"]),
        (8, ["top quarter", "middle half", "bottom quarter"]),
        (1_002, ["top 251 of 1,002", "middle 500 of 1,002", "bottom 251 of 1,002"]),
    ],
)
def test_what_the_places_are_called(count, names):
    assert list(place_names(count).values()) == [*names, "not sure"]
    assert bool(places_note(count)) == (count != 8)


def test_where_there_is_room_the_quarter_is_named_too():
    assert places_words(5) == "the top 2 of 5, the middle 1 of 5 or the bottom 2 of 5"
    assert places_words(8) == "the top quarter, the middle half or the bottom quarter"
    assert list(place_titles(70).values()) == [
        *("top quarter (18 of 70)", "middle half (34 of 70)", "bottom quarter (18 of 70)"),
        "not sure",
    ]
