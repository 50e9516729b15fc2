"""stack: models of one table, compared and mixed by what each says of providers it has not seen."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from varmodel.errors import FitError, VarmodelWarning, fail, show
from varmodel.fits import Fit
from varmodel.frame import cells_of, pin_transient, prepare, transient_of
from varmodel.inference.many import fit_frames
from varmodel.numerics.streams import generator
from varmodel.spec import ModelSpec
from varmodel.studies.checks.refits import REFIT_CHAINS, REFIT_DRAWS
from varmodel.studies.figures import annual_savings
from varmodel.studies.persistence import published_part, refuse_declared_share
from varmodel.studies.reweighting.weights import Weights
from varmodel.studies.stacking.held_out import Candidate, deal, score, tasks_of
from varmodel.studies.stacking.mixture import stacking_weights
from varmodel.values import Array, Index, check_seed, is_whole

STACKED = "stacked"
#: Differences of log densities that are told: more than this, and more standard errors (Sivula,
#: Magnusson, Matamoros & Vehtari 2025).
_SMALL, _ERRORS = 4.0, 2.0
_FEWEST, _MOST = 2, 100
_COLUMNS = (
    *("model", "elpd", "difference", "difference_se", "weight"),
    *("total", "lower", "upper", "code"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Stacking:
    """How well models predict providers that they have not seen.

    Attributes
    ----------
    table : pandas.DataFrame
        A row a model, the best first, and last their mixture (``stacked``): ``model``, ``elpd``
        (sum over providers of the log predictive density, each by a fit without its fold),
        ``difference`` from the best and its standard error ``difference_se`` (over providers),
        ``weight`` in the mixture, ``total``, ``lower``, ``upper`` (the total saving by all
        providers), ``code`` (why a model could not be fitted).
    pointwise : xarray.DataArray (model, provider)
        The log predictive densities.
    folds : int
    """

    table: pd.DataFrame
    pointwise: xr.DataArray
    folds: int

    @property
    def best(self) -> str:
        """The model that predicts best."""
        return str(self.table["model"].iloc[0])

    @property
    def close(self) -> tuple[str, ...]:
        """Models that are not told from the best: by less than 4, or than 2 standard errors."""
        rows = self.table[(self.table["code"] == "") & (self.table["model"] != STACKED)].iloc[1:]
        gap, error = -rows["difference"], rows["difference_se"]
        near = (gap < _SMALL) | (gap < _ERRORS * error)
        return tuple(map(str, rows["model"][near]))

    def __repr__(self) -> str:
        """Say which model is best, and who is as good."""
        said = f"Stacking of {len(self.table) - 1} models in {self.folds} folds: {self.best} first"
        return f"{said}, not told from it: {', '.join(self.close)}" if self.close else said


def stack(
    models: Mapping[str, ModelSpec],
    table: object,
    *,
    random_seed: int,
    folds: int = 10,
    jobs: int | None = None,
) -> Stacking:
    """Compare families, or other models of one table, by held-out providers.

    Parameters
    ----------
    models : mapping of str to ModelSpec
        At least two, of the same response and the same providers; they may differ in family,
        effects, transient, terms, priors.
    table : data frame or path
        As :func:`varmodel.prepare` takes it.
    random_seed : int
        Of the folds and the fits.
    folds : int
        From 2 to 100, at most the number of providers: each is left out once.
    jobs : int, optional
        Processes, as in ``vm.batch.fit_many``; it changes no number.

    Returns
    -------
    Stacking
        Which model predicts a provider best that it has not seen. A difference below 4, or below
        twice its standard error, tells nothing: of such models take the one that was stated
        before the data were seen, or the stacked total. It speaks of predicting all of a
        provider's figures; which family gives the better total it does not say. With fewer than
        30 providers standard errors are themselves hardly known.

    Raises
    ------
    SpecError
        CONFIG.VALUE for fewer than two models, folds out of range, and models whose densities
        cannot be compared: of another response, other providers or other cases.
    ConvergenceError
        FIT.CONVERGENCE where no two models could be fitted.
    """
    seed, candidates = check_seed(random_seed), _read(models, table)
    fold = _deal(candidates[0], folds, seed)
    tasks = [task for one in candidates for task in tasks_of(one, fold)]
    options = {"draws": REFIT_DRAWS, "chains": REFIT_CHAINS}
    found = list(fit_frames(tasks, random_seed=seed, jobs=jobs, **options))
    size = len(tasks) // len(candidates)
    fitted = [found[k * size : (k + 1) * size] for k in range(len(candidates))]
    ran, refused = {}, {}
    for candidate, fits in zip(candidates, fitted, strict=True):
        whole = [x for x in fits if isinstance(x, Fit)]
        if len(whole) == size:
            ran[candidate.name] = whole[0], score(candidate, whole[1:], fold)
        else:
            refused[candidate.name] = next(x for x in fits if isinstance(x, FitError))
    if len(ran) < 2:
        raise next(iter(refused.values()))
    return _gather(ran, refused, folds=int(fold.max()) + 1, random_seed=seed)


def _read(models: object, table: object) -> list[Candidate]:
    """Prepare the models' frames, the first with its warnings."""
    if not isinstance(models, Mapping) or len(models) < 2:
        message = f"models must map names to at least two ModelSpec, not {show(models)}"
        fail("CONFIG.VALUE", message, fix='give {"normal": spec, "gamma": spec.replace(...)}')
    found: list[Candidate] = []
    for name, spec in models.items():
        if not isinstance(spec, ModelSpec) or name == STACKED:
            message = f"model {show(name)} must be a ModelSpec, under another name than stacked"
            fail("CONFIG.VALUE", message)
        refuse_declared_share(spec)
        with warnings.catch_warnings():
            if found:
                warnings.simplefilter("ignore", VarmodelWarning)
            frame = prepare(spec, table)
        taken = spec if spec.period is None else pin_transient(spec, transient_of(spec, frame))
        found.append(Candidate(str(name), taken, frame))
        _refuse_other_cases(found[0], found[-1])
    return found


