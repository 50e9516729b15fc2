"""varmodel sensitivity: a model's figures under every choice, written into a folder."""

import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

from varmodel.analysis.analyse import analyse
from varmodel.errors import SpecError, VarmodelWarning
from varmodel.publish.files import REPORT
from varmodel.publish.universes import write_universes
from varmodel.spec import load_model
from varmodel.spec.files import NamedFile, check_regular_file, reading
from varmodel.spec.library import in_file, read_text
from varmodel.spec.toml import parse_text
from varmodel.studies import Sensitivity, sensitivity

#: The key of a plan that is no dimension.
_SAMPLE = "sample"


def run_universes(
    model: str, table: str | NamedFile, *, plan: str | None, out: str, seed: int
) -> Generator[str]:
    """Run a plan, or the default one, and write its folder; a run that was stopped goes on.

    Parameters
    ----------
    model : str
        A model's name or path.
    table : str or NamedFile
        Path of the table.
    plan : str or None
        Path of a TOML file: a table a dimension, in it a table an option, the base first; and
        ``sample``, how many universes are run.
    out : str
        The folder: absent, empty, or that of the same seed.
    seed : int

    Yields
    ------
    str
        What ran, the dimensions by what they move, and that the folder is there.
    """
    spec = load_model(model)
    dimensions, sample = (None, None) if plan is None else read_plan(plan)
    found = sensitivity(spec, table, dimensions, random_seed=seed, sample=sample, folder=out)
    _write_page(found, table, Path(out), seed=seed)
    write_universes(found, Path(out), random_seed=seed, beside=(REPORT,))
    yield repr(found)
    yield from _shares(found)
    yield f"Written to {out}"


def _write_page(found: Sensitivity, table: str | NamedFile, folder: Path, *, seed: int) -> None:
    """Write the report of the base, with a section on what other choices make of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)  # the run of the base has said them
        analysis = analyse(found.spec, table, random_seed=seed, progressbar=False)
    analysis.report(folder / REPORT, sensitivity=found)


def read_plan(path: str) -> tuple[dict[str, Any], Any]:
    """Read dimensions and the size of the sample from a TOML file; nothing in it is evaluated.

    Raises
    ------
    SpecError
        CONFIG.PARSE where it is not TOML.
    InputError
        INPUT.NOT_FOUND, INPUT.UNSAFE_PATH, INPUT.ENCODING, INPUT.LIMIT.
    """
    file = check_regular_file(path)
    with reading(path):
        text = read_text(file)
    try:
        document = parse_text(text)
    except SpecError as error:
        raise in_file(error, file) from None
    sample = document.pop(_SAMPLE, None)
    return document, sample


def _shares(found: Sensitivity) -> Generator[str]:
    rows = found.shares.sort_values("share", ascending=False, kind="stable")
    for row in rows.itertuples():
        yield f"  {row.share:6.1%} of the variance of the total: {row.input}"
