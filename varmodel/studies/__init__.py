"""What takes more than one step or fit: figures, the nil rule, the shape (no pages).

fit -> figures                          figures.make_figures
fit -> is there anything to save on     nil.judge_nil
fit, rates -> the order               order.make_order
fit -> sets, of enough draws            order.judge_order
fit -> is the effects' shape believed   shape.judge_shape
fit, truth -> comparison                truth.compare_with_truth
spec -> what the priors say             prior.prior_predictive
fit -> do size and performance agree    volume.judge_volume
fit -> do cells cluster                 clustering.judge_clustering
fit -> what the left out would show     checks.excluded.rates_of_excluded
fit, table -> all that is looked for    checks.found.make_checks
model -> its total beside another       checks.refits.refitted_total
fit -> is lasting told from passing     persistence.split_problem
spec, table -> is a period foreseen     forecast.score_forecast
fit -> prior, likelihood to a power    reweighting.power.power_scaling
fit -> without one provider            reweighting.left_out.leave_one_out
models, table -> who predicts better    stacking.comparison.stack
spec, table -> under other choices      universes.sensitivity.sensitivity
fit -> is its sampler exact             calibration.certificate.certify
"""

from varmodel.studies.calibration import Certificate, certify
from varmodel.studies.checks.excluded import Excluded, rates_of_excluded
from varmodel.studies.checks.found import Checks, make_checks
from varmodel.studies.clustering import Clustering, judge_clustering
from varmodel.studies.conflict import prior_conflict
from varmodel.studies.figures import Figures, make_figures
from varmodel.studies.forecast import Forecast, score_forecast
from varmodel.studies.nil import NilVerdict, judge_nil, require_relevance
from varmodel.studies.order import KnownOrder, judge_order
from varmodel.studies.persistence import published_part, split_problem
from varmodel.studies.prior import prior_predictive
from varmodel.studies.reweighting import leave_one_out, power_scaling
from varmodel.studies.shape import Shape, judge_shape, mixed_predictive
from varmodel.studies.stacking import Stacking, stack
from varmodel.studies.truth import Comparison, compare_with_truth
from varmodel.studies.universes import (
    Sensitivity,
    default_plan,
    sensitivity,
    tipping_points,
)
from varmodel.studies.volume import Volume, judge_volume

__all__ = [
    "Certificate",
    "Checks",
    "Clustering",
    "Comparison",
    "Excluded",
    "Figures",
    "Forecast",
    "KnownOrder",
    "NilVerdict",
    "Sensitivity",
    "Shape",
    "Stacking",
    "Volume",
    "certify",
    "compare_with_truth",
    "default_plan",
    "judge_clustering",
    "judge_nil",
    "judge_order",
    "judge_shape",
    "judge_volume",
    "leave_one_out",
    "make_checks",
    "make_figures",
    "mixed_predictive",
    "power_scaling",
    "prior_conflict",
    "prior_predictive",
    "published_part",
    "rates_of_excluded",
    "require_relevance",
    "score_forecast",
    "sensitivity",
    "split_problem",
    "stack",
    "tipping_points",
]
