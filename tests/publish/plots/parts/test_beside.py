"""Figures at the right of rows: of all, or of some where there is no room."""

import numpy as np
import pytest

from varmodel.publish.plots.parts.beside import write_beside
from varmodel.publish.plots.parts.canvas import new_picture


@pytest.mark.parametrize(("count", "told"), [(3, 3), (300, 12)])
def test_each_row_has_its_figure_where_there_is_room(count, told):
    ax = new_picture(width=4, height=3)
    ax.set_ylim(count - 0.5, -0.5)
    write_beside(ax, np.linspace(0.1, 0.9, count), heading="Pr", gid="beside")
    found = [text for text in ax.texts if text.get_gid() == "beside"]
    assert len(found) == told
    assert (found[0].get_text(), found[0].get_position()[1]) == ("0.10", 0)
    assert (found[-1].get_text(), found[-1].get_position()[1]) == ("0.90", count - 1)
    assert ax.texts[-1].get_text() == "Pr"
