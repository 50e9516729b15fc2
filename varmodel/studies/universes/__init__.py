"""Universes: a model under every choice that can be argued about (methods 16).

spec -> the choices that it leaves open        plan.default_plan
choices -> universes                           product.choose_universes
spec, table, choices -> what is published      sensitivity.sensitivity
universes -> groups that share draws, run      runs.Runner
a group -> one frame, one fit, its outcomes    shared.Shared
universe -> its figures                        outcomes.measure
totals -> what they lean on                    shares.share_out_variance
fit -> what would cost a place                 tipping.tipping_points
"""

from varmodel.studies.universes.plan import default_plan
from varmodel.studies.universes.sensitivity import Sensitivity, sensitivity
from varmodel.studies.universes.tipping import tipping_points

__all__ = ["Sensitivity", "default_plan", "sensitivity", "tipping_points"]
