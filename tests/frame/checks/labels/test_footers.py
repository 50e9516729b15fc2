import pytest

from tests.frame.hand_made import make_model, make_table
from varmodel.errors import InputError
from varmodel.frame import prepare
from varmodel.frame.checks.labels.footers import is_note


@pytest.mark.parametrize(
    "text", ["Source: NHS England", "Note 1: provisional", "* too small", "[1] by residence", "© X"]
)
def test_notes_are_told_by_their_words(text):
    assert is_note(text)


@pytest.mark.parametrize("text", ["RJ1", "Noteham Hospital", "Sourceton", "007", "5-17", "", None])
def test_providers_are_no_notes(text):
    assert not is_note(text)


def refused(table):
    with pytest.raises(InputError) as caught:
        prepare(make_model(), table)
    return caught.value.problems


def test_a_footer_padded_with_commas_is_named(tmp_path):
    text = make_table().to_csv(index=False)
    width = text.partition("\n")[0].count(",")
    (tmp_path / "padded.csv").write_text(f"{text}Source: NHS{',' * width}\nR99{',' * width}\n")
    note, label, *rest = refused(tmp_path / "padded.csv")
    assert (note.value, note.where.lines) == ("Source: NHS", (8,))
    assert "below the table" in note.message
    assert (label.value, label.where.lines) == ("R99", (9,))
    assert {each.code for each in (note, label, *rest)} == {"VALUE.MISSING"}


def test_a_ragged_footer_is_named(tmp_path):
    (tmp_path / "ragged.csv").write_text(f"{make_table().to_csv(index=False)}\nSource: NHS, 2019\n")
    (problem,) = refused(tmp_path / "ragged.csv")
    assert (problem.code, problem.value) == ("INPUT.PARSE", "Source: NHS")
    assert problem.fix == "delete line 8 and what follows"


def test_a_total_is_told_beside_figures_that_are_no_numbers():
    table = make_table().astype({"deaths": object, "trust": object})
    table.loc[5, "trust"], table.loc[5, "deaths"] = "England", "1,234"
    assert [problem.code for problem in refused(table)] == ["VALUE.NUMBER", "KEY.AGGREGATE"]
