"""What takes more than one step or fit: figures, the nil rule, the shape (no pages).

fit -> figures                          figures.make_figures
fit -> is there anything to save on     nil.judge_nil
fit -> is the effects' shape believed   shape.judge_shape
fit, truth -> comparison                truth.compare_with_truth
spec -> what the priors say             prior.prior_predictive
"""

from varmodel.studies.conflict import prior_conflict
from varmodel.studies.figures import Figures, make_figures
from varmodel.studies.nil import NilVerdict, judge_nil, require_relevance
from varmodel.studies.prior import prior_predictive
from varmodel.studies.shape import Shape, judge_shape, mixed_predictive
from varmodel.studies.truth import Comparison, compare_with_truth

__all__ = [
    "Comparison",
    "Figures",
    "NilVerdict",
    "Shape",
    "compare_with_truth",
    "judge_nil",
    "judge_shape",
    "make_figures",
    "mixed_predictive",
    "prior_conflict",
    "prior_predictive",
    "require_relevance",
]
