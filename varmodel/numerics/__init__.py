"""Numerical tools that know no word of the field.

(random_seed, purpose, source_hash) -> streams       streams.streams
work, parts -> done on all cores                     threads.share_out
length, width -> pieces of bounded memory            blocks.blocks
draws -> R-hat, effective sample sizes               convergence.rhat, convergence.ess_bulk
weights -> smoothed, k-hat                           pareto.smooth_weights
values -> quantiles, mid-ranks                       quantiles.type_7, ties.twice_ranks
what a page asks for again -> made once              once.once
many values -> exact sums                            sums.exact_sum, sums.real_sums
whole numbers -> sorted, told apart                  sorting.stable_order, sorting.number_keys
"""
