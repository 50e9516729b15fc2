"""NUTS through nutpie: a PyMC model, compiled once a structure.

frame -> padded arrays                 arrays.arrays_of
arrays, structure -> model             model.build
model -> compiled, kept                compiled.compiled_with
request -> draws                       sampler.sample_nuts
"""
