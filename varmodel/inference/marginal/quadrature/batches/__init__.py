"""The same for likelihoods that are log-concave, points or providers side by side.

points -> log evidence        normals.evidence_of_normals, splines.fill_evidence
a point -> expected scores    normal_scores.scores_of_normals, spline_scores.scores_of_splines
points -> effects             normal_draws.draw_from_normals, spline_draws.draw_from_splines
"""
