"""What the savings of a quarter come to.

analysis -> its savings, in a small file                state.savings_of, state.write_savings
savings of all indicators -> those that can be added    addends.choose_addends
savings -> a sum a provider, and the nation's           national.add_up
"""
