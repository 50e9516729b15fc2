"""Importance sampling of the hyperparameters, whatever evaluates their posterior.

model -> which there are, which are on the grid                declared.Hyperparameter
point of the grid -> conditional mode, curvature               modes.find_conditional_modes
declared ones -> reach of a first grid                         reach.first_ends
grid -> these along it                                         pilot.explore
grid -> density that points are drawn from                     proposal.freeze
the same, on a finer grid where weights are uneven             finer.choose_on_grid
points, weights -> mixture with t distributions                blend.add_components
trial runs -> which proposal is frozen                         choice.choose_proposal
"""
