"""From a flag to a name: what a register does before a provider is called an outlier.

A flag is the beginning of a question. Its stages are dated, one after the other, in a table that
the register keeps; nobody is named before the provider has had its say.
"""

from datetime import date

import pandas as pd

from varmodel.errors import fail, one_of, show

#: In their order; each has a column that holds its date.
STAGES = ("flagged", "data_checked", "reply_received", "confirmed")
#: From here on a provider may be named.
NAMED_FROM = "reply_received"
_COLUMNS = ("provider", "side", "ratio", "z", *STAGES, "closed", "reason")


def open_cases(table: pd.DataFrame, *, on: str) -> pd.DataFrame:
    """Open a case for each flagged provider of a funnel.

    Parameters
    ----------
    table : pandas.DataFrame
        What ``funnel`` gives: ``provider``, ``flag``, ``ratio``, ``z``.
    on : str
        The day, as "2026-11-28".

    Returns
    -------
    pandas.DataFrame
        ``provider``, ``side``, ``ratio``, ``z``; a column a stage with its date, "" until it is
        reached: ``flagged``, ``data_checked``, ``reply_received``, ``confirmed``; ``closed`` with
        its date and ``reason`` where the flag was explained. All text or numbers: a CSV file
        keeps it. It names nobody: see ``nameable``.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a table without these columns, or another kind of date.
    """
    absent = [name for name in ("provider", "flag", "ratio", "z") if name not in table]
    if absent:
        fail("CONFIG.VALUE", f"table has no column {absent[0]}", fix="give what funnel returns")
    rows = table[table["flag"] != ""]
    found = pd.DataFrame({"provider": rows["provider"].astype(str), "side": rows["flag"]})
    later = dict.fromkeys((*STAGES[1:], "closed", "reason"), "")
    found = found.assign(ratio=rows["ratio"], z=rows["z"], flagged=_day(on), **later)
    return found[list(_COLUMNS)].reset_index(drop=True)


def record_stage(cases: pd.DataFrame, provider: str, *, stage: str, on: str) -> pd.DataFrame:
    """Write down that a case has reached its next stage.

    Parameters
    ----------
    cases : pandas.DataFrame
        What ``open_cases`` gives, also read from a file as text.
    provider : str
        Whose case.
    stage : {"data_checked", "reply_received", "confirmed"}
        The one that follows the last that is dated.
    on : str
        The day, not before that of the stage before.

    Returns
    -------
    pandas.DataFrame
        The table with that date; the one given is not touched.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a provider without an open case, a stage that is not the next, another
        kind of date or one that is too early.
    """
    cases = _filled(cases)
    row = _open_row(cases, provider)
    dated = [name for name in STAGES if cases.loc[row, name]]
    due = STAGES[len(dated)] if len(dated) < len(STAGES) else None
    if stage != due:
        told = f"the next is {due!r}" if due else "all stages are dated"
        fail(
            "CONFIG.VALUE", f"{provider} is not at {show(stage)}: {told}", fix="take stages in turn"
        )
    before = str(cases.loc[row, dated[-1]])
    if _day(on) < before:
        message = f"{stage} of {provider} on {on} is before {dated[-1]} on {before}"
        fail("CONFIG.VALUE", message)
    result = cases.copy()
    result.loc[row, stage] = on
    return result


def close_case(cases: pd.DataFrame, provider: str, *, reason: str, on: str) -> pd.DataFrame:
    """Close a case whose flag is explained: wrong data, case mix, chance.

    Parameters
    ----------
    cases : pandas.DataFrame
        What ``open_cases`` gives.
    provider : str
        Whose case.
    reason : str
        What explained it; it is kept with the case.
    on : str
        The day.

    Returns
    -------
    pandas.DataFrame
        The table with date and reason; a closed case is never nameable.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a provider without an open case, an empty reason, another kind of date.
    """
    cases = _filled(cases)
    row = _open_row(cases, provider)
    if not reason.strip():
        fail("CONFIG.VALUE", f"the case of {provider} is closed without a reason")
    result = cases.copy()
    result.loc[row, ["closed", "reason"]] = [_day(on), reason]
    return result


def nameable(cases: pd.DataFrame) -> list[str]:
    """List the providers that may be named: those that have replied, and are not explained.

    Parameters
    ----------
    cases : pandas.DataFrame
        What ``open_cases`` gives.

    Returns
    -------
    list of str
        In the order of the table. All others are counted, and not named.
    """
    cases = _filled(cases)
    ready = (cases[NAMED_FROM] != "") & (cases["closed"] == "")
    return cases.loc[ready, "provider"].astype(str).tolist()


def _filled(cases: pd.DataFrame) -> pd.DataFrame:
    """Read what a file left out as not reached: an empty field comes back as a missing value."""
    absent = [name for name in _COLUMNS if name not in cases]
    if absent:
        fail("CONFIG.VALUE", f"cases have no column {absent[0]}", fix="give what open_cases gives")
    texts = {name: cases[name].astype(object) for name in (*STAGES, "closed", "reason")}
    return cases.assign(**{name: x.where(x.notna(), "") for name, x in texts.items()})


def _open_row(cases: pd.DataFrame, provider: str) -> int:
    rows = cases.index[(cases["provider"].astype(str) == provider) & (cases["closed"] == "")]
    if len(rows) != 1:
        known = cases.loc[cases["closed"] == "", "provider"].astype(str).tolist()
        fail("CONFIG.VALUE", f"no open case of {show(provider)}; {one_of(provider, known)}")
    return int(rows[0])


def _day(on: str) -> str:
    try:
        return date.fromisoformat(on).isoformat()
    except ValueError:
        fail("CONFIG.VALUE", f"{show(on)} is no day", fix='write it as "2026-11-28"')
