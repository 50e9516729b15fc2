"""Universes run one after the other: one fit a digest, kept in a folder where one is named.

models -> groups that share a fit -> frame (prepare) -> fit -> an Outcome each (measure)
"""

import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import xarray as xr

from varmodel.errors import VarmodelError, VarmodelWarning
from varmodel.fits import Fit
from varmodel.fits.store import key_of
from varmodel.frame import prepare
from varmodel.inference import fit as sample
from varmodel.inference.labels import versions
from varmodel.inference.progress import Progress
from varmodel.spec import ModelSpec
from varmodel.spec.canonical import sha256_of
from varmodel.studies.nil import spread_p_value
from varmodel.studies.persistence import published_part
from varmodel.studies.universes.kept import Kept
from varmodel.studies.universes.outcomes import Outcome, measure


@dataclass(slots=True)
class Runner:
    """Runs universes of one table.

    Attributes
    ----------
    table : object
    random_seed : int
    kept : Kept
    bar : Progress
    part : str
        Which part of the effects the base publishes; found with the base.
    """

    table: object
    random_seed: int
    kept: Kept
    bar: Progress
    part: str = ""
    done: dict[int, tuple[Outcome, float]] = field(default_factory=dict)

    def run(self, specs: Sequence[ModelSpec | VarmodelError], labels: Sequence[str]) -> None:
        """Run universes, the base first; ``done`` has the outcome and the seconds of each.

        Raises
        ------
        VarmodelError
            That of the base: nothing can be compared with a base that is refused.
        """
        if isinstance(specs[0], VarmodelError):
            raise specs[0]
        self.done |= {
            place: (Outcome.refused(spec), 0.0)
            for place, spec in enumerate(specs)
            if isinstance(spec, VarmodelError)
        }
        for group in _groups(specs):
            left = len(specs) - len(self.done)
            self.bar.say(f"{labels[group[0]]}: {left} of {len(specs)} universes left")
            models = {place: spec for place in group if isinstance(spec := specs[place], ModelSpec)}
            with warnings.catch_warnings():
                if 0 not in group:  # the base has said what there is to say of the table
                    warnings.simplefilter("ignore", VarmodelWarning)
                self._run_group(models)

    def _run_group(self, models: Mapping[int, ModelSpec]) -> None:
        """Run universes that share their draws."""
        first = next(iter(models))
        started = time.perf_counter()
        try:
            shared = _Shared(self, models[first], prepare(models[first], self.table))
        except VarmodelError as error:
            if first == 0:
                raise
            refused = Outcome.refused(error)
            self.done |= dict.fromkeys(models, (refused, time.perf_counter() - started))
            return
        if first == 0:
            self.part = shared.find_part()
        for place, spec in models.items():
            self.done[place] = shared.outcome(spec, started=started, is_base=place == 0)
            started = time.perf_counter()


@dataclass(slots=True)
class _Shared:
    """A frame, and the fit that universes share: drawn, or read, where one of them needs it."""

    runner: Runner
    spec: ModelSpec
    frame: xr.Dataset
    fitted: Fit | VarmodelError | None = None
    p_value: float = float("nan")

    @property
    def key(self) -> str:
        settings = {"random_seed": self.runner.random_seed, "versions": versions()}
        return key_of(self.spec, self.frame, settings=settings)

    def find_part(self) -> str:
        """Say which part the base publishes; the folder knows it of a base that is done."""
        kept = self.runner.kept
        part = kept.find_part(self.key)
        if not part:
            part = published_part(self.require_fit())
            kept.keep_part(self.key, part)
        return part

    def outcome(self, spec: ModelSpec, *, started: float, is_base: bool) -> tuple[Outcome, float]:
        """Read the outcome of a universe, or make it and keep it."""
        kept = self.runner.kept
        key = sha256_of(json.dumps([self.key, spec.digest, self.runner.part]))
        found = kept.find(key)
        if found is not None:
            return found
        try:
            outcome = self._measure(spec)
        except VarmodelError as error:
            if is_base or isinstance(error, OSError):
                raise
            outcome = Outcome.refused(error)
        seconds = time.perf_counter() - started
        kept.keep(key, outcome, seconds=seconds)
        return outcome, seconds

    def _measure(self, spec: ModelSpec) -> Outcome:
        fitted, seed = self.require_fit(), self.runner.random_seed
        return measure(
            Fit(spec, fitted.frame, fitted.draws),
            part=self.runner.part,
            random_seed=seed,
            p_value=self.p_value,
        )

    def require_fit(self) -> Fit:
        """Give the fit, drawn once; a fit that was refused is refused again."""
        if self.fitted is None:
            try:
                self.fitted = self._load_or_draw()
                self.p_value = spread_p_value(self.fitted, random_seed=self.runner.random_seed)
            except VarmodelError as error:
                self.fitted = error
        if isinstance(self.fitted, VarmodelError):
            raise self.fitted
        return self.fitted

    def _load_or_draw(self) -> Fit:
        store = self.runner.kept.store
        if store is not None and self.key in store:
            return store.load(self.key, self.spec)
        found = sample(
            self.spec, self.frame, random_seed=self.runner.random_seed, progressbar=False
        )
        if store is not None:
            store.save(found, self.key)
        return found


def _groups(specs: Sequence[ModelSpec | VarmodelError]) -> list[list[int]]:
    """Gather the universes that share their draws, in the order of the first of each."""
    groups: dict[tuple[str, str | None], list[int]] = {}
    for place, spec in enumerate(specs):
        if isinstance(spec, ModelSpec):
            groups.setdefault((spec.fit_digest, spec.provider_name), []).append(place)
    return list(groups.values())
