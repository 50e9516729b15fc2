"""From a fit to the rates of its providers.

fit -> rates on one population         provider_rates.adjusted_rates
frame -> crude rates                   provider_rates.observed_rates
effects -> mean rates                  standardise.logit_means
mean rate -> the effect that has it    inverse.effect_for
"""
