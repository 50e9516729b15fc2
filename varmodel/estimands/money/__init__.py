"""From rates to money: the benchmark in every draw, the gap to it, its price, what to do about it.

``vm.money`` says whom to compare with, whether acting pays, and what several savings come to.

fit, benchmark -> its rates                        benchmarks.benchmark_rates
fit -> rates without shrinkage                     benchmarks.unshrunken_rates
fit -> a quantile of where providers come from     kinds.laws.effects_of_law
fit, columns -> those most like each               peers.peers
fit, names -> those that somebody chose            peer_weights.own_list, peer_weights.within_class
weights of peers -> who shares peers               peer_weights.peer_overlap
benchmark -> its level, a draw and a plug-in       levels.find_level
price as declared -> prices, a draw each           prices.read_prices
rates, activity, benchmark, price -> savings       savings.savings
savings -> the price's share of their width        shares.width_shares
savings -> the share that could be closed          shares.closable_share
savings -> cash and capacity                       netted.released
savings -> less what is displaced                  netted.net_of_displacement
changes of two indicators -> what is displaced     displacement
savings, cost -> worth acting on, or not           acting.worth_acting, acting.worth_curve
savings, groups -> savings of classes, regions     acting.by_group
savings, cost -> what it is worth to know          knowing.value_of_information
savings of several indicators -> one total         combined.combine
the same -> a total of each provider               combined.combine_by_provider
shares of one cost -> the part of each             sharing.shapley_parts
"""

from varmodel.estimands.money.acting import by_group, worth_acting, worth_curve
from varmodel.estimands.money.combined import combine, combine_by_provider
from varmodel.estimands.money.knowing import value_of_information
from varmodel.estimands.money.netted import net_of_displacement, released
from varmodel.estimands.money.peer_weights import own_list, peer_overlap, within_class
from varmodel.estimands.money.peers import peers
from varmodel.estimands.variation.displaced import displacement

__all__ = [
    "by_group",
    "combine",
    "combine_by_provider",
    "displacement",
    "net_of_displacement",
    "own_list",
    "peer_overlap",
    "peers",
    "released",
    "value_of_information",
    "within_class",
    "worth_acting",
    "worth_curve",
]
