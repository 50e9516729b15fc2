"""Figures that are possible and improbable.

figures -> steadier than chance           chance.steady_problems
figures -> copied                         copies.identical_problems
numbers -> codes of what is missing       sentinels.warn_of_sentinels
figures -> of another unit                units.unit_problems
covariates -> hard to tell apart          covariates.warn_of_design
"""
