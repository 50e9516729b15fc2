"""From a fit to data that it has not seen.

fit, new rows -> rates, responses                    new_rows.predict
fit -> tables like its own                           predictive.posterior_predictive
fit, new rows -> the effects in them                 effects.effects_of_rows
fit, responses of another provider -> its effect     conditional.effects_given
the same, in several periods                         conditional_periods.effects_of_periods_given
"""
