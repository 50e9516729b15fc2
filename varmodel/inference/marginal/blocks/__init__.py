"""Effects that come in a block a provider: a lasting one and one of each period.

cells -> units, a provider and period each            units.variances_of
point -> mode of a provider's block, covariances      modes.climb, conditional.condition
mode -> log evidence, fourth-order term in            laplace.evidence_of_blocks
u not normal -> nodes over it, the rest given it      lasting.integrate_lasting
points, skewed as the block is -> evidence and draws  skewed.draw_skewed, importance.weigh_blocks
mode -> slopes by the hyperparameters                 scores.scores_of_blocks
evidence -> draws, of periods without cells too        drawing.draw_blocks
problem -> all of it behind the sampler's protocol    evaluator.block_evaluator
"""
