"""One indicator as a unit: analysed in whatever process, written whole or not at all.

UnitTask -> folder of the unit, or what stood in its way (do_unit)
"""

import json
import os
import shutil
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NoReturn

import pandas as pd

from varmodel.analysis.analyse import Analysis, analyse
from varmodel.batch.quarter.declared.config import QuarterIndicator
from varmodel.batch.quarter.folder import FACTS, unit_key, write_manifest
from varmodel.batch.quarter.sums.state import SavingDraws, savings_of, write_savings
from varmodel.errors import CODES, OutputError, Problem, VarmodelError, VarmodelWarning, Where, fail
from varmodel.fits import save_fit
from varmodel.fits.folder import new_folder
from varmodel.numerics.once import made_once
from varmodel.numerics.threads import limit_threads, on_one_blas_thread
from varmodel.publish.disclosure import policy_of, protect
from varmodel.publish.files import describe_run, write_tables
from varmodel.publish.quarter.facts import IndicatorFacts
from varmodel.publish.quarter.from_analysis import facts_of
from varmodel.publish.quarter.stored import to_json
from varmodel.publish.tables.data_frames import tables_of
from varmodel.spec.files import NamedFile, reading

_REFUSED, _WARNINGS = "refused.json", "warnings.txt"
#: Tables, facts and manifest beside the draws, in bytes, as a part of the draws.
_BESIDE = 1.1
_ONE_AT_A_TIME = Lock()  # warnings are caught for the whole process
_watched: set[int] = set()


@dataclass(frozen=True, slots=True)
class UnitTask:
    """A unit as a worker does it.

    Attributes
    ----------
    indicator : QuarterIndicator
    key : str
        Digest of what the unit is made of.
    folder : Path
    random_seed : int
    disclosure : str
    threads : int
        Its share of the machine.
    parent : int
        The process that asked.
    """

    indicator: QuarterIndicator
    key: str
    folder: Path
    random_seed: int
    disclosure: str
    threads: int
    parent: int


@dataclass(frozen=True, slots=True)
class UnitOutcome:
    """What became of a unit.

    Attributes
    ----------
    name : str
    seconds : float
    code : str
        Why it was refused; empty where it ran.
    warnings : tuple of Problem
    error : Exception or None
        What ends the run: the unit could not be written, or there is a mistake in varmodel.
    """

    name: str
    seconds: float = 0.0
    code: str = ""
    warnings: tuple[Problem, ...] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Analysed:
    """An analysis, and all that is kept of it."""

    analysis: Analysis
    facts: IndicatorFacts
    tables: Mapping[str, pd.DataFrame]
    savings: SavingDraws | None

    @classmethod
    def of(cls, task: UnitTask) -> "_Analysed":
        """Analyse an indicator."""
        indicator = task.indicator
        x = analyse(
            indicator.spec,
            NamedFile(indicator.table, indicator.shown),
            random_seed=task.random_seed,
            progressbar=False,
        )
        with made_once():  # facts are read off the tables that are written beside them
            facts = facts_of(x, costs=indicator.cost_of_acting, described=indicator.described)
            shown = protect(tables_of(x), facts, policy=policy_of(task.disclosure))
        return cls(x, facts, shown, savings_of(x))


@dataclass(slots=True)
class _Made:
    """What a unit's folder is written from."""

    refused: VarmodelError | None = None
    analysed: "_Analysed | None" = None
    warnings: list[Problem] = field(default_factory=list)


@on_one_blas_thread
def do_unit(task: UnitTask) -> UnitOutcome:
    """Analyse an indicator and write its unit; what is refused is written too.

    Equal tasks give equal bytes, whatever the process. A table that changes meanwhile is not
    written as what it was.
    """
    _end_with(task.parent)
    started, name = time.perf_counter(), task.indicator.name
    try:
        with _ONE_AT_A_TIME, limit_threads(task.threads):
            made = _make(task)
            _write(task, made)
    except Exception as error:  # noqa: BLE001 - raised once the others are done
        return UnitOutcome(name, time.perf_counter() - started, error=error)
    code = "" if made.refused is None else made.refused.code
    return UnitOutcome(name, time.perf_counter() - started, code, tuple(made.warnings))