def _refuse_other_cases(one: Candidate, other: Candidate) -> None:
    """Refuse densities that are not of the same figures of the same providers."""
    columns = [dict(x.spec.response_columns) for x in (one, other)]
    if columns[0] != columns[1]:
        said = [", ".join(f"{k} = {v}" for k, v in x.items()) for x in columns]
        message = f"{one.name} is of {said[0]}, {other.name} of {said[1]}: densities of"
        message += " different responses cannot be compared"
        fail("CONFIG.VALUE", message, fix="compare families of the same columns")
    pairs = [[list(x.frame["provider"].to_numpy()), *_sums(x.frame)] for x in (one, other)]
    if not all(np.array_equal(a, b) for a, b in zip(*pairs, strict=True)):
        message = f"{one.name} and {other.name} are of different providers or cases"
        fix = "state the same exclusions, [where] and transient period in each"
        fail("CONFIG.VALUE", message, fix=fix)


def _sums(frame: xr.Dataset) -> Iterator[Array]:
    """Give each provider's size; and its events, which all families of counts read alike."""
    cells, owner = cells_of(frame), frame["provider_index"].to_numpy()
    yield np.bincount(owner, cells.size)
    if "events" in frame:
        yield np.bincount(owner, cells.response)


def _deal(candidate: Candidate, folds: object, seed: int) -> Index:
    most = min(_MOST, candidate.frame.sizes["provider"])
    if not is_whole(folds) or not _FEWEST <= folds <= most:
        message = f"folds must be a whole number from {_FEWEST} to {most}, not {show(folds)}"
        fail("CONFIG.VALUE", message)
    rng = generator(seed, "folds", source_hash=str(candidate.frame.attrs["source_hash"]))
    return deal(candidate.frame, folds=int(folds), rng=rng)


def _gather(
    ran: Mapping[str, tuple[Fit, Array]],
    refused: Mapping[str, FitError],
    *,
    folds: int,
    random_seed: int,
) -> Stacking:
    names = sorted(ran, key=lambda name: -ran[name][1].sum())
    dense = np.stack([ran[name][1] for name in names])
    weight = stacking_weights(dense)
    totals = [_total(ran[name][0], random_seed) for name in names]
    rows: list[tuple[object, ...]] = [
        (name, *_elpd(own, dense[0]), float(w), *_interval([total], np.ones(1)), "")
        for name, own, w, total in zip(names, dense, weight, totals, strict=True)
    ]
    rows += [
        (name, *[np.nan] * 3, 0.0, *[np.nan] * 3, error.code) for name, error in refused.items()
    ]
    mixed = np.log(weight @ np.exp(dense - dense.max(axis=0))) + dense.max(axis=0)
    rows.append((STACKED, *_elpd(mixed, dense[0]), 1.0, *_interval(totals, weight), ""))
    labels = next(iter(ran.values()))[0].frame["provider"].to_numpy()
    coords = {"model": names, "provider": labels}
    return Stacking(
        pd.DataFrame(rows, columns=list(_COLUMNS)),
        xr.DataArray(dense, coords, ("model", "provider"), name="log_predictive_density"),
        folds,
    )


def _elpd(own: Array, best: Array) -> tuple[float, float, float]:
    """Give the sum, and the difference from the best with its standard error."""
    gap = own - best
    return float(own.sum()), float(gap.sum()), float(np.sqrt(len(gap) * gap.var(ddof=1)))


def _total(fit: Fit, random_seed: int) -> Array:
    """Give the draws of the total saving; none where nothing is priced."""
    part = published_part(fit)
    found = annual_savings(fit, random_seed=random_seed, part=part, plug_ins=False)
    return np.empty(0) if found is None else found["total"].to_numpy().ravel()


def _interval(totals: Sequence[Array], weight: Array) -> tuple[float, float, float]:
    """Give mean and 95 % interval of a mixture of draws."""
    if not all(map(len, totals)):
        return np.nan, np.nan, np.nan
    share = np.repeat(weight / [len(x) for x in totals], [len(x) for x in totals])
    mixed, draws = Weights(share, -np.inf), np.concatenate(totals)
    return float(mixed.mean(draws)), *mixed.interval(draws)
