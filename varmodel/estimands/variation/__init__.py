"""How much the providers vary, and how much of a figure is signal.

fit -> sds, odds ratios of typical providers      components.variance_components
fit -> the share that lasts                       components.persistence_share
fit -> the story behind each crude rate           decomposition.decompose
own case mix, national demography -> rates        crossing.read_crossing
fit -> reliability of each figure                 reliabilities.reliability
fit -> reliability of the order                   reliabilities.rankability
fit -> the same of the part that is ranked        coming.rankability_of
two fits -> what one's saving costs the other     displaced.displacement
"""
