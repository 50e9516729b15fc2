"""Leave-one-provider-out without a refit each: who moves the total, and the benchmark.

The posterior without provider j is that with it, weighed by 1 / p(y_j | phi), its effects
integrated out; the others' effects keep their distribution given phi. Where the weights' tail is
too heavy for the draws (k-hat) the model is fitted again without j.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.money.benchmarks import benchmark_rates
from varmodel.fits import Fit
from varmodel.fits.importance import largest_k
from varmodel.frame import pin_transient
from varmodel.frame.prepare import MINIMUM_PROVIDERS
from varmodel.frame.providers.some import some_providers
from varmodel.inference.many import fit_frames
from varmodel.spec import OwnCost
from varmodel.spec.rules import has_own_levels
from varmodel.studies.calibration.replicates import pick_draws
from varmodel.studies.figures import annual_savings
from varmodel.studies.persistence import published_part, refuse_declared_share
from varmodel.studies.reweighting.weights import Weights
from varmodel.values import Array, Index, Mask, check_seed

#: Draws on which the benchmark is found again without a provider. What it moves is a difference
#: within each draw, so that few tell it; all else is weighed over all draws.
_PAIRED = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What a fit shows at a price of 1, or at each provider's own, draw by draw.

    Attributes
    ----------
    saving : ndarray, shape (S, provider), or None
        None where nothing is priced.
    benchmark : ndarray, shape (S,), or None
        On the reference population; None where the model has none, or one of each provider.
    provider_sd : ndarray, shape (S,)
    """

    saving: Array | None
    benchmark: Array | None
    provider_sd: Array

    def without(self, place: int, draws: Index | slice = slice(None)) -> "_Shown":
        """Leave a provider's own saving out, the benchmark as it was."""
        some = None if self.saving is None else np.delete(self.saving[draws], place, axis=1)
        level = None if self.benchmark is None else self.benchmark[draws]
        return _Shown(some, level, self.provider_sd[draws])


def leave_one_out(
    fit: Fit,
    *,
    random_seed: int,
    providers: Iterable[str] | None = None,
    jobs: int | None = None,
) -> xr.Dataset:
    """Leave out one provider after the other, and see what becomes of the others' total.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws; their published part is taken.
    random_seed : int
        Of the prices, and of the refits that are needed.
    providers : iterable of str, optional
        Whom to leave out, each alone; by default everybody in turn.
    jobs : int, optional
        Processes of the refits, as in ``vm.batch.fit_many``; it changes no number.

    Returns
    -------
    xarray.Dataset
        By ``provider``, the one that is left out. Where the model has a price: ``total``,
        ``lower``, ``upper``, the others' total saving without it (posterior mean and 95 %
        interval); ``own``, its own mean saving in the fit; ``influence``, what leaving it out
        adds to the others' total, through the benchmark and all that is learnt of providers;
        ``influence_sd``, the same in posterior sds of the fit's total. ``benchmark``, on the
        reference population, and ``benchmark_change``, where the model has one for all;
        ``provider_sd``, posterior mean. ``pareto_k`` of the weights; ``refitted``, whether it was
        above ``attrs["largest_k"]``, and the figures are those of a fit without the provider. A
        provider whose ``influence_sd`` is beyond 1 or so moves the total by as much as all that
        is not known of it: say so, and look at its figures. Priors, scaling and support stay
        those of the whole table.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a provider that is not there, and for a model with ``transient_share``.
    DesignError
        DESIGN.TOO_FEW where fewer than four would be left.
    ConvergenceError
        FIT.CONVERGENCE where a refit that is needed fails its gate.
    """
    from varmodel.inference.marginal.evidence import evidence_by_provider  # loads the loops

    refuse_declared_share(fit.spec)
    places, seed = _places(fit, providers), check_seed(random_seed)
    evidence, part = evidence_by_provider(fit), published_part(fit)
    weights = [Weights.of(-evidence[:, j]) for j in places]
    heavy = [int(j) for j, w in zip(places, weights, strict=True) if not w.reliable]
    again = dict(zip(heavy, _refits(fit, heavy, seed, jobs), strict=True))
    leaving = _Leaving.of(fit, part=part, random_seed=seed)
    rows = [
        leaving.by_refit(j, again[j]) if j in again else leaving.by_weights(j, own)
        for j, own in zip(places.tolist(), weights, strict=True)
    ]
    variables = {name: ("provider", np.array([row[name] for row in rows])) for name in rows[0]}
    variables["pareto_k"] = "provider", np.array([w.pareto_k for w in weights])
    variables["refitted"] = "provider", np.isin(places, heavy)
    coords = {"provider": fit.frame["provider"].to_numpy()[places]}
    attrs = fit.provenance | {"part": part, "largest_k": largest_k(len(evidence))}
    return xr.Dataset(variables, coords, attrs=attrs)


