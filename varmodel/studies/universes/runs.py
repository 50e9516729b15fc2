"""Universes run: one fit a set of draws, kept in a folder where one is named.

universes -> groups that share draws -> frame (prepare) -> fit -> an Outcome each (measure)
The base comes first and alone; other groups are independent and may run in several processes.
"""

import json
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import xarray as xr

from varmodel.errors import VarmodelError, VarmodelWarning, fail
from varmodel.fits import Fit
from varmodel.fits.store import beside_cells, key_of
from varmodel.frame import prepare
from varmodel.inference import fit as sample
from varmodel.inference.labels import versions
from varmodel.inference.many import run_many
from varmodel.inference.progress import Progress
from varmodel.spec import ModelSpec
from varmodel.spec.canonical import sha256_of
from varmodel.spec.rules import benchmark_peers
from varmodel.studies.figures import Gap, price_gap, read_gap
from varmodel.studies.nil import spread_p_value
from varmodel.studies.persistence import published_part
from varmodel.studies.universes.kept import Kept
from varmodel.studies.universes.outcomes import (
    Outcome,
    SharedFigures,
    measure,
    part_of,
    read_shared_figures,
)
from varmodel.studies.universes.universe import Universe

type Done = dict[int, tuple[Outcome, float]]

#: Fewer groups than this are not worth starting processes for.
_WORTH_PROCESSES = 8


