"""Labels that other programs read as missing, or that a spreadsheet has rewritten as numbers.

They are taken as they stand, for real codes look like them; but a row of R's NA would be a ranked
provider, in silence.
"""

import re
from collections.abc import Mapping

from varmodel.errors import warn
from varmodel.frame.coded import Coded
from varmodel.frame.reading import Distinct
from varmodel.frame.reading.numbers import Finding
from varmodel.frame.rows import Rows
from varmodel.spec import ModelSpec

_MARKS = frozenset({"na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nat", "null", "none", "nan"})
_MARKS |= {"-", "--", "."}
_SCIENTIFIC = re.compile(r"[0-9]+(?:\.[0-9]+)?e\+?[0-9]+")

MISSING_MARK = Finding(
    "KEY.MISSING_MARK",
    "a text that elsewhere stands for a missing value is taken as a label",
    "where the label is missing, fill it in or leave its rows out; a real code stays as it is",
)
SCIENTIFIC = Finding(
    "KEY.MISSING_MARK",
    "a label in the scientific form of a spreadsheet is taken as it stands",
    "look the code up in the source and import the column as text; a real code stays as it is",
)


def finding_of(text: str) -> Finding | None:
    """Say what is doubtful about a label; None where nothing is."""
    plain = text.strip().casefold()
    if plain in _MARKS:
        return MISSING_MARK
    return SCIENTIFIC if _SCIENTIFIC.fullmatch(plain) else None


def warn_of_marks(
    spec: ModelSpec, rows: Rows, *, distinct: Distinct, factors: Mapping[str, Coded]
) -> None:
    """Warn of doubtful labels among providers, their names and the levels of factors."""
    names = [spec.provider, *([spec.provider_name] if rows.provider_name else []), *factors]
    for name in filter(None, names):
        levels = [level for level in distinct.columns[name].levels if isinstance(level, str)]
        for finding in (MISSING_MARK, SCIENTIFIC):
            wanted = [(level,) for level in levels if finding_of(level) is finding]
            if wanted:
                code, message, fix = finding.code, finding.message, finding.fix
                warn(distinct.problem(code, message, columns=[name], wanted=wanted, fix=fix))
