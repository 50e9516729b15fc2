"""The design: terms of the model over the patterns, centred and scaled.

terms -> columns                   terms.fill_design
numeric column -> curve            splines.learn
columns -> design, centred         matrix.build_design
"""
