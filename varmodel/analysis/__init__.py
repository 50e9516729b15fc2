"""Orchestrators that end in pages.

spec, table -> Analysis      analyse.analyse
"""
