"""What the files of a nation's truth hold, for who opens the folder."""

README = """# The truth of this nation

Everything here is made up: providers, places, figures. The tables in `../tables` were drawn from
these numbers. An estimate can be held against them; of real trusts nobody has them.

Effects are on the link scale of their model (log odds of a share, log of a ratio, the unit of a
normal measurement); rates are on the natural scale. Codes are those of the last quarter. In
every file but three the first column is `indicator`.

- `parameters.csv`, a row a parameter: `parameter`, `term` where there are several, `value`. Slopes
  are of the model's centred and scaled columns.
- `effects.csv`, a row a provider: `effect`, its lasting effect, also of providers that the model
  excludes; `shift`, the part of it that it has for being a specialist.
- `transients.csv`, a row a provider and quarter: `effect`, its departure from the lasting level.
- `rates.csv`, a row a provider: `ranked` (yes or no); `rate`, directly standardised to the
  reference population, the mean over what passes; `saving`, what closing the gap to the true
  benchmark saves in a year at the mean price. Both are empty where the provider is not ranked,
  `saving` also where the model has no price or no good direction.
- `correlations.csv`, a row an indicator: how what providers fall short by goes together with that
  in each other indicator (effects turned so that more is worse, specialists' shift left out).
  Empty between acute and primary care trusts, which have no provider in common.
- `overlap.csv`, a row a provider: savings that would free the same money. `shared`, `cost_base`,
  `plain` (their sum), `together` (each pound once).
- `displacement.csv`, a row a provider: savings `from` one indicator that come back as a cost of
  another, `to`. `delta` (the share), `saving`, `displaced`, `net`.
- `mergers.csv`, a row a provider that is no more: `old`, `old_name`, `now`, `from` (the first
  quarter of the new code), `share` of the joint cases before. Both had the lasting effect of the
  trust that they became, so that a model which reads them as one is true.
- `gaps.csv`, a row a quarter that a provider did not send: to one table (`indicator`), or to none
  (empty). `why` is late, lacking, began or stopped.

Specialist trusts look worse in about half of the indicators, and wherever a model excludes some of
them. What is normal in a model was drawn normal: stays scatter less than real ones, and the one in
ten thousand below 0 is written as 0. Sizes and levels are of the right order and nobody's results.
"""
