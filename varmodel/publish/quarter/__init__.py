"""What a national quarter publishes: facts that pages and tables are made of.

Published -> one indicator's facts               facts.IndicatorFacts
several indicators -> the quarter's facts        facts.QuarterFacts
"""
