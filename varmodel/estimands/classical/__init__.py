"""Classical figures, as registers publish them: ``vm.classical``.

frame or fit -> ratios, limits, flags       funnel.funnel
counts, expected -> ratio                   intervals.indirect_ratio
strata -> rate                              intervals.direct_rate
events, trials -> proportion                intervals.proportion_interval
counts, expected -> spread                  intervals.systematic_variation
z of all -> what is unusual among them      outliers.empirical_null
flags -> cases, stage by stage              cases.open_cases, cases.record_stage
cases -> who may be named                   cases.nameable
"""

from varmodel.estimands.classical.cases import close_case, nameable, open_cases, record_stage
from varmodel.estimands.classical.funnel import funnel
from varmodel.estimands.classical.intervals import (
    direct_rate,
    indirect_ratio,
    proportion_interval,
    systematic_variation,
)
from varmodel.estimands.classical.outliers import empirical_null

__all__ = [
    "close_case",
    "direct_rate",
    "empirical_null",
    "funnel",
    "indirect_ratio",
    "nameable",
    "open_cases",
    "proportion_interval",
    "record_stage",
    "systematic_variation",
]
