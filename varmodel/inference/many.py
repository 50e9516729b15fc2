"""fit_many: fits of many models and tables, over processes, with or without a store.

[(spec, frame), ...] -> [Fit or refusal, ...] (fit_frames)
[(spec, table), ...] -> [Fit, ...] (fit_many), a task each:
(spec, table) -> frame (prepare) -> key (key_of) -> Fit (fit), or what the store holds
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import xarray as xr

from varmodel.errors import FitError, VarmodelError, fail, show
from varmodel.fits import Fit
from varmodel.fits.store import Store, StoredFits, key_of
from varmodel.frame import prepare
from varmodel.inference.fitting import fit
from varmodel.inference.labels import versions
from varmodel.numerics.threads import limit_threads, thread_count
from varmodel.spec import ModelSpec

#: Processes where nothing else is asked for: a fit itself works on threads.
JOBS = 2


@dataclass(frozen=True, slots=True)
class _How:
    """How frames are fitted."""

    random_seed: int
    draws: int = 1000
    chains: int = 4

    def fit(self, spec: ModelSpec, frame: xr.Dataset) -> Fit:
        return fit(
            spec,
            frame,
            random_seed=self.random_seed,
            draws=self.draws,
            chains=self.chains,
            progressbar=False,
        )

    def key(self, spec: ModelSpec, frame: xr.Dataset) -> str:
        """Give the key of a fit in a store: numbers of draws where they are not the usual ones."""
        settings: dict[str, object] = {"random_seed": self.random_seed, "versions": versions()}
        if self != _How(self.random_seed):
            settings |= {"draws": self.draws, "chains": self.chains}
        return key_of(spec, frame, settings=settings)


@dataclass(frozen=True, slots=True)
class _Task:
    """One fit as a worker does it."""

    spec: ModelSpec
    table: object
    how: _How
    store: Store | None


def fit_many(
    tasks: Iterable[tuple[ModelSpec, object]],
    *,
    random_seed: int,
    jobs: int | None = None,
    store: "str | os.PathLike[str] | None" = None,
    draws: int = 1000,
    chains: int = 4,
) -> Sequence[Fit]:
    """Fit many models and tables, in several processes.

    Parameters
    ----------
    tasks : iterable of (ModelSpec, table)
        Each as :func:`varmodel.prepare` takes it.
    random_seed : int
        At least 0. Each fit makes its random streams of this seed and its own table, so that
        it has the same bytes as ``fit`` alone, whatever else is in the list; variants of one
        model on one table share theirs.
    jobs : int, optional
        Number of processes; by default 2, or what ``joblib.parallel_config`` says, whose
        backend (such as "dask") is used too. It changes no number.
    store : str or path-like, optional
        A folder that keeps the fits: what it holds is not fitted again, and what is finished
        stays when a run ends early.
    draws, chains : int
        As :func:`varmodel.fit` takes them.

    Returns
    -------
    sequence of Fit
        In the order of the tasks. With a store they are read from it one at a time.

    Raises
    ------
    VarmodelError
        That of the first task that failed, after all others are done; a note names the task.
    OutputError
        OUTPUT.LOCKED while another process uses the store.
    """
    listed = [_as_pair(task) for task in tasks]
    how = _How(random_seed, draws, chains)
    with Store.opened(store) if store is not None else nullcontext() as opened:
        every = [_Task(spec, table, how, opened) for spec, table in listed]
        outcomes = list(run_many(_work, every, jobs=jobs))
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, VarmodelError):
            outcome.add_note(f"in task {place}: {listed[place][0].name}")
            raise outcome
    if opened is None:
        return tuple(found for found in outcomes if isinstance(found, Fit))
    keys = [str(key) for key in outcomes]
    specs = [spec for spec, _ in listed]
    return StoredFits(opened, tuple(zip(keys, specs, strict=True)))


def _as_pair(task: Any) -> tuple[ModelSpec, object]:
    pair: tuple[Any, ...] = tuple(task) if isinstance(task, tuple | list) else ()
    if not (len(pair) == 2 and isinstance(pair[0], ModelSpec)):
        fail("CONFIG.VALUE", f"a task must be (ModelSpec, table), not {show(task)}")
    return pair[0], pair[1]


def process_count(jobs: Any) -> int | None:
    """Count the processes: as asked, or two; None leaves them to joblib's context.

    Raises
    ------
    SpecError
        CONFIG.VALUE for what is no whole number above 0.
    """
    from joblib import parallel

    if jobs is None:
        backend, stated = parallel.get_active_backend()
        ours = stated is None and isinstance(backend, parallel.LokyBackend)
        return min(JOBS, thread_count()) if ours else None
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        fail("CONFIG.VALUE", f"jobs must be a whole number of at least 1, not {show(jobs)}")
    return int(jobs)


def threads_each(jobs: int | None, *, tasks: int) -> int:
    """Give how many threads each of the processes may use."""
    from joblib import effective_n_jobs

    return max(1, thread_count() // max(1, min(effective_n_jobs(jobs), tasks)))


def _work(task: _Task) -> Fit | str | VarmodelError:
    """Do one task; what is refused comes back as a value, so that the others go on."""
    try:
        return _fit_or_find(task)
    except VarmodelError as error:
        return error


def _fit_or_find(task: _Task) -> Fit | str:
    frame = prepare(task.spec, task.table)
    if task.store is None:
        return task.how.fit(task.spec, frame)
    key = task.how.key(task.spec, frame)
    if key not in task.store:
        task.store.save(task.how.fit(task.spec, frame), key)
    return key


def fit_frames(
    tasks: Sequence[tuple[ModelSpec, xr.Dataset]],
    *,
    random_seed: int,
    jobs: int | None = None,
    draws: int = 1000,
    chains: int = 4,
) -> Iterator[Fit | FitError]:
    """Fit many frames in several processes, in the order of the tasks.

    Parameters
    ----------
    tasks : sequence of (ModelSpec, frame)
    random_seed : int
    jobs : int, optional
        As in :func:`fit_many`; it changes no number.
    draws, chains : int

    Returns
    -------
    iterator of Fit or FitError
        What was drawn, or why its gate refused it.
    """
    how = _How(random_seed, draws, chains)
    return run_many(partial(_fit_frame, how=how), tasks, jobs=jobs)


def _fit_frame(task: tuple[ModelSpec, xr.Dataset], *, how: _How) -> Fit | FitError:
    try:
        return how.fit(*task)
    except FitError as error:
        return error


def run_many[T, R](work: Callable[[T], R], tasks: Sequence[T], *, jobs: int | None) -> Iterator[R]:
    """Do tasks in several processes, each with its share of the threads, results in their order.

    ``work`` is a function of a module, or a partial of one: it is sent to the processes. ``jobs``
    as in :func:`fit_many`.
    """
    from joblib import Parallel, delayed

    count = process_count(jobs)
    threads = threads_each(count, tasks=len(tasks))
    every = (delayed(_with_threads)(work, task, threads) for task in tasks)
    yield from Parallel(n_jobs=count, return_as="generator")(every)


def _with_threads[T, R](work: Callable[[T], R], task: T, threads: int) -> R:
    with limit_threads(threads):
        return work(task)
