"""run_quarter: every indicator of a quarter, its national figures, its site; it can be resumed.

configuration -> what is to be done (read_config, RunFolder.is_done)
              -> units, longest first, over processes (do_unit)
              -> facts of the quarter (gather) -> Quarter, site and papers
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from varmodel.batch.quarter.declared.config import QuarterConfig, QuarterIndicator
from varmodel.batch.quarter.declared.reading import read_config
from varmodel.batch.quarter.folder import RunFolder, unit_key
from varmodel.batch.quarter.gathering import gather, read_refusals, write_quarter
from varmodel.batch.quarter.outcome import Quarter
from varmodel.batch.quarter.progress import Board, UnitsProgress
from varmodel.batch.quarter.unit import UnitOutcome, UnitTask, do_unit
from varmodel.errors import VarmodelError, warn
from varmodel.inference.many import process_count, threads_each
from varmodel.publish.plots.parts.layout import require_matplotlib
from varmodel.publish.tables.workbook import require_xlsxwriter
from varmodel.spec.files import reading
from varmodel.values import check_seed


def run_quarter(
    config: "QuarterConfig | str | os.PathLike[str]",
    out: str | os.PathLike[str],
    *,
    random_seed: int,
    jobs: int | None = None,
) -> Quarter:
    """Analyse all indicators of a quarter, add their savings up, and write what is published.

    Parameters
    ----------
    config : QuarterConfig, str or path-like
        The configuration, or its TOML file (docs/reference.md).
    out : str or path-like
        The folder: absent, empty, or that of an earlier run of the same seed. An indicator whose
        model, table, cost or versions have not changed since is not analysed again; a unit that
        has changed is replaced once the new one is whole.
    random_seed : int
        At least 0. The same for every indicator: each makes its random streams of it and its
        own table.
    jobs : int, optional
        Number of processes; by default 2, or what ``joblib.parallel_config`` says, whose
        backend (such as "dask") is used too. It changes no number.

    Returns
    -------
    Quarter
        ``tables()``, ``site``. An indicator that was refused is named there with its code; it
        stops no other. A run that is killed at any moment goes on from the units that are done,
        to the same bytes.

    Raises
    ------
    SpecError, InputError
        The configuration or a model in it is refused, before anything is done; CONFIG.VALUE
        where the folder was made with another seed; CONFIG.EXTRA without matplotlib or
        xlsxwriter (the extra ``tables``), which the publication needs.
    VarmodelError
        That of the first indicator, where every one of them is refused.
    OutputError
        OUTPUT.LOCKED while another process works in the folder; OUTPUT.EXISTS where it holds
        something else; OUTPUT.DISK, with path and need; OUTPUT.DENIED.

    Warns
    -----
    VarmodelWarning
        Those of the indicators analysed in this run, with their names; ``warnings.txt`` of a
        unit keeps them.
    """
    read = config if isinstance(config, QuarterConfig) else read_config(config)
    seed, count = check_seed(random_seed), process_count(jobs)
    require_xlsxwriter()  # not when all is done
    require_matplotlib()
    with RunFolder.opened(out, random_seed=seed) as opened:
        keys = _keys(read, random_seed=seed)
        todo = [x for x in _longest_first(read) if not opened.is_done(x.name, keys[x.name])]
        tasks = _tasks(todo, keys, opened, read=read, random_seed=seed, jobs=count)
        outcomes = _run(tasks, opened, jobs=count, kept=len(keys) - len(todo))
        _say_warnings(read, outcomes)
        refused = read_refusals(read, opened)
        _refuse_nothing(read, refused)
        facts = write_quarter(opened, gather(read, opened, random_seed=seed), keys=keys)
        return Quarter(facts, opened.folder, tuple(x.name for x in todo), refused)


def _keys(config: QuarterConfig, *, random_seed: int) -> dict[str, str]:
    found = {}
    for x in config.indicators:
        with reading(x.shown):
            found[x.name] = unit_key(x, random_seed=random_seed, disclosure=config.disclosure)
    return found


def _longest_first(config: QuarterConfig) -> list[QuarterIndicator]:
    """Order indicators by the size of their tables, so that processes finish together."""
    return sorted(config.indicators, key=lambda x: (-_size(x), x.name))


def _size(indicator: QuarterIndicator) -> int:
    with reading(indicator.shown):
        return indicator.table.stat().st_size


def _tasks(
    todo: Sequence[QuarterIndicator],
    keys: Mapping[str, str],
    opened: RunFolder,
    *,
    read: QuarterConfig,
    random_seed: int,
    jobs: int | None,
) -> list[UnitTask]:
    threads = threads_each(jobs, tasks=len(todo)) if todo else 1
    return [
        UnitTask(
            indicator=x,
            key=keys[x.name],
            folder=opened.unit(x.name),
            random_seed=random_seed,
            disclosure=read.disclosure,
            threads=threads,
            parent=os.getpid(),
        )
        for x in todo
    ]


def _run(
    tasks: Sequence[UnitTask], opened: RunFolder, *, jobs: int | None, kept: int
) -> dict[str, UnitOutcome]:
    """Do the units; what cannot be written ends the run, a mistake of ours once all are done."""
    found: dict[str, UnitOutcome] = {}
    sizes = {task.indicator.name: float(_size(task.indicator)) for task in tasks}
    with UnitsProgress(Board(sizes, workers=_workers(jobs), kept=kept)) as shown:
        for outcome in _outcomes(tasks, jobs=jobs):
            found[outcome.name] = outcome
            shown.board.finish(outcome.name, seconds=outcome.seconds, code=outcome.code)
            if isinstance(outcome.error, VarmodelError):
                raise outcome.error
            opened.keep_seconds({outcome.name: outcome.seconds})
    for outcome in found.values():
        if outcome.error is not None:
            outcome.error.add_note(f"in indicator {outcome.name}")
            raise outcome.error
    return found


def _workers(jobs: int | None) -> int:
    from joblib import effective_n_jobs

    return int(effective_n_jobs(jobs))


def _outcomes(tasks: Sequence[UnitTask], *, jobs: int | None) -> Iterator[UnitOutcome]:
    """Give outcomes as they come, one unit a time to a process, in the order of the tasks."""
    from joblib import Parallel, delayed

    if not tasks:
        return
    work: Any = Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
    with closing(work(delayed(do_unit)(task) for task in tasks)) as done:
        yield from done


def _say_warnings(config: QuarterConfig, outcomes: Mapping[str, UnitOutcome]) -> None:
    for indicator in config.indicators:
        outcome = outcomes.get(indicator.name)
        for problem in outcome.warnings if outcome is not None else ():
            warn(replace(problem, message=f"{indicator.name}: {problem.message}"))


def _refuse_nothing(config: QuarterConfig, refused: Mapping[str, VarmodelError]) -> None:
    """Refuse a quarter of which no indicator ran, as its first indicator was refused."""
    if len(refused) == len(config.indicators):
        first = config.indicators[0].name
        refused[first].add_note(f"all {len(refused)} indicators were refused, {first} first")
        raise refused[first]
