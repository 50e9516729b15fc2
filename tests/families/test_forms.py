"""Response forms: what a frame of a form holds."""

import numpy as np
import pytest

from varmodel.families import FORMS


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_cells_read_the_statistics_of_the_form(form):
    held = {name: np.full(2, float(i)) for i, name in enumerate(form.statistics, start=2)}
    cells = form.cells(held)
    assert cells.response is held[form.response]
    assert (cells.size == (held[form.size] if form.size else 1.0)).all()
    assert cells.spread is (held[form.spread] if form.spread else None)
    assert cells.error is (held[form.error] if form.error else None)


def test_no_two_forms_take_the_same_columns():
    assert len({frozenset(form.columns) for form in FORMS.values()}) == len(FORMS)


def test_rows_are_cells_where_a_second_column_is_named():
    records = {name for name, form in FORMS.items() if form.rows == "records"}
    assert records == {name for name, form in FORMS.items() if len(form.columns) == 1}
