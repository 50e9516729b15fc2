"""Families and other models of one table, by how well each predicts providers it has not seen.

providers -> folds                       held_out.deal
model, fits -> held-out log densities    held_out.score
densities -> weights of a mixture        mixture.stacking_weights
models, table -> who predicts better     comparison.stack
"""

from varmodel.studies.stacking.comparison import Stacking, stack

__all__ = ["Stacking", "stack"]
