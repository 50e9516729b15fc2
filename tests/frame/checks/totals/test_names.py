import pytest

from varmodel.frame.checks.totals.names import aggregates, is_aggregate


@pytest.mark.parametrize(
    "text",
    [
        *("England", " UK ", "Grand  Total", "U.K.", "NORTHERN IRELAND", "United States", "Totals"),
        *(
            "ALL ENGLISH PROVIDERS",
            "All ages",
            "All age",
            "Total*",
            "Persons",
            "Both sexes",
            "Subtotal",
        ),
        *("England total", "Total (England)", "Total - all providers", "all trusts", "Sub-total"),
        *("E92000001", "k02000001", "W92000004", "England & Wales", "Great Britain", "National"),
        *("All specialties", "Total patients", "Provider total", "National average", "All England"),
        *("All treatment functions", "Total of all ages", "Persons, all ages", "All NHS Trusts"),
    ],
)
def test_totals_are_found_case_blanks_and_points_aside(text):
    assert is_aggregate(text)


@pytest.mark.parametrize(
    "text",
    [
        *("RJ1", "England General", "Allen", "New England", "All Saints Hospital", "15+", ""),
        *(
            "University Hospitals of North Midlands",
            "Walesby Surgery",
            "Total Care Ltd",
            "E1",
            "K0",
        ),
        *("National Hospital for Neurology", "Royal National Hospital", "Total knee", "All other"),
        *("All other providers", "England Road Practice", "NHS England", "E12000001", "Personal"),
        *(
            "The National Hospital",
            "Unknown",
            "Both",
            "Male",
            "General surgery",
            "Acute",
            "Wales St",
        ),
        *("All Saints Practices", "Union", "Hospital of St John", "Total Hip Replacement"),
        *("Total Health Care", "All adults", "All Care Ltd", "The Total Centre for Health"),
    ],
)
def test_other_labels_are_no_totals(text):
    assert not is_aggregate(text)


def test_nations_side_by_side_are_parts_and_a_model_may_know_better():
    assert aggregates(["England", "Wales", "UK"]) == {"UK"}
    assert aggregates(["England", "RA1", "Wales"]) == {"England", "Wales"}
    assert aggregates(["UK", "RA1", "Total"], known=["UK"]) == {"Total"}
