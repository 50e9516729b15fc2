"""What needs more than one fit's draws: figures, the nil rule (no pages)."""

from varmodel.studies.figures import Figures, make_figures
from varmodel.studies.nil import NilVerdict, judge_nil
from varmodel.studies.truth import Comparison, compare_with_truth

__all__ = [
    "Comparison",
    "Figures",
    "NilVerdict",
    "compare_with_truth",
    "judge_nil",
    "make_figures",
]
