"""What a table may not hold, and what is said of it.

keys of the rows -> refusals                          keys.check_keys
numerators, denominators -> refusals                  responses.check_counts
unit of over-dispersed counts -> refusals             dispersion_units.check_units
design -> refusals, warnings                          saturation.saturation_problems
which rows -> a problem that names them               refusals.refuse_where
"""
