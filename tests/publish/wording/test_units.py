import pytest

from tests.frame.hand_made import make_model
from varmodel.publish.wording.units import in_unit, unit_factor


@pytest.mark.parametrize(
    ("form", "unit", "rate", "said"),
    [
        ("share", "%", 0.45437, "45.44 %"),
        ("share", "per 1,000", 0.0123, "12.30 per 1,000"),
        ("expected", "per 100", 1.05, "105.0 per 100"),
        ("measurements", "days", 3.2168, "3.217 days"),
        ("measurements", "%", 3.2168, "3.217 %"),
        ("share", None, 0.45437, "0.4544"),
        ("share", "%", float("nan"), ""),
    ],
)
def test_a_rate_is_written_in_its_unit(form, unit, rate, said):
    assert in_unit(make_model(form, unit=unit), rate) == said


def test_no_digit_is_written_that_the_error_does_not_support():
    spec = make_model(unit="per 1,000")
    assert unit_factor(spec) == 1000
    assert in_unit(spec, 0.012345, mcse=0.0002) == "12 per 1,000"
