import pytest

from varmodel.frame.checks.labels.marks import MISSING_MARK, SCIENTIFIC, finding_of


@pytest.mark.parametrize("text", ["NA", " n/a ", "NULL", "None", "nan", "-", ".", "#N/A"])
def test_what_elsewhere_is_missing_is_doubtful(text):
    assert finding_of(text) is MISSING_MARK


@pytest.mark.parametrize("text", ["5E1", "1E+05", "1.2e10"])
def test_what_a_spreadsheet_wrote_is_doubtful(text):
    assert finding_of(text) is SCIENTIFIC


@pytest.mark.parametrize("text", ["RNA", "E5", "5E", "R1E5", "A-B", "N", "1-2", "007", "Unknown"])
def test_other_labels_are_not(text):
    assert finding_of(text) is None