@dataclass(frozen=True, slots=True, eq=False)
class _Leaving:
    """A fit from which providers are left out.

    Attributes
    ----------
    fit, few : Fit
        All draws, and those that the benchmark is found again on.
    picked : ndarray of int64
        Which of all these are.
    whole : _Shown
    price : ndarray, shape (S,), or None
    part : str
    """

    fit: Fit
    few: Fit
    picked: Index
    whole: _Shown
    price: Array | None
    part: str

    @classmethod
    def of(cls, fit: Fit, *, part: str, random_seed: int) -> "_Leaving":
        """Read what all of them show."""
        size = fit.posterior["intercept"].size
        picked = np.linspace(0, size - 1, min(size, _PAIRED)).astype(np.int64)
        found = annual_savings(fit, random_seed=random_seed, part=part, plug_ins=False)
        price = None if found is None else _scale(fit, found)
        few = pick_draws(fit, picked)
        return cls(fit, few, picked, _read(fit, part=part), price, part)

    def by_weights(self, place: int, weights: Weights) -> dict[str, float]:
        """Give the figures without a provider: all draws, and what the benchmark moves in some."""
        as_it_was, draws = self.whole.without(place), self.picked
        share = weights.share[draws] / weights.share[draws].sum()
        some = Weights(share, weights.pareto_k)
        found = _read(_without(self.few, _others(self.few, place)), part=self.part)
        row = self._benchmark(_moved(as_it_was.benchmark, found.benchmark, draws, weights, some))
        if self.price is not None and as_it_was.saving is not None and found.saving is not None:
            before = self.price * as_it_was.saving.sum(axis=1)
            after = self.price[draws] * found.saving.sum(axis=1)
            total = _moved(before, after, draws, weights, some)
            ends = zip(
                weights.interval(before),
                some.interval(after),
                some.interval(before[draws]),
                strict=True,
            )
            lower, upper = (whole + new - old for whole, new, old in ends)
            row |= self._total(place, (total, max(lower, 0.0), upper))
        return row | {"provider_sd": float(weights.mean(as_it_was.provider_sd))}

    def by_refit(self, place: int, again: Fit) -> dict[str, float]:
        """Give the figures of a fit without a provider."""
        found, even = _read(again, part=self.part), _even(again)
        row = self._benchmark(None if found.benchmark is None else found.benchmark.mean())
        if self.price is not None and found.saving is not None:
            total = self.price * found.saving.sum(axis=1)
            row |= self._total(place, (float(total.mean()), *even.interval(total)))
        return row | {"provider_sd": float(found.provider_sd.mean())}

    def _benchmark(self, level: float | None) -> dict[str, float]:
        if level is None or self.whole.benchmark is None:
            return {}
        change = float(level - self.whole.benchmark.mean())
        return {"benchmark": float(level), "benchmark_change": change}

    def _total(self, place: int, found: tuple[float, float, float]) -> dict[str, float]:
        """Set a total without a provider beside that of the others with it."""
        if self.price is None or self.whole.saving is None:
            return {}
        total, each = found[0], self.price @ self.whole.saving / len(self.price)
        spread = float((self.price * self.whole.saving.sum(axis=1)).std())
        influence = total - float(each.sum() - each[place])
        row = dict(zip(("total", "lower", "upper"), found, strict=True))
        row |= {"own": float(each[place]), "influence": influence}
        return row | {"influence_sd": influence / spread if spread > 0 else np.nan}


