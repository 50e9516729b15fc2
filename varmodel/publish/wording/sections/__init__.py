"""Paragraphs of sections that a page may take: each from figures, in plain words.

parts of a crude rate -> a paragraph              story.story
fit, providers -> a paragraph each                story.stories
grades -> what they say, how often wrongly        grades.grade_words
sets for all at once -> what they hold            grades.sets_words
fit -> how much providers differ                  variation.variation_words
analysis -> all of these that apply               page.sections_of
"""
