"""Leave-one-provider-out without a refit each: who moves the total, and the benchmark.

The posterior without provider j is that with it, weighed by 1 / p(y_j | phi), its effects
integrated out; the others' effects keep their distribution given phi. Where the weights' tail is
too heavy for the draws (k-hat) the model is fitted again without j.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from varmodel.errors import fail, one_of, show
from varmodel.estimands.draws.labelled import DRAW_DIMS
from varmodel.estimands.money.benchmarks import benchmark_rates
from varmodel.fits import Fit
from varmodel.fits.importance import largest_k
from varmodel.frame.prepare import MINIMUM_PROVIDERS
from varmodel.frame.providers.some import some_providers
from varmodel.inference.many import fit_frames
from varmodel.studies.figures import annual_savings
from varmodel.studies.persistence import published_part
from varmodel.studies.reweighting.weights import Weights
from varmodel.values import Array, Index, Mask, check_seed


@dataclass(frozen=True, slots=True, eq=False)
class _Without:
    """What a fit shows, weighed: of it all, or without a provider.

    Attributes
    ----------
    total : ndarray, shape (S,), or None
        Total saving of those left in; None where nothing is priced.
    saving : ndarray, shape (provider,), or None
        Their mean savings.
    benchmark : float
        Posterior mean of the benchmark on the reference population; NaN without one.
    provider_sd : float
    weights : Weights
    """

    total: Array | None
    saving: Array | None
    benchmark: float
    provider_sd: float
    weights: Weights


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
        reference population, and ``benchmark_change``, where the model has one;
        ``provider_sd``, posterior mean. ``pareto_k`` of the weights; ``refitted``, whether it was
        above ``attrs["largest_k"]``, and the figures are those of a fit without the provider. A
        provider whose ``influence_sd`` is beyond 1 or so moves the total by as much as all that
        is not known of it: say so, and look at its figures. Priors, scaling and support stay
        those of the whole table.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a provider that is not there.
    DesignError
        DESIGN.TOO_FEW where fewer than four would be left.
    ConvergenceError
        FIT.CONVERGENCE where a refit that is needed fails its gate.
    """
    from varmodel.inference.marginal.evidence import evidence_by_provider  # loads the loops

    places, seed = _places(fit, providers), check_seed(random_seed)
    evidence = evidence_by_provider(fit)
    weights = [Weights.of(-evidence[:, j]) for j in places]
    part = published_part(fit)
    whole = _measure(fit, Weights.of(np.zeros(len(evidence))), part=part, random_seed=seed)
    again = _refits(
        fit, [j for j, w in zip(places, weights, strict=True) if not w.reliable], seed, jobs
    )
    rows = []
    for j, own in zip(places, weights, strict=True):
        without, used = (
            (_without(fit, _others(fit, j)), own) if own.reliable else _even(next(again))
        )
        found = _measure(without, used, part=part, random_seed=seed)
        rows.append(_compare(found, whole, place=int(j)) | {"pareto_k": own.pareto_k})
    variables = {name: ("provider", np.array([row[name] for row in rows])) for name in rows[0]}
    variables["refitted"] = "provider", np.array([not w.reliable for w in weights])
    coords = {"provider": fit.frame["provider"].to_numpy()[places]}
    attrs = fit.provenance | {"part": part, "largest_k": largest_k(len(evidence))}
    return xr.Dataset(variables, coords, attrs=attrs)


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
    spec = fit.spec if fit.spec.period is None else fit.spec.replace(transient=fit.transient)
    tasks = [(spec, some_providers(fit.frame, _others(fit, j))) for j in places]
    sizes = fit.posterior["intercept"].sizes
    options = {"draws": sizes["draw"], "chains": sizes["chain"]}
    for found in fit_frames(tasks, random_seed=random_seed, jobs=jobs, **options):
        if not isinstance(found, Fit):
            raise found
        yield found


def _even(fit: Fit) -> tuple[Fit, Weights]:
    return fit, Weights.of(np.zeros(fit.posterior["intercept"].size))


def _measure(fit: Fit, weights: Weights, *, part: str, random_seed: int) -> _Without:
    spec, total, saving, level = fit.spec, None, None, np.nan
    savings = annual_savings(fit, random_seed=random_seed, part=part, plug_ins=False)
    if savings is not None:
        total = savings["total"].transpose(*DRAW_DIMS).to_numpy().ravel()
        each = savings["saving"].transpose(*DRAW_DIMS, "provider").to_numpy()
        saving = weights.mean(each.reshape(len(total), -1))
    if spec.benchmark is not None and spec.better != "neither":
        rates = benchmark_rates(fit, spec.benchmark, population="reference", part=part)
        one = rates.transpose(*DRAW_DIMS, "provider").to_numpy()[:, :, 0]
        level = float(weights.mean(one.ravel()))
    spread = float(
        weights.mean(fit.posterior["provider_sd"].transpose(*DRAW_DIMS).to_numpy().ravel())
    )
    return _Without(total, saving, level, spread, weights)


def _compare(found: _Without, whole: _Without, *, place: int) -> dict[str, float]:
    """Set the figures without a provider beside those of all."""
    row = {}
    if found.total is not None and whole.total is not None and whole.saving is not None:
        total, own = float(found.weights.mean(found.total)), float(whole.saving[place])
        influence = total - (float(whole.total.mean()) - own)
        lower, upper = found.weights.interval(found.total)
        row = {"total": total, "lower": lower, "upper": upper, "own": own, "influence": influence}
        spread = float(whole.total.std())
        row["influence_sd"] = influence / spread if spread > 0 else np.nan
    if not np.isnan(found.benchmark):
        row["benchmark"] = found.benchmark
        row["benchmark_change"] = found.benchmark - whole.benchmark
    return row | {"provider_sd": found.provider_sd}
