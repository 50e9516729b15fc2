"""Published figures do not move in silence: tables made of draws by hand, kept beside this file.

After a change that is meant: `python -m tests.golden.test_figures` writes them anew, and a
fragment in docs/changes says which moved, and why.
"""

import io
from pathlib import Path

import pandas as pd
import pytest

from tests.publish.analysed import NIL, analysed

FOLDER = Path(__file__).parent
CASES = {
    "share": {"form": "share", "marginal": True},
    "share_nil": {"form": "share", "nil": NIL},
    "expected": {"form": "expected", "excluded": (("X9", "a specialist"),)},
    "exposure": {"form": "exposure"},
    "measurements": {"form": "measurements"},
    "published": {"form": "published"},
}


def tables_of(case: str) -> dict[str, pd.DataFrame]:
    """Make the tables of a case, as a CSV file holds them."""
    tables = analysed(**CASES[case]).tables()
    return {name: read(table.to_csv(index=False)) for name, table in tables.items()}


def read(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])


def write(case: str) -> str:
    parts = [
        f"# {name}\n{table.to_csv(index=False, float_format='%.10g', lineterminator='\n')}"
        for name, table in tables_of(case).items()
    ]
    return "\n".join(parts)


@pytest.mark.parametrize("case", CASES)
def test_figures_stand(case):
    parts = (FOLDER / f"{case}.txt").read_text(encoding="utf-8").removeprefix("# ").split("\n\n# ")
    kept = {name: read(text) for name, text in (part.split("\n", 1) for part in parts)}
    found = tables_of(case)
    assert list(found) == list(kept)
    for name, table in found.items():
        whole = {"check_dtype": False}  # 1.0 is written as 1
        pd.testing.assert_frame_equal(table, kept[name], rtol=1e-8, atol=1e-12, obj=name, **whole)


if __name__ == "__main__":
    for case in CASES:
        (FOLDER / f"{case}.txt").write_text(write(case), encoding="utf-8")
