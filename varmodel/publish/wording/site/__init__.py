"""What the site of a quarter says: numbers for readers, and the sentences of its pages.

interval -> a figure and its ends                  written.rate_figure, written.money_figure
provider, its indicators -> what is sure of it     provider.lead_of
facts of a quarter -> what may be read of it       nation.lead_of_nation
facts of an indicator -> what is said of its money   indicator.saving_words
a word of the site -> what it means                reading.explained
"""
