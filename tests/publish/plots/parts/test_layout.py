"""What stands round a picture fits beside it, and is set literally."""

import pytest

from tests.publish.plots.pictures import analysis
from varmodel.publish import plot_rates, plot_volume

TITLE = "Low-cost statin prescribing, turned round: share of statin items that are branded"


@pytest.mark.parametrize("plot", [plot_rates, plot_volume])
@pytest.mark.parametrize("title", [TITLE, "MWM Outcomes " * 6])
def test_a_long_title_is_broken_within_the_picture(plot, title):
    ax = plot(analysis(title=title))
    figure = ax.get_figure()
    figure.draw_without_rendering()
    texts = [ax._left_title, *(text for text in ax.texts if text.get_gid() == "subtitle")]
    for text in texts:
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1
    assert "\n" in ax._left_title.get_text()
