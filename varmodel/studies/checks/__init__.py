"""What is looked for beside chance and shape, and the models that are fitted for it.

fit, table -> all that is looked for          found.make_checks
fit, table -> what the excluded would show    excluded.rates_of_excluded
model -> its total                            refits.refitted_total
"""
