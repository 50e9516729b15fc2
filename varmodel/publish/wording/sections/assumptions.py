"""The words of three studies: what choices move, who predicts best, is the sampler right."""

import pandas as pd

from varmodel.publish.wording.numbers import probability, supported
from varmodel.publish.wording.periods.annual import saving_name
from varmodel.studies import Certificate, Sensitivity, Stacking
from varmodel.studies.calibration.certificate import LEAST_P, MOST_FAILED
from varmodel.studies.universes.comparisons import within_error
from varmodel.studies.universes.outcomes import CHANCE, DETECTABLE, DISTINGUISHABLE, OVERRULED

TRIED = (
    "Only these choices were tried, and on this table alone. Others may move the total more, and "
    "none of them tests the figures themselves."
)
#: What so many refits of a certificate see, measured by planted faults.
POWER = (
    "200 such tables reveal intervals that are 30 % too narrow in 94 of 100 cases, intervals that "
    "are 20 % too narrow in 43, and figures shifted by a third of their uncertainty in 57 to 79."
)
_REFITS = 200
SAMPLER_ALONE = (
    "This says that the computer drew what the model asks for. It does not say that the model is "
    "right."
)
FEW_PROVIDERS = "Of fewer than 30 providers such a comparison tells little."
_FEW = 30
#: Inputs and choices that are named; of inputs, less than this share is not.
_NAMED, _LEAST_SHARE = 3, 0.05
#: A total is written with its last digit at a hundredth of its interval or more.
_DIGITS = 200


def assumption_words(found: Sensitivity) -> list[str]:
    """Say between what the total lies under all choices, and on which it leans.

    Parameters
    ----------
    found : Sensitivity

    Returns
    -------
    list of str
        No total of a universe whose verdict is not that there is something to save on.
    """
    ran = found.table[found.table["code"] == ""]
    choices = ", ".join(map(_choice, found.dimensions))
    said = [
        f"The figures were made again under {len(ran):,} combinations of choices, which differ in "
        f"{choices}. {_refused(found.table)}".strip()
    ]
    said += _range(found, ran)
    said += [*_leaning(found), *_unmoved(found)]
    return [*said, _verdicts(ran), _flipped(found.flips), TRIED]


def _refused(table: pd.DataFrame) -> str:
    refused = table.loc[table["code"] != "", "code"]
    if refused.empty:
        return ""
    codes = ", ".join(dict.fromkeys(refused))
    return f"{len(refused):,} more could not be computed ({codes})."


def _range(found: Sensitivity, ran: pd.DataFrame) -> list[str]:
    shown = ran[(ran["verdict"] == DISTINGUISHABLE) & ran["total"].notna()]
    if shown.empty or ran["verdict"].iloc[0] != DISTINGUISHABLE:
        return []
    base, name = ran.iloc[0], saving_name(found.spec)
    low, high = (shown.sort_values("total").iloc[end] for end in (0, -1))
    figure = f"{_money(base['total'], base)} {found.currency}"
    ends = f"{_money(base['lower'], base)} to {_money(base['upper'], base)}"
    stands = f"{name[0].upper()}{name[1:]} is {figure} as the model stands"
    span = f"from {_money(low['total'], low)} to {_money(high['total'], high)}"
    words = f"{stands} (95 % interval {ends}). Over all these choices it runs {span}"
    return [f"{words}{_unread(ran)}: no single figure should be quoted without this range."]


def _unread(ran: pd.DataFrame) -> str:
    """Say under how many choices there is no total to read, and why."""
    nil, overruled = (int(ran["verdict"].isin(x).sum()) for x in (_NIL, (OVERRULED,)))
    parts = [
        f", and under {nil:,} of the {len(ran):,} it is nil" if nil else "",
        f", and under {overruled:,} prior and figures disagree, so that no total may be read"
        if overruled
        else "",
    ]
    return "".join(parts)


_NIL = (CHANCE, DETECTABLE)


def _money(value: float, row: "pd.Series[float]") -> str:
    return supported(float(value), float(row["upper"] - row["lower"]) / _DIGITS)


def _leaning(found: Sensitivity) -> list[str]:
    """Say what the total leans on most."""
    shares = found.shares.sort_values("share", ascending=False, kind="stable")
    held = shares[shares["share"] >= _LEAST_SHARE].head(_NAMED)
    if held.empty or found.table["verdict"].iloc[0] != DISTINGUISHABLE:
        return []
    parts = [
        f"{share:.0%} is {_INPUTS.get(str(name), f'the choice of {_choice(str(name))}')}".replace(
            "%", " %"
        )
        for name, share in zip(held["input"], held["share"], strict=True)
    ]
    told = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return [f"Of all that is uncertain in the total {told}."]


