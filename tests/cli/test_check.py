"""varmodel check: what a table holds, and nothing written."""

import pandas as pd
import pytest

MODEL = """
schema = 1
name = "beds"
[indicator]
provider = "trust"
numerator = "deaths"
denominator = "cases"
better = "lower"
[exclusions]
kind = { values = ["cancer"], reason = "different case mix" }
[model]
family = "binomial"
case_mix = ["sex"]
"""


@pytest.fixture
def model(tmp_path):
    (tmp_path / "beds.toml").write_text(MODEL)
    return tmp_path / "beds.toml"


@pytest.fixture
def table(tmp_path):
    frame = pd.DataFrame(
        {
            "trust": [name for name in ("RA1", "RA2", "RA3", "RA4", "RX9") for _ in "FM"],
            "sex": list("FM") * 5,
            "kind": ["acute"] * 8 + ["cancer"] * 2,
            "deaths": [3, 5, 2, 7, 0, 4, 3, 3, 9, 9],
            "cases": [40, 50, 30, 80, 0, 60, 20, 20, 90, 90],
        }
    )
    frame.loc[4, "deaths"] = 0
    frame.to_csv(tmp_path / "beds.csv", index=False)
    return tmp_path / "beds.csv"


def test_what_was_read_is_told_with_its_warnings(command, model, table, tmp_path):
    before = sorted(tmp_path.iterdir())
    found = command("check", model, table)
    assert found.code == 0
    assert found.err == ""
    lines = found.out.splitlines()
    assert lines[0] == f"beds: {table} can be fitted"
    told = (line[2:].partition("  ") for line in lines[1:] if line[:2] == "  ")
    facts = {name.strip(): value.strip() for name, _, value in told}
    assert facts["rows"] == "10"
    assert facts["providers"] == "4"
    assert facts["periods"] == "1 (no period column)"
    assert facts["excluded"] == "1: RX9 (different case mix)"
    assert facts["terms"] == "1: sex[M]"
    assert facts["a year"] == "nothing is called annual: activity is over the time of the table"
    assert lines[-1].startswith("warning: COUNT.ZERO_DENOMINATOR: ")
    assert sorted(tmp_path.iterdir()) == before


def test_a_table_that_cannot_be_fitted_is_refused(command, model, table):
    text = table.read_text().replace("RA2,F,acute,2", "RA2,F,acute,<5")
    table.write_text(text)
    found = command("check", model, table)
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith("VALUE.SUPPRESSED: ")
    assert "line 4" in found.err


def test_a_missing_file_is_refused(command, model):
    found = command("check", model, "nowhere.csv")
    assert found.code == 2
    assert found.err.startswith("INPUT.NOT_FOUND: ")


def test_a_model_that_does_not_exist_is_refused_with_the_nearest(command, surgical):
    found = command("check", "surgical_mortalty", surgical)
    assert found.code == 2
    assert "surgical_mortality" in found.err


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ('period = "quarter"', "4 times the mean activity of a quarter"),
        ('period = "quarter"\nannualise = 2', "2 times the mean activity of a quarter"),
        ("annualise = 12", "12 times the activity of the table"),
    ],
)
def test_what_a_year_is_is_told(command, model, table, stated, said):
    model.write_text(MODEL.replace('better = "lower"', f'better = "lower"\n{stated}'))
    table.write_text(
        table.read_text().replace("trust,", "quarter,trust,").replace("\nR", "\n2006Q1,R")
    )
    (year,) = (line for line in command("check", model, table).out.splitlines() if "a year" in line)
    assert year.split(maxsplit=2)[2] == said
