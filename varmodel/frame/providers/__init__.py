"""Providers: which periods they report, whom they treat, who is left out.

rows -> who is left out                   exclusions.excluded_providers
cells -> periods with activity            presence.find_presence
patterns -> share that each treats        support.find_support
"""
