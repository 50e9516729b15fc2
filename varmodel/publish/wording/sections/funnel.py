"""The funnel in words: how many lie outside, of chance alone and of the usual spread; no name.

A flag is a question to a provider, not a finding on it: ``vm.classical.open_cases`` keeps the
register of what follows.
"""

import pandas as pd

from varmodel.estimands.classical.counts import COUNTED
from varmodel.estimands.classical.funnel import ADDITIVE, FALSE_FLAGS, NO_MORE, funnel_of
from varmodel.fits import Fit
from varmodel.publish.tables.crude import funnel_counts

_LEVEL = 0.998
ASK_FIRST = (
    "To lie outside is a question and not a finding: first the data are checked, then the provider "
    "is heard, and nobody is named before."
)


def funnel_words(fit: Fit) -> list[str]:
    """Say how many providers chance does not explain, and how many are unlike the others.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    list of str
        Sentences of what ``vm.classical.funnel`` gives: how many lie outside the 99.8 % limits of
        chance, held against what their own cases would have at effect 0; how much more all spread
        than chance makes them; how many lie outside with that allowed for, and are flagged.
        Nothing of measurements.
    """
    if fit.spec.form.name not in COUNTED:
        return []
    read = funnel_counts(fit)
    chance, wider = (
        funnel_of(read, overdispersion=kind, prob=_LEVEL) for kind in (NO_MORE, ADDITIVE)
    )
    first = (
        f"Held against what their own cases would have in an average provider, {_outside(chance)} "
        f"outside the {100 * _LEVEL:g} % limits of chance; by chance alone about "
        f"{(1 - _LEVEL) * len(chance):.2g} would."
    )
    return [first, _spread(wider), ASK_FIRST]


def _spread(wider: pd.DataFrame) -> str:
    """Say how much all spread beyond chance, and who is outside with that allowed for."""
    phi, of_all, tau2 = (wider.attrs[name] for name in ("phi", "phi_untrimmed", "tau2"))
    figures = f"phi {phi:.2f} with the outer tenths drawn in, {of_all:.2f} without"
    if tau2 == 0:
        return f"All in all they spread no more than chance makes them ({figures})."
    told = f"With that spread allowed for, {_outside(wider)} outside"
    flagged = int((wider["flag"] != "").sum())
    unlike = f"{flagged:,} {'is' if flagged == 1 else 'are'} flagged as unlike the others"
    false = f"of such flags a share of {FALSE_FLAGS:.2f} is expected to be false"
    return f"All in all they spread more than chance makes them ({figures}; tau2 {tau2:.2g}). " + (
        f"{told}. {unlike[0].upper()}{unlike[1:]}; {false}." if flagged else f"{told}."
    )


def _outside(table: pd.DataFrame) -> str:
    count = int((table["outside"] > 0).sum())
    some = {0: "none", 1: "1"}.get(count, f"{count:,}")
    return f"{some} of {len(table):,} providers {'lie' if count > 1 else 'lies'}"
