"""From a fit to data that it has not seen.

fit, new rows -> rates, responses                         new_rows.predict
fit -> tables like its own                                predictive.posterior_predictive
fit, responses of another provider -> its effect          conditional.effects_given
"""
