"""Tables made up from a model, and their truth.

spec -> who treats how many of which kind        layout.lay_out
spec -> parameters                               truth.draw_truth
both -> table, truth                             simulate.simulate
"""
