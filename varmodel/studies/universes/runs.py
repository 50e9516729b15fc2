"""Universes run: one fit a set of draws, kept in a folder where one is named.

universes -> groups that share draws -> frame (prepare) -> fit -> an Outcome each (measure)
The base comes first and alone; other groups are independent and may run in several processes.
"""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import xarray as xr

from varmodel.errors import VarmodelError, VarmodelWarning
from varmodel.families.effects import NORMAL_EFFECTS
from varmodel.frame import prepare
from varmodel.inference.many import run_many
from varmodel.inference.progress import Progress
from varmodel.spec import ModelSpec
from varmodel.studies.universes.kept import Kept
from varmodel.studies.universes.outcomes import Outcome
from varmodel.studies.universes.shared import (
    Done,
    Shared,
    columns_beside,
    without_columns_beside,
)
from varmodel.studies.universes.universe import Universe

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
    done : mapping
        Outcome and seconds of each universe, by its number.
    prepared : mapping
        Frames by what they depend on.
    p_values : mapping
        Of the tests that there is any variation, as ``spread_p_value`` keeps them.
    """

    table: object
    random_seed: int
    kept: Kept
    bar: Progress
    jobs: int | None = None
    part: str = ""
    columns: tuple[str, ...] = ()
    done: Done = field(default_factory=dict)
    prepared: dict[str, xr.Dataset] = field(default_factory=dict)
    p_values: dict[str, float] = field(default_factory=dict)

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
            results = run_many(_outcomes, ready, jobs=jobs)
            for _, models in ready:
                left = len(universes) - len(self.done)
                self.bar.say(f"{labels[next(iter(models))]}; {left} of {len(universes)} left")
                self.done |= next(results)

    def _run_base(self, models: Mapping[int, Universe], label: str) -> None:
        """Run the base, and the universes that share its draws."""
        self.bar.say(label)
        started = time.perf_counter()
        shared = self._shared(models[0].spec)
        self.columns = columns_beside(shared.spec)
        shared.prepare_beside(models.values(), self.table)
        self.part = shared.part = shared.find_part()
        self.done |= shared.outcomes(models, started=started)

    def _prepared(
        self, groups: Sequence[Mapping[int, Universe]]
    ) -> Iterator[tuple["Shared", Mapping[int, Universe]]]:
        """Prepare the frame of each group; a group whose table is refused is done."""
        for models in groups:
            started = time.perf_counter()
            try:
                shared = self._shared(self._without_own_columns(next(iter(models.values()))))
            except VarmodelError as error:
                seconds = time.perf_counter() - started
                self.done |= dict.fromkeys(models, (Outcome.refused(error), seconds))
                continue
            shared.prepare_beside(models.values(), self.table)
            yield shared, models

    def _shared(self, spec: ModelSpec) -> "Shared":
        fixed = spec.replace(priors={}, effect=NORMAL_EFFECTS.name)  # no frame depends on these
        if fixed.digest not in self.prepared:
            self.prepared[fixed.digest] = prepare(spec, self.table)
        frame = self.prepared[fixed.digest]
        known = self.p_values
        return Shared(self.kept, self.random_seed, spec, frame, part=self.part, p_values=known)

    def _without_own_columns(self, universe: Universe) -> ModelSpec:
        """Leave out columns that the base has not: if the table lacks them, others still run."""
        spec = universe.spec
        same = columns_beside(spec) == self.columns
        return spec if same else without_columns_beside(spec)


def _outcomes(task: "tuple[Shared, Mapping[int, Universe]]") -> Done:
    """Run a group, perhaps in a process of its own."""
    shared, models = task
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VarmodelWarning)
        return shared.outcomes(models, started=time.perf_counter())


def _groups(universes: Sequence[Universe | VarmodelError]) -> list[dict[int, Universe]]:
    """Gather the universes that share their draws, in the order of the first of each."""
    groups: dict[tuple[str, str | None], dict[int, Universe]] = {}
    for place, one in enumerate(universes):
        if isinstance(one, Universe):
            key = (one.draws_digest, one.spec.provider_name)
            groups.setdefault(key, {})[place] = one
    return list(groups.values())
