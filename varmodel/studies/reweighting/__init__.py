"""The draws of one fit, weighed anew as if the model or the table were another (methods 8).

log ratios -> smoothed weights            weights.Weights
fit -> what prior and likelihood do       power.power_scaling
fit -> what each provider does            left_out.leave_one_out
"""

from varmodel.studies.reweighting.left_out import leave_one_out
from varmodel.studies.reweighting.power import power_scaling

__all__ = ["leave_one_out", "power_scaling"]
