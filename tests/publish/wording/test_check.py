"""The predictive check in words: what lies outside is said, and of whom."""

import numpy as np
import pytest
import xarray as xr

from tests.publish.analysed import analysed
from varmodel.publish.wording.check import check_of, print_check


def found_of(observed, *, same=(0.0, 1.0), new=(0.0, 1.0)):
    tables = np.stack([np.linspace(*same, 201), np.linspace(*new, 201)])
    return xr.Dataset(
        {
            "observed": ("statistic", [observed]),
            "new": (("providers", "statistic", "table"), tables[:, np.newaxis]),
        },
        coords={"statistic": ["spread"], "providers": ["same", "new"]},
    )


@pytest.mark.parametrize(
    ("observed", "new", "reading"),
    [
        (0.5, (0.0, 1.0), "as the model would give"),
        (0.99, (0.0, 2.0), "above that of the same providers"),
        (0.01, (-1.0, 1.0), "below that of the same providers"),
        (0.5, (0.6, 1.0), "below that of new providers"),
        (0.5, (0.0, 0.4), "above that of new providers"),
    ],
)
def test_what_lies_outside_is_said(observed, new, reading):
    table = print_check(found_of(observed, new=new), provisional=False)
    assert table.rows[0][1].text == reading


def test_intervals_hold_95_of_100_tables():
    row = print_check(found_of(0.5), provisional=False).rows[0]
    assert [cell.text for cell in row[2:]] == ["0.500", "0.0250 to 0.975", "0.0250 to 0.975"]


@pytest.mark.parametrize(("form", "rows"), [("share", 4), ("expected", 4), ("measurements", 3)])
def test_every_statistic_has_a_row(form, rows):
    fit = analysed(form).fit
    found = check_of(fit)
    table = print_check(found, provisional=False)
    assert len(table.rows) == rows
    assert 150 <= found.sizes["table"] <= 400
    assert str(found.sizes["table"]) in table.caption
    assert check_of(fit).identical(found)


def test_a_provisional_check_is_stamped():
    assert print_check(found_of(0.5), provisional=True).caption.startswith("PROVISIONAL. ")
