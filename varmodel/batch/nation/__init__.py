"""A made-up nation on disk: its quarter to run, and the truth beside it.

numbers, seed -> a folder                       folder.write_nation
library -> which indicators                     chosen.choose_indicators
indicators -> quarter.toml                      config.write_config
providers -> who they are, what they lack       providers.provider_table, providers.gap_table
indicator -> true rates, savings, effects       truth.TruthTables
savings -> what they share, what they displace  money.shared_savings, money.displaced_savings
tables -> what their columns are                readme.README
"""

from varmodel.batch.nation.folder import NationSize, write_nation

__all__ = ["NationSize", "write_nation"]
