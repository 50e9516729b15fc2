"""Rows that hold the sum of others, and rows that should not be added.

labels -> those that name a total        names.aggregates
rows -> those that are sums              sums.find_totals
keys that repeat -> what they measure    measures.measure_problems
columns not read -> what they say        unread.telling
"""
