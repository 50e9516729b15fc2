"""Numerical tools that know no word of the field.

(random_seed, purpose, source_hash) -> streams of random numbers (streams)
"""
