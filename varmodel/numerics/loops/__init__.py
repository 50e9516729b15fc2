"""Compiled loops: Numba is loaded here alone, and by whoever has long work to do.

how long is the work -> are loops worth it     worth.worth_counting, worth.worth_summing
caches -> folders that can be written          cache.ensure_cache
sources -> a folder of compiled code           cache.kernel_folder
sources -> the decorator that compiles         compiling.compiler
rows -> of all pairs, which is the less        pairs.count_less
rows, what sorts them -> mid-ranks             ranks.fill_mid_ranks
cells -> counts of many tables, added up       worth.worth_drawing, counts.draw_counts
odds of rows -> means and sums by group        sums.mean_shares, sums.sum_share_variances
values of rows -> sums by group                sums.sum_rows
series -> their sums at many numbers           series.sum_series
sums of periods -> what lasts of them          filtering.whiten
"""
