"""Outcome families, a module each: density, derivatives, simulator, parameters of a row.

counts of events of trials -> row           binomial.BINOMIAL
... whose share is a unit's own -> row      beta_binomial.BETA_BINOMIAL
counts against a size -> row                poisson.POISSON
... whose rate is a unit's own -> row       negative_binomial.NEGATIVE_BINOMIAL
measurements, published values -> row       normal.NORMAL
positive measurements, their logs -> row    lognormal.LOGNORMAL
positive measurements -> row                gamma.GAMMA
"""
