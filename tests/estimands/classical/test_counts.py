import numpy as np

from tests.estimands.hand_made import make_frame, make_spec
from varmodel.estimands.classical.counts import read_counts


def test_counts_are_added_over_cells_and_expected_at_the_rate_of_all():
    spec = make_spec("exposure")
    statistics = {"events": [2, 3, 10, 5], "exposure": [10.0, 30, 20, 40]}
    design = np.zeros((2, 0))
    frame = make_frame(
        spec, provider=[0, 0, 1, 1], pattern=[0, 1, 0, 1], design=design, **statistics
    )
    found = read_counts(frame)
    np.testing.assert_allclose(found.observed, [5, 15])
    np.testing.assert_allclose(found.expected, [8, 12])
    np.testing.assert_allclose(found.aim, found.size)
    assert found.centre == 1
    assert not found.is_share
