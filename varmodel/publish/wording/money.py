"""What is said of savings: nil to an upper end, who may be named, how the figures differ.

Over what time a saving is, ``annual`` says.
"""

import math

#: What others would publish, and the way in which each tends to err.
TENDENCIES = {
    "plug_in_observed": ("unshrunken rates", "overstate"),
    "plug_in_shrunken": ("shrunken means", "understate"),
}
#: Figures that stand beside only where there is a reason: row of totals, name, why they differ.
BESIDE = (
    (
        "saving_log_volume",
        "With a model that knows the size",
        (
            "The same where providers are drawn towards those of their own size. Larger and "
            "smaller providers differ here, so read this one."
        ),
    ),
    (
        "saving_lasting",
        "What lasts alone",
        (
            "The others are of the coming period. This one leaves out what passes, and leans on "
            "the prior of how much that is."
        ),
    ),
    (
        "closable_share",
        "Share that could be closed",
        (
            "How much of the first figure lies in what lasts. No change at a provider closes the "
            "rest: it passes by itself, and comes to others."
        ),
    ),
)
OF_MEAN_PERIOD = (
    "Both are of a mean period of the table: what passes in the coming one is not in them."
)
GROSS = "Gross at average cost, not cash."
#: What a picture's marks are called.
CREDIBLE, NOT_CREDIBLE = "joint draws, saving credible", "joint draws, saving not credible"
NIL_BAR = "The bar ends at the 95 % posterior quantile; there is no lower end, nobody is named."
NIL_NOTE = "The saving is nil to the 95 % posterior quantile, without a lower end; nobody is named."
NIL_PAGE = "The saving is published as nil to an upper end, and no provider is named."
NO_RULE = "The nil rule was not applied here: see analyse."
PLUG_INS_ERR = "The unshrunken rates tend to overstate, the shrunken means to understate."


def nil_to(upper: str) -> str:
    """Say the one figure that there is under a nil verdict."""
    return f"nil to {upper}"


def plug_in_name(quantity: str) -> str:
    """Name a plug-in with its tendency: "shrunken means (tends to understate)"."""
    what, errs = TENDENCIES[quantity]
    return f"{what} (tends to {errs})"


def plug_in_label(quantity: str) -> str:
    """Name a plug-in in a picture's legend: "shrunken means (tend to understate)"."""
    what, errs = TENDENCIES[quantity]
    return f"{what} (tend to {errs})"


def flexible_total(figure: str) -> str:
    """Say the total of a flexible shape."""
    return f"With a flexible shape of the effects: {figure}."


def total_of_known_size(figure: str) -> str:
    """Say the total of a model that knows how large the providers are."""
    return f"With a model that knows the size of the providers: {figure}."


def lasting_total(figure: str) -> str:
    """Say the total of what lasts, where the published one is of the coming period."""
    return f"Of what lasts alone: {figure}. It leans on the prior of what passes."


def closable_words(share: str) -> str:
    """Say how much of the coming period's gap could be closed; ``share`` with its interval."""
    return f"Share of the gap that could be closed, for it lasts: {share}."


def width_words(price: float) -> str:
    """Say how much of a total's interval is the price; ``price`` is its share (methods 16).

    Empty where the price has no part worth a word, as one that is known.
    """
    share = 0 if math.isnan(price) else round(100 * price)
    if not share:
        return ""
    return (
        f"Of the width of this interval {share} % is the price of one event, and {100 - share} % "
        "is what the figures leave open."
    )


def may_be_named(count: int) -> str:
    """Say how many providers are named for a saving."""
    if not count:
        return "No provider can be named for a saving."
    return f"{count:,} provider{'s' if count > 1 else ''} can be named for a saving."


def credible_note(count: int, *, has_bar: bool) -> str:
    """Say who is marked and named in a picture; without a bar, who saves anything."""
    bar = "the smallest that counts" if has_bar else "0"
    return f"Credible, and alone to be named: {count}, with saving above {bar} at probability .95."


def unnamed_note(count: int) -> list[str]:
    """Say why somebody whom the reader looks for has a row without a name."""
    return [f"Shaded without a name: {count}, whose saving is not credible."] if count else []


def list_of_named(name: str, count: int) -> str:
    """Head the table of those that are named."""
    return f"{name.capitalize()} of those that can be named: {count:,}"
