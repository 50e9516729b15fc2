"""The kinds of benchmark: how the level of each is found, in every draw.

rates or effects -> their level, of all or of peers     targets.level_of, targets.level_of_peers
draws of a fit -> the effect at the benchmark           targets.Target
fit -> a quantile of where providers come from          laws.effects_of_law
"""
