"""A quarter: many indicators, each a unit that is whole or not there, and what they come to.
"""
