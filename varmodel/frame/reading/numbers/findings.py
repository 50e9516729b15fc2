"""Why a raw value is refused: one home of the words."""

from dataclasses import dataclass

from varmodel.frame.reading.numbers.plain import LARGEST_COUNT


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a raw value is refused.

    Attributes
    ----------
    code : str
        A VALUE code.
    message : str
        What is wrong with the value.
    fix : str
        What to do.
    """

    code: str
    message: str
    fix: str


NOT_A_NUMBER = Finding(
    "VALUE.NUMBER",
    "not a plain decimal number",
    "write ASCII digits such as 1234.5, without thousands separators, currency or units; "
    "a count without an exponent",
)
SUPPRESSED = Finding(
    "VALUE.SUPPRESSED",
    "a suppression mark or a range stands for the number",
    "obtain the figure, or leave the provider's rows out; a mark is never read as 0",
)
MISSING = Finding("VALUE.MISSING", "the value is missing", "fill it in, or leave the row out")
NONFINITE = Finding("VALUE.NONFINITE", "not a finite number", "give a finite number")
NONINTEGER = Finding(
    "VALUE.NONINTEGER",
    "a count is not whole",
    "give whole counts: of a proportion the events behind it; round a quarter's sum, not its "
    "months; where shared patients count as a half, say half_counts = true under [indicator]",
)
NOT_A_HALF = Finding(
    "VALUE.NONINTEGER",
    "a count is no multiple of .5, as half_counts says that all are",
    "give counts in halves, or round the quarter's sum rather than its months",
)
RANGE = Finding(
    "VALUE.RANGE",
    "not representable: too large or too small",
    f"check the unit; a whole number may reach {LARGEST_COUNT}",
)
NOT_A_LABEL = Finding(
    "VALUE.NUMBER",
    "a label is not a text: fractions have no one spelling",
    "read the column as text, so that 007 stays 007",
)
TRUTH = Finding(
    "VALUE.NUMBER",
    "a word for true or false is no number",
    'write 1 and 0: in pandas .map({"yes": 1, "no": 0}) with the words of the column, in a '
    'spreadsheet =IF(A1="yes", 1, 0); a column whose type is boolean is read as it is',
)