def _unmoved(found: Sensitivity) -> list[str]:
    """Say which choices move the total by no more than the simulation's own error."""
    if found.tornado.empty or found.table["verdict"].iloc[0] != DISTINGUISHABLE:
        return []
    rows = found.tornado[found.tornado["total"].notna()]
    still = rows[within_error(rows)]
    if still.empty:
        return []
    names = [f"{_choice(row.dimension)}: {row.option}" for row in still.itertuples()]
    named = "; ".join(names[:_NAMED]) + (f"; {len(names) - _NAMED} more" * (len(names) > _NAMED))
    moved = (
        f"Of {len(rows):,} changes of one choice alone, {len(still):,} ({named}) moved the total"
    )
    return [f"{moved} by no more than twice the simulation's own error: read that as no change."]


_INPUTS = {"posterior": "what the figures leave open", "price": "the range of the price"}


def _choice(dimension: object) -> str:
    """Name a dimension as a page does; one that is not of the ready plan as its author did."""
    return _CHOICES.get(str(dimension), str(dimension))


_CHOICES = {
    "effect": "shape of the effects",
    "transient": "what is taken to pass",
    "size": "whether size is known",
    "unit_cost": "unit cost",
}


def _verdicts(ran: pd.DataFrame) -> str:
    count = int((ran["verdict"] == DISTINGUISHABLE).sum())
    whom = "all" if count == len(ran) else f"{count:,} of {len(ran):,}"
    return f"The providers' differences are real and matter under {whom} of these choices."


def _flipped(flips: pd.DataFrame) -> str:
    named = flips["provider"].nunique()
    if not named:
        return "No provider's place hangs on any of them."
    who = "one provider" if named == 1 else f"{named:,} providers"
    return f"Something else is said of {who} under some choice: do not name them without it."


def certificate_words(found: Certificate) -> list[str]:
    """Say whether the sampler passed, on how much, and what would not have been seen."""
    drawn = f"{found.refits:,} tables like this one were drawn from the model and fitted again"
    if found.passed:
        verdict = f"Passed: {drawn}, and what they were drawn from lay where chance puts it."
    else:
        why = (
            "too many of them failed the sampler's own checks"
            if found.table.empty or found.failed > MOST_FAILED * found.refits
            else "what they were drawn from did not lie where chance puts it"
        )
        known = "Do not publish these figures before the reason is known."
        verdict = f"Not passed: {drawn}, and {why}. {known}"
    failed = f"{found.failed:,} of them failed the sampler's own checks." if found.failed else ""
    few = f"The {found.refits:,} of this run reveal less." if found.refits < _REFITS else ""
    said = (verdict, failed, _smallest(found), POWER, few, SAMPLER_ALONE)
    return [part for part in said if part]


def _smallest(found: Certificate) -> str:
    if found.table.empty:
        return ""
    least = found.table[["chi_square", "log_gamma"]].min(axis=1)
    worst = found.table["quantity"].iloc[int(least.to_numpy().argmin())]
    tests = 2 * len(found.table)
    said = f"The least likely of {tests} tests has p = {least.min():.2g} ({worst})"
    return f"{said}; of so many, one below {LEAST_P / tests:.2g} would fail."


def family_words(found: Stacking) -> list[str]:
    """Say which model predicts unseen providers best, and which to take."""
    ran = found.table["code"] == ""
    rows, out = found.table[ran].iloc[:-1], found.table[~ran]
    names = ", ".join(map(str, rows["model"]))
    models = f"Each of {len(rows)} models ({names}) predicted providers that it had not seen"
    parts = f"a part of them at a time, {found.folds} parts in all"
    said = [f"{models}, {parts}. {found.best} predicted them best."]
    if not out.empty:
        said.append(f"Nothing is said of {', '.join(map(str, out['model']))}: the fit was refused.")
    if found.close:
        said.append(
            f"Not told from it: {', '.join(found.close)}. Of these take the one that was stated "
            "before the figures were seen, or show the totals of all."
        )
    else:
        said.append(f"The others did worse by more than chance: take {found.best}.")
    said += [_weights(found)]
    few = found.pointwise.sizes["provider"] < _FEW
    return [*said, FEW_PROVIDERS] if few else said


def _weights(found: Stacking) -> str:
    rows = found.table[found.table["code"] == ""].iloc[:-1]
    held = rows[rows["weight"] >= _LEAST_SHARE / 10]
    parts = [
        f"{model} {probability(weight)}"
        for model, weight in zip(held["model"], held["weight"], strict=True)
    ]
    return f"Their weights in the mixture that predicts best: {', '.join(parts)}."
