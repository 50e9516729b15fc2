"""Pictures of one provider.

parts of a crude rate -> a waterfall        decomposition.plot_decomposition
"""
