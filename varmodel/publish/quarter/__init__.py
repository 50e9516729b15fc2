"""What a national quarter publishes: facts that pages and tables are made of.

analysis, cost of acting -> one indicator's facts      from_analysis.facts_of
several indicators -> the quarter's facts              facts.QuarterFacts
facts -> JSON, and back                                stored.to_json, stored.from_json
"""
