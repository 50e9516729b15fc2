"""From rates to ranks and comparisons, in every draw: ``vm.ranks`` says what of an order is known.

rates -> ranks, chances of each quarter       ranking.rank
ranks -> chances of each position             ranking.rank_probabilities
rates, level -> chances beyond it             comparisons.exceedance
rates -> chances of each pair                 comparisons.pairwise
rates -> grades                               grades.grade
rates -> sets of places, who may be first     sets.sets, sets.best
rates -> orders by other losses               orders.r_values, orders.threshold
rates, groups -> ranks within each            orders.within
rates, peers -> ranks among one's peers       among.rank_among
chances -> lists to act on                    lists.fdr_list, lists.utility_list
fit, two periods -> who has changed           over_time.change
fit -> does the order last                    over_time.rank_overlap
"""

from varmodel.estimands.ranks.grades import grade
from varmodel.estimands.ranks.lists import fdr_list, utility_list
from varmodel.estimands.ranks.orders import r_values, threshold, told_apart, triple_goal, within
from varmodel.estimands.ranks.sets import best, sets

__all__ = [
    "best",
    "fdr_list",
    "grade",
    "r_values",
    "sets",
    "threshold",
    "told_apart",
    "triple_goal",
    "utility_list",
    "within",
]
