"""The level that providers are compared with, found anew in every draw (methods 7)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from varmodel.errors import Problem, fail, warn
from varmodel.estimands.draws.labelled import sign_of
from varmodel.estimands.draws.stacked import (
    StackedDraws,
    draws_of,
    label_draws,
    label_providers,
    mean_own,
    over_transient,
    own_sds,
    read_likelihood,
    unpublished_effects,
)
from varmodel.estimands.money.kinds.laws import OF_THE_LAW, effects_of_law
from varmodel.estimands.money.kinds.targets import DIRECTED, Target, number
from varmodel.estimands.money.peer_weights import read_peers
from varmodel.estimands.rates.inverse import effect_for
from varmodel.estimands.rates.parts import PERSISTENT, Standard, mean_rates, rates_of_part
from varmodel.estimands.rates.standardise import Reference, check_population, weighted_cells
from varmodel.families import Link
from varmodel.fits import Fit
from varmodel.frame import FAR_BENCHMARK, benchmark_problems, cells_of
from varmodel.spec import Benchmark
from varmodel.spec.parts import WITHOUT_PEERS
from varmodel.values import Array


def benchmark_rates(
    fit: Fit,
    benchmark: Benchmark,
    *,
    population: str = "own",
    part: str = PERSISTENT,
    peers: xr.DataArray | None = None,
) -> xr.DataArray:
    """Give the rate each provider would have at the benchmark effect of the draw (methods 7).

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    benchmark : Benchmark
        quantile, median: the type-7 quantile of the providers' effects in the draw, each
        provider once, a share ``value`` of them at it or worse. mean: the effect at which the
        reference rate equals the providers' mean reference rate; national: their mean by
        activity; best_m: the mean of the ``value`` best in the draw. external: the effect at
        which the reference rate equals ``value``. superpopulation: a quantile of the distribution
        that the providers come from; conditional: that quantile about what each provider's class,
        levels and predictors lead one to expect, so that it is compared with its like.
    population : {"own", "reference"}
        ``"own"``: on the provider's own cells, as savings of
        ``adjusted_rates(fit, population="own")`` need it. ``"reference"``: one rate, the same
        for every provider.
    part : {"persistent", "next"}
        As in :func:`adjusted_rates`, and the same as of the rates that are compared with it.
    peers : DataArray (chain, draw, provider, other) or (provider, other), optional
        Weights, such as :func:`varmodel.money.peers` gives: a quantile, median, mean or best_m is
        then found among each provider's peers, weighted. By default among all providers.

    Returns
    -------
    xarray.DataArray, dims (chain, draw, provider)
        Natural scale. The coordinate ``plug_in`` (provider) is the benchmark that somebody
        finds who knows only the posterior mean rates: the effects that give those rates at the
        posterior mean of intercept and coefficients, their benchmark, the same cells.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown population or part, for a quantile where the spec's
        ``better`` is ``"neither"``, and for an external value outside the link's open range.

    Warns
    -----
    VarmodelWarning
        DESIGN.UNIT for an external value eight times beyond all providers' crude rates;
        ``prepare`` warns of the model's own benchmark wherever it lies outside them.
    """
    rates = read_population_rates(fit, population, part=part)
    found = benchmark_among(rates, benchmark, fit=fit, peers=peers)
    if benchmark != fit.spec.benchmark:
        for problem in _far_off(fit, benchmark):
            warn(problem)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class PopulationRates:
    """Rates of the providers on a population, and the effects behind them.

    Attributes
    ----------
    standard : Standard
    population, part : str
    rates : ndarray, shape (S, provider)
    """

    standard: Standard
    population: str
    part: str
    rates: Array


def read_population_rates(fit: Fit, population: str, *, part: str) -> PopulationRates:
    """Read the rates of a fit that benchmarks are found among, once for all benchmarks."""
    check_population(population)
    standard = rates_of_part(fit, part)
    rates = mean_rates(fit, part=part, population=population, standard=standard)
    return PopulationRates(standard, population, part, rates)


def benchmark_among(
    known: PopulationRates, benchmark: Benchmark, *, fit: Fit, peers: xr.DataArray | None
) -> xr.DataArray:
    """Give what :func:`benchmark_rates` returns."""
    standard, population, part = known.standard, known.population, known.part
    whom, stacked, reference = standard.whom(population), standard.stacked, standard.reference
    target = _target(fit, benchmark, reference, peers=peers, part=part)
    values = whom.mean(stacked.predictor, target.effects(stacked))
    rates = known.rates.mean(axis=0, keepdims=True)
    at_mean = stacked.predictor.mean()
    shrunken = StackedDraws(
        at_mean, effect_for(whom, at_mean, target=rates, link=reference.link_name)
    )
    plug_in = whom.mean(at_mean, target.effects(shrunken))[0]
    attrs = {"better": fit.spec.better, "population": population, "part": part}
    if peers is not None:
        attrs["peers"] = str(peers.attrs.get("columns", "a list"))
        attrs |= {"peer_overlap": peers.attrs["overlap"]} if "overlap" in peers.attrs else {}
    result = label_draws(fit, values, name="benchmark", **attrs, **benchmark_attrs(benchmark))
    return result.assign_coords(plug_in=("provider", plug_in))


def unshrunken_rates(
    fit: Fit, benchmark: Benchmark, *, peers: xr.DataArray | None = None
) -> xr.Dataset:
    """Give adjusted rates without shrinkage, and the benchmark somebody would take from them.

    Each provider's effect at its maximum likelihood, at the posterior mean of intercept and
    coefficients, on its own cells (methods 7). Of no event, or of nothing but events, half an
    event is added (one to the size); a provider of size 0 has effect 0.

    Parameters
    ----------
    fit : Fit
        Joint posterior draws with their frame.
    benchmark : Benchmark
        As in :func:`benchmark_rates`, found among the unshrunken effects; what is found in the
        effects' distribution, at the mean over draws.
    peers : DataArray, optional
        As in :func:`benchmark_rates`.

    Returns
    -------
    xarray.Dataset
        ``rate`` (provider): on the provider's own cells; counts and normal measurements give
        the crude rate. Not so the lognormal, whose rate is exp(mean of the logs + residual
        variance / 2), with the residual variance of all providers, nor the gamma with case mix,
        whose effect is the mean of what was measured over what was expected. ``benchmark``
        (provider). The plug-in of published tables: it overstates savings, for chance widens
        the spread of small providers. ``attrs["mean_reliability"]``: how much of the effects'
        spread is no chance, the mean of 1 - posterior variance / variance between providers.

    Raises
    ------
    SpecError
        CONFIG.VALUE as in :func:`benchmark_rates`.
    """
    standard = rates_of_part(fit, PERSISTENT)
    own, at_mean = standard.own, standard.stacked.predictor.mean()
    published = likeliest_effects(fit) - unpublished_effects(fit).mean(axis=0)
    unshrunken = StackedDraws(at_mean, published)
    target = _target(fit, benchmark, standard.reference, peers=peers, part=PERSISTENT)
    at_benchmark = target.effects(unshrunken)
    attrs = {"better": fit.spec.better, "population": "own", **benchmark_attrs(benchmark)}
    attrs["mean_reliability"] = _mean_reliability(fit)
    found = {
        "rate": own.mean(at_mean, unshrunken.effect)[0],
        "benchmark": own.mean(at_mean, at_benchmark)[0],
    }
    variables = {
        name: label_providers(fit, values, name=name, **attrs) for name, values in found.items()
    }
    return xr.Dataset(variables, attrs=variables["rate"].attrs)


def _mean_reliability(fit: Fit) -> float:
    """Give the mean over providers of 1 - Var(u_j | data) / tau_j^2, from 0 to 1."""
    prior = np.square(own_sds(fit)).mean(axis=0)
    effect = draws_of(fit, "provider_effect", "provider")
    left = (effect - effect.mean(axis=1, keepdims=True)).var(axis=0)  # the level is not theirs
    lost = np.divide(left, prior, out=np.ones_like(left), where=prior > 0)
    return float(np.clip(1 - lost, 0, 1).mean())


def _far_off(fit: Fit, benchmark: Benchmark) -> Iterator[Problem]:
    """Doubt a benchmark that can hardly be in the unit of the rates."""
    rates = fit.frame["observed"].to_numpy()
    return benchmark_problems(benchmark, rates, factor=FAR_BENCHMARK)


def benchmark_attrs(benchmark: Benchmark) -> dict[str, str | float]:
    """Name a benchmark in the attrs of a result."""
    value = {} if benchmark.value is None else {"benchmark_value": benchmark.value}
    return {"benchmark": benchmark.kind, **value}


def _target(
    fit: Fit, benchmark: Benchmark, reference: Reference, *, peers: object, part: str
) -> Target:
    """Collect what finding a benchmark takes, if it is one."""
    _check(fit, benchmark)
    weights = None if peers is None else read_peers(peers, fit)
    if weights is not None and benchmark.kind in WITHOUT_PEERS:
        message = f"a benchmark {benchmark.kind} is the same whoever the peers are"
        fail("CONFIG.VALUE", message, fix="leave peers out, or take quantile, mean or best_m")
    of_law = None
    if benchmark.kind in OF_THE_LAW:
        sign = sign_of(fit.spec.better)
        of_law = effects_of_law(fit, benchmark, sign=sign, part=part)
    activity = fit.frame["activity"].to_numpy() if "activity" in fit.frame else None
    return Target(benchmark, fit.spec.better, reference, activity, of_law, weights)


def likeliest_effects(fit: Fit) -> Array:
    """Solve sum w g^-1(eta + b) = sum w y on each provider's cells: shape (1, provider).

    w are the family's weights; those of over-dispersed counts are at the provider's posterior
    mean effect. With a transient the mean over what passes stands for g^-1.
    """
    family, cells, stacked = fit.spec.family_row, cells_of(fit.frame), read_likelihood(fit)
    predictor = over_transient(fit, stacked.predictor, link=family.scale_name).mean()
    eta = predictor.eta(slice(None))[0, fit.frame["pattern_index"].to_numpy()]
    if not family.adds_up:
        eta = eta + stacked.effect.mean(axis=0)[fit.frame["provider_index"].to_numpy()]
    weight = family.weight(cells, eta, mean_own(fit))
    own = replace(weighted_cells(fit, weight), link_name=family.scale_name)
    size, each = own.total(weight), weight
    if fit.spec.form.response == "events":
        each = np.divide(weight, cells.size, out=np.zeros_like(weight), where=cells.size > 0)
    response = own.total(each * cells.response)
    target = own.mean(predictor, np.zeros((1, len(size))))
    known = size > 0
    target[0, known] = _off_the_edge(response[known], size[known], family.scale)
    return effect_for(own, predictor, target=target, link=family.scale_name)


def _off_the_edge(events: Array, size: Array, link: Link) -> Array:
    """Give events per size; (y + 1/2) / (n + 1), or (y + 1/2) / n without an upper bound."""
    rate = events / size
    halved = (events + 0.5) / (size + (1.0 if np.isfinite(link.upper) else 0.0))
    return np.where((rate <= link.lower) | (rate >= link.upper), halved, rate)


def _check(fit: Fit, benchmark: Benchmark) -> None:
    if not isinstance(benchmark, Benchmark):
        fail("CONFIG.VALUE", f"benchmark must be a Benchmark, not {type(benchmark).__name__}")
    if benchmark.kind in DIRECTED:
        sign_of(fit.spec.better)
    link = fit.spec.family_row.link
    if benchmark.kind == "external" and not link.lower < number(benchmark) < link.upper:
        message = f"external benchmark {benchmark.value} is no rate of this family"
        fail("CONFIG.VALUE", message, fix=f"give a value between {link.lower} and {link.upper}")