def _moved(
    before: Array | None, after: Array | None, draws: Index, weights: Weights, some: Weights
) -> Any:
    """Weigh a figure over all draws, and add what it moves by in some of them."""
    if before is None or after is None:
        return None
    return float(weights.mean(before) + some.mean(after - before[draws]))


def _places(fit: Fit, providers: Iterable[str] | None) -> Index:
    labels = [str(label) for label in fit.frame["provider"].to_numpy()]
    if len(labels) <= MINIMUM_PROVIDERS:
        message = f"{len(labels)} providers: {MINIMUM_PROVIDERS} are needed when one is left out"
        fail("DESIGN.TOO_FEW", message, fix="nothing can be left out of so few")
    if providers is None:
        return np.arange(len(labels))
    wanted = list(dict.fromkeys(providers))
    unknown = [name for name in wanted if name not in labels]
    if unknown or not wanted:
        name = unknown[0] if unknown else None
        message = f"no provider {show(name)}; {one_of(name, labels)}" if unknown else "no provider"
        fail("CONFIG.VALUE", message, fix="name providers of the fit")
    return np.array([labels.index(name) for name in wanted])


def _others(fit: Fit, place: int) -> Mask:
    return np.arange(fit.frame.sizes["provider"]) != place


def _without(fit: Fit, kept: Mask) -> Fit:
    """Give the same draws of some providers."""
    posterior = fit.draws["posterior"].to_dataset().isel(provider=kept)
    tree = xr.DataTree.from_dict({"posterior": posterior})
    tree.attrs = dict(fit.draws.attrs)
    return Fit(fit.spec, some_providers(fit.frame, kept), tree)


def _refits(fit: Fit, places: list[int], random_seed: int, jobs: int | None) -> Iterator[Fit]:
    """Fit again without each of some providers."""
    if not places:
        return
    spec = fit.spec if fit.spec.period is None else pin_transient(fit.spec, fit.transient)
    tasks = [(spec, some_providers(fit.frame, _others(fit, j))) for j in places]
    sizes = fit.posterior["intercept"].sizes
    options = {"draws": sizes["draw"], "chains": sizes["chain"]}
    for found in fit_frames(tasks, random_seed=random_seed, jobs=jobs, **options):
        if not isinstance(found, Fit):
            raise found
        yield found


def _even(fit: Fit) -> Weights:
    return Weights.of(np.zeros(fit.posterior["intercept"].size))


def _read(fit: Fit, *, part: str) -> _Shown:
    spec, saving, level = fit.spec, None, None
    if spec.unit_cost is not None:
        own = isinstance(spec.unit_cost, OwnCost)
        bare = fit if own else Fit(spec.replace(unit_cost=1.0), fit.frame, fit.draws)
        savings = annual_savings(bare, random_seed=0, part=part, plug_ins=False)
        saving = None if savings is None else _flat(savings["saving"], "provider")
    if spec.benchmark is not None and spec.better != "neither" and not has_own_levels(spec):
        rates = benchmark_rates(fit, spec.benchmark, population="reference", part=part)
        level = _flat(rates.isel(provider=0))
    return _Shown(saving, level, _flat(fit.posterior["provider_sd"]))


def _scale(fit: Fit, savings: xr.Dataset) -> Array:
    """Give what the savings that are read are multiplied by: own prices are in them."""
    price = _flat(savings["price"])
    return np.ones_like(price) if isinstance(fit.spec.unit_cost, OwnCost) else price


def _flat(x: xr.DataArray, *dims: str) -> Array:
    """Lay chains end to end."""
    values = x.transpose(*DRAW_DIMS, *dims).to_numpy()
    return values.reshape(-1, *values.shape[2:])
