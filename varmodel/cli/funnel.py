"""varmodel funnel: a run held against chance, and the register of cases that its flags open."""

import os
from collections.abc import Generator
from pathlib import Path

import pandas as pd

from varmodel.errors import Where, fail
from varmodel.estimands.classical import funnel, open_cases
from varmodel.fits import load_fit
from varmodel.publish.files import neutral
from varmodel.publish.tables.documents import write_file
from varmodel.publish.wording.sections.funnel import funnel_words

#: The folder of the fit in that of a run.
_FIT = "fit"


def write_funnel(
    run: str, *, out: str, overdispersion: str, cases: str | None, on: str | None
) -> Generator[str]:
    """Write the funnel of a run as CSV, and open a case for each provider that it flags.

    Parameters
    ----------
    run : str
        The folder of ``varmodel run``, or of a saved fit.
    out : str
        The CSV file of the funnel; one of this name is replaced.
    overdispersion : str
        What the limits allow for beyond chance, as ``vm.classical.funnel`` takes it.
    cases : str or None
        The CSV file of the cases; it must not exist, for a register is not written over.
    on : str or None
        The day on which they are opened.

    Yields
    ------
    str
        How many lie outside, how many cases are opened, where the files are; no provider's name.
    """
    _check(out, cases=cases, on=on)
    fit = load_fit(_fit_folder(run))
    table = funnel(fit, overdispersion=overdispersion)
    opened = None if on is None else open_cases(table, on=on)
    yield from [f"{fit.stamp}."] if fit.provisional else []
    yield from funnel_words(fit)
    _write(table.assign(provisional=True) if fit.provisional else table, out)
    if opened is not None and cases is not None:
        _write(opened, cases)
        yield f"Cases opened: {len(opened):,}, by the limits that were asked for; see {cases}"
    yield f"Written to {out}"


def _check(out: str, *, cases: str | None, on: str | None) -> None:
    """Refuse a register that is there, or without its day, before anything is read."""
    if (cases is None) != (on is None):
        fail("CONFIG.VALUE", "cases are opened on a day", fix="give --cases FILE and --on DAY")
    if cases is None:
        return
    fix = "keep what is there, and name another file for the new flags"
    if os.path.lexists(cases) or Path(cases).resolve() == Path(out).resolve():
        fail("OUTPUT.EXISTS", "this file is taken already", fix=fix, where=Where(file=cases))


def _fit_folder(run: str) -> Path:
    inside = Path(run) / _FIT
    return inside if inside.is_dir() else Path(run)


def _write(table: pd.DataFrame, path: str) -> None:
    write_file(path, neutral(table).to_csv(index=False, lineterminator="\n").encode())