def read_refusal(unit: Path) -> VarmodelError | None:
    """Read the error of a unit that was refused; None where it ran."""
    path = unit / _REFUSED
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    problems = [Problem(**{**item, "where": _where(item["where"])}) for item in kept]
    return CODES[problems[0].code](problems)


def _where(kept: Mapping[str, Any]) -> Where:
    return Where(kept["file"], kept["column"], tuple(kept["lines"]), tuple(kept["rows"]))


def _make(task: UnitTask) -> _Made:
    """Analyse, and take what is refused as a result; what cannot be written is none."""
    indicator, made = task.indicator, _Made()
    with _collected(made.warnings):
        try:
            made.analysed = _Analysed.of(task)
        except OutputError:
            raise
        except VarmodelError as error:
            made.refused = error
    with reading(indicator.shown):
        key = unit_key(indicator, random_seed=task.random_seed, disclosure=task.disclosure)
    if key != task.key:
        where = Where(file=indicator.shown)
        message = "the table was changed while it was read"
        fail("INPUT.NOT_FOUND", message, where=where, fix="run again")
    return made


@contextmanager
def _collected(problems: list[Problem]) -> Iterator[None]:
    """Collect our warnings; those of others go on their way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", VarmodelWarning)
        yield
    for item in caught:
        if isinstance(item.message, VarmodelWarning):
            problems.append(item.message.problem)
        else:
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)


def _write(task: UnitTask, made: _Made) -> None:
    need = 0 if made.analysed is None else _bytes_of(made.analysed.analysis)
    if shutil.disk_usage(task.folder.parent).free < need:
        _fail_full(task.folder, need)
    try:
        with new_folder(task.folder, may_replace=_is_unit) as folder:
            _write_files(folder, task, made)
    except OutputError as error:
        if error.code == "OUTPUT.DISK":
            _fail_full(task.folder, need)
        raise


def _write_files(folder: Path, task: UnitTask, made: _Made) -> None:
    if made.analysed is not None:
        _write_analysis(folder, made.analysed)
    elif made.refused is not None:
        kept = [asdict(problem) for problem in made.refused.problems]
        (folder / _REFUSED).write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    if made.warnings:
        lines = "".join(f"{problem}\n" for problem in made.warnings)
        (folder / _WARNINGS).write_text(lines, encoding="utf-8")
    write_manifest(folder, _content(task, made))


def _write_analysis(folder: Path, found: _Analysed) -> None:
    save_fit(found.analysis.fit, folder / "fit")
    (folder / FACTS).write_text(to_json(found.facts), encoding="utf-8")
    write_tables(found.tables, folder)
    if found.savings is not None:
        write_savings(folder, found.savings)


def _content(task: UnitTask, made: _Made) -> dict[str, object]:
    """Say in the manifest what the unit is made of, and what came of it."""
    ran = {} if made.analysed is None else describe_run(made.analysed.analysis)
    return {
        "key": task.key,
        "model": task.indicator.name,
        "spec_digest": task.indicator.spec.digest,
        "random_seed": task.random_seed,
        "disclosure": task.disclosure,
        "refused": "" if made.refused is None else made.refused.code,
        **ran,
    }


def _is_unit(folder: Path) -> bool:
    """Whether a folder may be replaced: all in ``units`` is our own."""
    del folder
    return True


def _bytes_of(x: Analysis) -> int:
    """Estimate what a unit takes on the disk."""
    draws = sum(node.dataset.nbytes for node in x.fit.draws.subtree)
    saving = 0 if x.savings is None else x.savings["saving"].nbytes
    return int(_BESIDE * (draws + x.fit.frame.nbytes + saving))


def _fail_full(unit: Path, need: int) -> NoReturn:
    free = shutil.disk_usage(unit.parent).free
    left = f"{free / 1e6:,.1f} MB are free"
    if free > need:  # by now, or of a disk on which this user may have no more
        left += (
            ": a quota is used up, a file would be too large, or others took the space meanwhile"
        )
    message = f"the disk is full: this unit needs {need / 1e6:,.1f} MB, {left}"
    fail("OUTPUT.DISK", message, where=Where(file=str(unit)), fix="free some space, then run again")


def _end_with(parent: int) -> None:
    """End this process with the one that asked for the work, however that one ends."""
    own = os.getpid()
    if os.getppid() != parent or own in _watched:
        return
    _watched.add(own)
    Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
