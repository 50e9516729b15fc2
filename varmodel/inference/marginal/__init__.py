"""The marginal sampler: effects integrated out one provider at a time, the few others sampled.

frame -> problem                                      problem.read_problem
problem -> mass of the hyperparameters                hyperparameters.pilot.explore
mass -> proposal, frozen                              hyperparameters.choice.choose_proposal
proposal -> weighted points -> joint draws            sampler.sample
"""
