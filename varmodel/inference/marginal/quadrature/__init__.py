"""Integrals over the effects, expected scores and exact draws, for any kind of likelihood.

points -> log evidence        batched.evidence_of_normals, by_point.evidence
points -> effects             batched_draws.draw_from_normals, draws_by_point.draw_effects
"""
