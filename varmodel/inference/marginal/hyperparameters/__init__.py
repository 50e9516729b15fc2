"""Importance sampling of the hyperparameters, whatever evaluates their posterior.

declared    -> which there are, which are on the grid
reach       -> how far a first grid of them reaches
modes       -> conditional modes and curvatures of psi given chi
pilot       -> these along a grid of chi
proposal    -> the density that points are drawn from
blend       -> mixtures of it with t distributions
choice      -> which proposal is frozen
"""
