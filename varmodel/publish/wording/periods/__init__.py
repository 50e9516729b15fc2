"""What is said of time: what is ranked, what a year is, what lasts, who moved, what was foreseen.

fit -> what a year's saving takes for granted     annual.if_it_lasted
analysis -> what is ranked                        ranked.what_is_ranked
analysis -> what lasts, and who moved             moves.persistence_words
forecast -> a sentence                            foreseen.forecast_sentence
"""
