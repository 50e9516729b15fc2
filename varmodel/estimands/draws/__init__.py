"""Draws as they come and go: labelled, stacked into arrays, pooled over equals, summarised.

arrays with labels -> checked draws                labelled.check_draws
fit -> plain arrays, chains end to end             stacked.read_draws
fit -> what new tables are drawn from              source.read_source
providers of identical figures -> one figure       alike.mean_over_alike
draws -> a table                                   summary.summarise
"""
