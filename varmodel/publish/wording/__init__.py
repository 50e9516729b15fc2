"""What may be said of a result: the one home of verdicts and of every sentence about them.

nil verdict -> sentence             verdict.verdict_sentence
analysis -> headline                headline.headline
probabilities -> place              places.placed
number, its error -> digits         numbers.supported
"""