@dataclass(slots=True)
class Runner:
    """Runs universes of one table.

    Attributes
    ----------
    table : object
    random_seed : int
    kept : Kept
    bar : Progress
    jobs : int or None
        Processes; None takes several where there are many fits.
    part : str
        Which part of the effects the base publishes; found with the base.
    columns : tuple of str
        What describes the base's peers.
    """

    table: object
    random_seed: int
    kept: Kept
    bar: Progress
    jobs: int | None = None
    part: str = ""
    columns: tuple[str, ...] = ()
    done: Done = field(default_factory=dict)

    def run(self, universes: Sequence[Universe | VarmodelError], labels: Sequence[str]) -> None:
        """Run universes, the base first; ``done`` has the outcome and the seconds of each.

        Raises
        ------
        VarmodelError
            That of the base: nothing can be compared with a base that is refused.
        """
        if isinstance(universes[0], VarmodelError):
            raise universes[0]
        self.done |= {
            place: (Outcome.refused(one), 0.0)
            for place, one in enumerate(universes)
            if isinstance(one, VarmodelError)
        }
        first, *others = _groups(universes)
        self._run_base(first, labels[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", VarmodelWarning)  # the base has said them of the table
            ready = list(self._prepared(others))
            jobs = 1 if self.jobs is None and len(ready) < _WORTH_PROCESSES else self.jobs
            tasks = [(shared, models) for shared, models in ready]
            for (_, models), found in zip(
                ready, run_many(_outcomes, tasks, jobs=jobs), strict=True
            ):
                self.done |= found
                left = len(universes) - len(self.done)
                self.bar.say(f"{labels[next(iter(models))]} done, {left} of {len(universes)} left")

    def _run_base(self, models: Mapping[int, Universe], label: str) -> None:
        """Run the base, and the universes that share its draws."""
        self.bar.say(label)
        started = time.perf_counter()
        shared = self._shared(models[0].spec)
        self.columns = _columns_of_peers(shared.spec)
        shared.prepare_peers(models.values(), self.table)
        self.part = shared.part = shared.find_part()
        self.done |= shared.outcomes(models, started=started)

    def _prepared(
        self, groups: Sequence[Mapping[int, Universe]]
    ) -> Iterator[tuple["_Shared", Mapping[int, Universe]]]:
        """Prepare the frame of each group; a group whose table is refused is done."""
        for models in groups:
            started = time.perf_counter()
            try:
                shared = self._shared(self._without_own_peers(next(iter(models.values()))))
            except VarmodelError as error:
                seconds = time.perf_counter() - started
                self.done |= dict.fromkeys(models, (Outcome.refused(error), seconds))
                continue
            shared.prepare_peers(models.values(), self.table)
            yield shared, models

    def _shared(self, spec: ModelSpec) -> "_Shared":
        frame = prepare(spec, self.table)
        return _Shared(self.kept, self.random_seed, spec, frame, part=self.part)

    def _without_own_peers(self, universe: Universe) -> ModelSpec:
        """Leave out columns that the base has not: if the table lacks them, others still run."""
        spec = universe.spec
        return spec if _columns_of_peers(spec) == self.columns else spec.replace(peers=None)


def _outcomes(task: "tuple[_Shared, Mapping[int, Universe]]") -> Done:
    """Run a group, perhaps in a process of its own."""
    shared, models = task
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)
        return shared.outcomes(models, started=time.perf_counter())


@dataclass(slots=True)
class _Shared:
    """A frame, and the fit that universes share: drawn, or read, where one of them needs it.

    ``frames`` are those with the columns of other peers, or why there is none.
    """

    kept: Kept
    random_seed: int
    spec: ModelSpec
    frame: xr.Dataset
    part: str = ""
    frames: dict[tuple[str, ...], xr.Dataset | VarmodelError] = field(default_factory=dict)
    fitted: Fit | VarmodelError | None = None
    p_value: float = float("nan")
    orders: dict[tuple[str, bool], SharedFigures] = field(default_factory=dict)
    gap: tuple[str, Gap | None] | None = None

    @property
    def key(self) -> str:
        settings = {"random_seed": self.random_seed, "versions": versions()}
        return key_of(self.spec, self.frame, settings=settings)

    def find_part(self) -> str:
        """Say which part the base publishes; the folder knows it of a base that is done."""
        part = self.kept.find_part(self.key)
        if not part:
            part = published_part(self.require_fit())
            self.kept.keep_part(self.key, part)
        return part

    def prepare_peers(self, universes: Iterable[Universe], table: object) -> None:
        """Prepare the table with the columns of all peers that universes name."""
        for universe in universes:
            columns = _columns_of_peers(universe.spec)
            if columns in {(), _columns_of_peers(self.spec)} | set(self.frames):
                continue
            try:
                self.frames[columns] = prepare(universe.spec, table)
            except VarmodelError as error:
                self.frames[columns] = error

    def outcomes(self, models: Mapping[int, Universe], *, started: float) -> Done:
        """Read the outcomes of universes that share draws, or make them and keep them.

        Raises
        ------
        VarmodelError
            That of the base, number 0; and what is wrong with the folder.
        """
        found = {}
        for place, universe in sorted(models.items(), key=lambda x: _unpriced(x[1].spec)):
            found[place] = self._outcome(universe, started=started, is_base=place == 0)
            started = time.perf_counter()
        return found

    def _outcome(
        self, universe: Universe, *, started: float, is_base: bool
    ) -> tuple[Outcome, float]:
        others = self.frames.get(_columns_of_peers(universe.spec))
        beside = beside_cells(others) if isinstance(others, xr.Dataset) else {}
        key = sha256_of(json.dumps([self.key, universe.digest, self.part, beside]))
        found = self.kept.find(key)
        if found is not None:
            return found
        try:
            outcome = self._measure(universe)
        except VarmodelError as error:
            if is_base or isinstance(error, OSError):
                raise
            outcome = Outcome.refused(error)
        seconds = time.perf_counter() - started
        self.kept.keep(key, outcome, seconds=seconds)
        return outcome, seconds

    def _measure(self, universe: Universe) -> Outcome:
        fitted, spec = self.require_fit(), universe.spec
        fit = Fit(spec, self._frame_of(spec), fitted.draws)
        order, gap = self._order_of(fit), self._gap_of(fit)
        seed, savings = self.random_seed, None
        if gap is not None:
            savings = universe.cash(price_gap(fit, gap, random_seed=seed), random_seed=seed)
        return measure(fit, order, savings=savings, random_seed=seed, p_value=self.p_value)

    def _order_of(self, fit: Fit) -> SharedFigures:
        """Give what universes of one direction share."""
        key = (fit.spec.better, fit.spec.levels_adjusted)
        if key not in self.orders:
            self.orders[key] = read_shared_figures(fit, part=self.part)
        return self.orders[key]

    def _gap_of(self, fit: Fit) -> Gap | None:
        """Give what is priced: that of the universe before, where only the price is another."""
        key = _unpriced(fit.spec)
        if self.gap is None or self.gap[0] != key:
            self.gap = key, read_gap(fit, part=part_of(fit, self.part))
        return self.gap[1]

    def _frame_of(self, spec: ModelSpec) -> xr.Dataset:
        """Give the frame with a universe's own peers: the same cells, other columns beside them."""
        found = self.frames.get(_columns_of_peers(spec), self.frame)
        if isinstance(found, VarmodelError):
            raise found
        if found.attrs["source_hash"] != self.frame.attrs["source_hash"]:
            fail("CONFIG.VALUE", "with other peers the table has other cells")
        return found

    def require_fit(self) -> Fit:
        """Give the fit, drawn once; a fit that was refused is refused again."""
        if self.fitted is None:
            try:
                self.fitted = self._load_or_draw()
                self.p_value = spread_p_value(self.fitted, random_seed=self.random_seed)
            except VarmodelError as error:
                self.fitted = error
        if isinstance(self.fitted, VarmodelError):
            raise self.fitted
        return self.fitted

    def _load_or_draw(self) -> Fit:
        store = self.kept.store
        if store is not None and self.key in store:
            return store.load(self.key, self.spec)
        found = sample(self.spec, self.frame, random_seed=self.random_seed, progressbar=False)
        if store is not None:
            store.save(found, self.key)
        return found


def _unpriced(spec: ModelSpec) -> str:
    """Name all of a model but its price."""
    return spec.digest if spec.unit_cost is None else spec.replace(unit_cost=1.0).digest


def _columns_of_peers(spec: ModelSpec) -> tuple[str, ...]:
    peers = benchmark_peers(spec.peers)
    return () if peers is None else peers.columns


def _groups(universes: Sequence[Universe | VarmodelError]) -> list[dict[int, Universe]]:
    """Gather the universes that share their draws, in the order of the first of each."""
    groups: dict[tuple[str, str | None], dict[int, Universe]] = {}
    for place, one in enumerate(universes):
        if isinstance(one, Universe):
            key = (one.draws_digest, one.spec.provider_name)
            groups.setdefault(key, {})[place] = one
    return list(groups.values())
