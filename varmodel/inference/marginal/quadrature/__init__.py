"""Integrals over the effects, expected scores and exact draws, for any kind of likelihood.

points -> log evidence        batches, by_point.evidence
a point -> expected scores    scores.expect
points -> effects             batches, draws_by_point.draw_effects
"""
