"""What universes that share their draws share: a frame, a fit, and all that no price touches."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import xarray as xr

from varmodel.errors import VarmodelError, fail
from varmodel.estimands.money.benchmarks import PopulationRates, read_population_rates
from varmodel.fits import Fit
from varmodel.fits.store import beside_cells, key_of
from varmodel.frame import prepare
from varmodel.inference import fit as sample
from varmodel.inference.labels import versions
from varmodel.spec import ModelSpec, OwnCost
from varmodel.spec.canonical import sha256_of
from varmodel.spec.parts import Nil
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
    verdict_by_rule,
)
from varmodel.studies.universes.universe import Universe

#: Outcome and seconds of universes, by their numbers.
type Done = dict[int, tuple[Outcome, float]]


@dataclass(slots=True)
class Shared:
    """A frame, and the fit that universes share: drawn, or read, where one of them needs it.

    Attributes
    ----------
    kept : Kept
    random_seed : int
    spec : ModelSpec
        Of one of them.
    frame : xarray.Dataset
    part : str
        Which part of the effects the base publishes.
    frames : mapping
        Columns of other peers -> the frame with them, or why there is none.
    p_values : dict
        As ``spread_p_value`` keeps them, of other fits too.
    fitted : Fit, VarmodelError or None
        None until it is needed; or why there is none.
    orders, verdicts, own_rates : dict
        What some of them share, by what it depends on.
    gap : tuple or None
        What was priced last, and the model without its price.
    base : Universe or None
        That to which all are compared, where it is one of them.
    base_total : DataArray (chain, draw) or None
        Its total saving, once it was needed.
    """

    kept: Kept
    random_seed: int
    spec: ModelSpec
    frame: xr.Dataset
    part: str = ""
    frames: dict[tuple[str, ...], xr.Dataset | VarmodelError] = field(default_factory=dict)
    p_values: dict[str, float] = field(default_factory=dict)
    fitted: Fit | VarmodelError | None = None
    orders: dict[tuple[str, bool], SharedFigures] = field(default_factory=dict)
    verdicts: dict[tuple[Nil, bool], str] = field(default_factory=dict)
    own_rates: dict[bool, PopulationRates] = field(default_factory=dict)
    gap: tuple[str, Gap | None] | None = None
    base: Universe | None = None
    base_total: xr.DataArray | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the fit, once for all of them."""
        settings = {"random_seed": self.random_seed, "versions": versions()}
        self.key = key_of(self.spec, self.frame, settings=settings)

    def find_part(self) -> str:
        """Say which part the base publishes; the folder knows it of a base that is done."""
        part = self.kept.find_part(self.key)
        if not part:
            part = published_part(self.require_fit())
            self.kept.keep_part(self.key, part)
        return part

    def prepare_beside(self, universes: Iterable[Universe], table: object) -> None:
        """Prepare the table with the columns of peers and prices that universes name."""
        for universe in universes:
            columns = columns_beside(universe.spec)
            if columns in {(), columns_beside(self.spec)} | set(self.frames):
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
        self.base, self.base_total = models.get(0), None
        unpriced = {place: _unpriced(universe.spec) for place, universe in models.items()}
        first = unpriced.get(0)
        # those of one gap together, the base's first
        for place in sorted(models, key=lambda x: (unpriced[x] != first, unpriced[x], x)):
            outcome = self._find_or_make(
                models[place], unpriced=unpriced[place], is_base=place == 0, started=started
            )
            found[place] = outcome
            started = time.perf_counter()
        return found

    def _find_or_make(
        self, universe: Universe, *, unpriced: str, is_base: bool, started: float
    ) -> tuple[Outcome, float]:
        others = self.frames.get(columns_beside(universe.spec))
        beside = beside_cells(others) if isinstance(others, xr.Dataset) else {}
        base = "" if self.base is None else self.base.digest
        key = sha256_of(json.dumps([self.key, universe.digest, self.part, beside, base]))
        found = self.kept.find(key)
        if found is not None:
            return found
        try:
            outcome = self._measure(universe, unpriced, is_base=is_base)
        except VarmodelError as error:
            if is_base or isinstance(error, OSError):
                raise
            outcome = Outcome.refused(error)
        seconds = time.perf_counter() - started
        self.kept.keep(key, outcome, seconds=seconds)
        return outcome, seconds

    def _measure(self, universe: Universe, unpriced: str, *, is_base: bool) -> Outcome:
        fit = self._fit_of(universe)
        order, savings = self._order_of(fit), self._savings_of(universe, fit, unpriced)
        if is_base and savings is not None:
            self.base_total = savings["total"]
        base, verdict = self._total_of_base(), self._verdict_on(fit)
        return measure(fit, order, savings=savings, verdict=verdict, base=base)

    def _fit_of(self, universe: Universe) -> Fit:
        return Fit(universe.spec, self._frame_of(universe.spec), self.require_fit().draws)

    def _savings_of(self, universe: Universe, fit: Fit, unpriced: str) -> xr.Dataset | None:
        """Give what of a saving counts in a universe; None where nothing is priced."""
        gap, seed = self._gap_of(fit, unpriced), self.random_seed
        if gap is None:
            return None
        return universe.cash(price_gap(fit, gap, random_seed=seed), random_seed=seed)

    def _total_of_base(self) -> xr.DataArray | None:
        """Give the base's total, made anew where the folder has its outcome already."""
        if self.base_total is None and self.base is not None:
            fit, unpriced = self._fit_of(self.base), _unpriced(self.base.spec)
            savings = self._savings_of(self.base, fit, unpriced)
            self.base_total = None if savings is None else savings["total"]
        return self.base_total

    def _order_of(self, fit: Fit) -> SharedFigures:
        """Give what universes of one direction share."""
        key = (fit.spec.better, fit.spec.levels_adjusted)
        if key not in self.orders:
            self.orders[key] = read_shared_figures(fit, part=self.part)
        return self.orders[key]

    def _verdict_on(self, fit: Fit) -> str:
        """Give what universes of one nil rule share; the test takes neither benchmark nor price."""
        key = (fit.spec.nil, fit.spec.levels_adjusted)
        if key not in self.verdicts:
            p_value = spread_p_value(fit, random_seed=self.random_seed, known=self.p_values)
            self.verdicts[key] = verdict_by_rule(fit, p_value=p_value)
        return self.verdicts[key]

    def _gap_of(self, fit: Fit, unpriced: str) -> Gap | None:
        """Give what is priced: that of the universe before, where only the price is another."""
        if self.gap is None or self.gap[0] != unpriced:
            part, adjusted = part_of(fit, self.part), fit.spec.levels_adjusted
            if adjusted not in self.own_rates:
                self.own_rates[adjusted] = read_population_rates(fit, "own", part=part)
            self.gap = unpriced, read_gap(fit, part=part, known=self.own_rates[adjusted])
        return self.gap[1]

    def _frame_of(self, spec: ModelSpec) -> xr.Dataset:
        """Give a universe's own frame: the same cells, other columns beside them."""
        found = self.frames.get(columns_beside(spec), self.frame)
        if isinstance(found, VarmodelError):
            raise found
        if found.attrs["source_hash"] != self.frame.attrs["source_hash"]:
            fail("CONFIG.VALUE", "with other peers or prices the table has other cells")
        return found

    def require_fit(self) -> Fit:
        """Give the fit, drawn once; a fit that was refused is refused again."""
        if self.fitted is None:
            try:
                self.fitted = self._load_or_draw()
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


def columns_beside(spec: ModelSpec) -> tuple[str, ...]:
    """Name the columns that no fit reads: those that say who is like whom, and of own prices."""
    peers = benchmark_peers(spec.peers)
    priced = (f"price {spec.unit_cost.column}",) if isinstance(spec.unit_cost, OwnCost) else ()
    return (*(() if peers is None else peers.columns), *priced)


def without_columns_beside(spec: ModelSpec) -> ModelSpec:
    """Leave these columns out."""
    price = None if isinstance(spec.unit_cost, OwnCost) else spec.unit_cost
    return spec.replace(peers=None, unit_cost=price)
