"""From rates to ranks and comparisons, in every draw.

rates -> ranks, chances of each quarter       ranking.rank
ranks -> chances of each position             ranking.rank_probabilities
rates, level -> chances beyond it             comparisons.exceedance
rates -> chances of each pair                 comparisons.pairwise
fit, two periods -> who has changed           over_time.change
fit -> does the order last                    over_time.rank_overlap
"""
