"""From rates to money: the benchmark in every draw, the gap to it, its price.

fit, benchmark -> its rates                        benchmarks.benchmark_rates
fit -> rates without shrinkage                     benchmarks.unshrunken_rates
benchmark -> its level, a draw and a plug-in       levels.find_level
rates, activity, benchmark, price -> savings       savings.savings
savings -> the price's share of their width        shares.width_shares
"""
