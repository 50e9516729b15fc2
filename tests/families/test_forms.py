"""Response forms: what a frame of a form holds."""

import numpy as np
import pytest

from varmodel.families import FAMILIES, FORMS


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_cells_read_the_statistics_of_the_form(form):
    held = {name: np.full(2, float(i)) for i, name in enumerate(form.statistics, start=2)}
    cells = form.cells(held)
    assert cells.response is held[form.response]
    assert (cells.size == (held[form.size] if form.size else 1.0)).all()
    assert cells.spread is (held[form.spread] if form.spread else None)
    assert cells.error is (held[form.error] if form.error else None)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_no_two_forms_of_a_family_take_the_same_columns(family):
    assert len({frozenset(form.columns) for form in family.forms}) == len(family.forms)


def test_a_cell_weighs_its_size_or_its_precision():
    sized, held = FORMS["measurements"], {"mean": [1, 2.0], "measurements": [4, 9.0]}
    held = {name: np.array(values) for name, values in held.items()}
    cells = sized.cells({**held, "sum_of_squares": np.zeros(2)})
    assert cells.weight.tolist() == [4, 9]
    known = FORMS["published"].cells({"value": np.ones(2), "standard_error": np.array([0.5, 2])})
    assert known.weight.tolist() == [4, 0.25]


def test_rows_are_cells_where_a_second_column_is_named():
    records = {name for name, form in FORMS.items() if form.rows == "records"}
    assert records == {name for name, form in FORMS.items() if len(form.columns) == 1}
