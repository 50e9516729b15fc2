"""A saving is annual only where the model says what a year is."""

import pytest

from tests.publish.analysed import analysed
from varmodel.publish.report import report_html
from varmodel.publish.wording.periods.annual import if_it_lasted, saving_name, time_of_saving
from varmodel.spec.share import TransientShare

SHARE = TransientShare(0.2, 0.1)


@pytest.mark.parametrize(
    ("fields", "name", "lasted"),
    [
        ({}, "saving over the time of the table", ""),
        ({"annualise": 1}, "annual saving", ""),
        ({"annualise": 12}, "annual saving", "if this period's gap lasted the year"),
        ({"period": "quarter"}, "annual saving", "if this quarter's gap lasted the year"),
        ({"period": "quarter", "transient_share": SHARE}, "annual saving", ""),
    ],
)
def test_what_a_saving_is_called(fields, name, lasted):
    x = analysed(**fields)
    assert saving_name(x.fit.spec) == name
    assert if_it_lasted(x.fit) == lasted
    assert time_of_saving(x.fit.spec) == ("in a year" if "annual" in name else name[7:])


def test_a_page_without_a_year_has_no_annual_saving():
    page, annual = report_html(analysed()), report_html(analysed(annualise=12))
    assert "What would be saved over the time of the table if all" in page
    assert "annual saving" not in page.lower()
    assert "What would be saved in a year if all" in annual
    assert "if this period&#39;s gap lasted the year" in annual.replace("'", "&#39;")
