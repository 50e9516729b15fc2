"""Labels: spelling, marks of what is missing, bands, columns that are nearly numbers.

labels -> those that look alike          spelling.twins
label -> band of ages or sizes           bands.band
labels -> those read as missing          marks.warn_of_marks
rows without a figure -> their labels    footers.lines_apart
texts -> numbers but for a few           numeric.number_refusals
"""
