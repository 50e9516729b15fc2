"""From a fit to the rates of its providers.

fit -> rates on one population         provider_rates.adjusted_rates
fit -> what lasts, or is to come       parts.rates_of_part
frame -> crude rates                   provider_rates.observed_rates
effects -> mean rates                  standardise.logit_means
mean rate -> the effect that has it    inverse.effect_for
"""
