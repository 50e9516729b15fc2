"""The ready plan: the choices that a model leaves open, each with its alternatives (methods 8)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import xarray as xr

from varmodel.errors import SpecError
from varmodel.families import EFFECTS, Pooled, Prior
from varmodel.frame import pin_transient, resolve_priors
from varmodel.spec import Benchmark, LognormalCost, ModelSpec, OwnCost, UnitCost
from varmodel.spec.rules import LOG_VOLUME, benchmark_peers
from varmodel.spec.terms import Term, term_label

type Fields = dict[str, object]
type Plan = dict[str, dict[str, Fields]]

#: By what the scale of the prior of provider_sd is multiplied.
SCALES = (0.5, 2.0)
#: Shares of providers at the benchmark or worse.
_QUANTILES = (0.5, 0.75, 0.9)
#: Ends of a lognormal price, by the share of it that they exceed, and those of own prices.
_POINTS = (0.05, 0.95)
_TENTHS = {"a tenth less": 0.9, "a tenth more": 1.1}
#: A family, and the one whose counts differ more than chance alone.
DISPERSED = {"binomial": "beta_binomial", "poisson": "negative_binomial"}


def default_plan(spec: ModelSpec, frame: xr.Dataset | None = None) -> Plan:
    """List the choices that can be argued about in a model, each with its alternatives.

    Parameters
    ----------
    spec : ModelSpec
        The base: the first option of every dimension leaves it as it is.
    frame : xarray.Dataset, optional
        What ``prepare`` made of the table. It is needed for the prior's scale where the default
        prior depends on the table (identity link), and the model states none.

    Returns
    -------
    dict
        Dimension -> option -> fields of the model that change. Of these, what the model can have:
        ``prior`` (scale of provider_sd, with classes of class_sd, x .5 and x 2), ``effect`` (the
        other distributions), ``transient`` (with a period), ``family`` (with and without
        over-dispersion), ``size`` (``log_volume``), ``covariates`` (each left out alone),
        ``benchmark`` (.5, .75, .9), ``peers`` (all providers; half and twice as many),
        ``unit_cost`` (its ends; of a lognormal price its 5 % and 95 % points, of each provider's
        own a tenth less and a tenth more), ``exclusions`` (nobody excluded). Edit it before it is
        run: a choice that nobody would defend says nothing of the result. How much of a saving is
        cash no model says: add ``{"release": {"gross": {}, "half": {"releasable": 0.5}}}``.
    """
    offered: Plan = {
        "prior": _priors(spec, frame),
        "effect": {name: {"effect": name} for name in EFFECTS if name != spec.effect},
        "transient": _transients(spec),
        "family": _families(spec),
        "size": _sizes(spec),
        "covariates": dict(_without_one(spec)),
        "benchmark": _benchmarks(spec),
        "peers": _peers(spec),
        "unit_cost": _prices(spec),
        "exclusions": {"nobody excluded": {"exclusions": ()}} if spec.exclusions else {},
    }
    bases = {"effect": spec.effect, "transient": spec.transient, "family": spec.family}
    found = {name: _possible(spec, options) for name, options in offered.items()}
    return {
        name: {bases.get(name, "as stated"): {}, **options}
        for name, options in found.items()
        if options
    }


def _possible(spec: ModelSpec, options: Mapping[str, Fields]) -> dict[str, Fields]:
    """Keep the options that make a model."""

    def makes_one(fields: Fields) -> bool:
        try:
            return with_fields(spec, fields) != spec
        except SpecError:
            return False

    return {label: fields for label, fields in options.items() if makes_one(fields)}


def with_fields(spec: ModelSpec, fields: Mapping[str, object]) -> ModelSpec:
    """Replace fields of a model; priors are put over those it has, parameter by parameter.

    Its priors of parameters that another transient or family has not go with these.
    """
    changes = dict(fields)
    if "transient" in changes:
        spec = pin_transient(spec, str(changes["transient"]))
    if changes.get("family") in DISPERSED and "dispersion" in spec.priors:
        spec = spec.replace(priors={k: x for k, x in spec.priors.items() if k != "dispersion"})
    stated = changes.get("priors")
    if isinstance(stated, Mapping):
        changes["priors"] = {**spec.priors, **stated}
    return spec.replace(**changes)


def _priors(spec: ModelSpec, frame: xr.Dataset | None) -> dict[str, Fields]:
    prior = _prior_of_sd(spec, frame)
    if prior is None:
        return {}
    return {f"x {scale:g}": {"priors": {_sd_of(spec): prior.times(scale)}} for scale in SCALES}


def _sd_of(spec: ModelSpec) -> str:
    """Name the sd of the providers' own effects; with classes each has its own."""
    return "class_sd" if spec.classes else "provider_sd"


def _prior_of_sd(spec: ModelSpec, frame: xr.Dataset | None) -> Prior | None:
    """Find the prior of this sd; None where it is known by the table alone."""
    for name in (_sd_of(spec), "provider_sd"):  # that of class_sd is that of provider_sd
        if name in spec.priors:
            return spec.priors[name]
    if frame is not None:
        return resolve_priors(spec, frame).get(_sd_of(spec))
    row = next(x for x in spec.family_row.listed if x.name == "provider_sd")
    one, two = (row.default(spec.form.name, Pooled(mean=0.5, sd=sd)) for sd in (1.0, 2.0))
    return one if one == two else None


def _transients(spec: ModelSpec) -> dict[str, Fields]:
    if spec.period is None or spec.transient_share is not None:
        return {}
    names = ("none", "iid", "ar1")
    return {name: {"transient": name} for name in names if name != spec.transient}


def _families(spec: ModelSpec) -> dict[str, Fields]:
    pairs = DISPERSED | {dispersed: plain for plain, dispersed in DISPERSED.items()}
    other = pairs.get(spec.family)
    bare = {"dispersion_unit": ()} if spec.dispersion_unit else {}
    return {} if other is None else {other: {"family": other, **bare}}


def _sizes(spec: ModelSpec) -> dict[str, Fields]:
    if LOG_VOLUME in spec.effect_predictors:
        left = tuple(name for name in spec.effect_predictors if name != LOG_VOLUME)
        return {"size unknown": {"effect_predictors": left}}
    return {LOG_VOLUME: {"effect_predictors": (*spec.effect_predictors, LOG_VOLUME)}}


def _without_one(spec: ModelSpec) -> Iterator[tuple[str, Fields]]:
    counted = spec.form.response == "events" and spec.rows == "cells"
    rows = {"rows": "records"} if counted else {}  # cells of fewer columns stand more than once
    for field in ("case_mix", "demography"):
        terms: tuple[Term, ...] = getattr(spec, field)
        for left_out in terms:
            kept = tuple(term for term in terms if term is not left_out)
            yield f"without {term_label(left_out)}", {field: kept, **rows}


def _benchmarks(spec: ModelSpec) -> dict[str, Fields]:
    if spec.benchmark is None or spec.better == "neither":
        return {}
    levels = {f"quantile {level:g}": Benchmark("quantile", level) for level in _QUANTILES}
    return {label: {"benchmark": level} for label, level in levels.items()}


def _peers(spec: ModelSpec) -> dict[str, Fields]:
    peers = benchmark_peers(spec.peers)
    if peers is None:
        return {}
    halved, doubled = peers.count // 2, 2 * peers.count
    others = {f"{n} peers": replace(peers, count=n) for n in (halved, doubled) if n > 1}
    return {
        "all providers": {"peers": None},
        **{label: {"peers": x} for label, x in others.items()},
    }


def _prices(spec: ModelSpec) -> dict[str, Fields]:
    """Offer the ends of a price; one that is known for all has none."""
    cost = spec.unit_cost
    if isinstance(cost, OwnCost):
        return {
            label: {"unit_cost": replace(cost, factor=times * cost.factor)}
            for label, times in _TENTHS.items()
        }
    if isinstance(cost, LognormalCost):
        ends = {f"{prob:.0%} point".replace("%", " %"): cost.quantile(prob) for prob in _POINTS}
    elif isinstance(cost, UnitCost) and cost.low < cost.high:
        ends = {"low": cost.low, "high": cost.high}
    else:
        return {}
    said = (cost.currency, cost.price_year, cost.source)
    return {
        f"{label} ({price:g})": {"unit_cost": UnitCost(price, price, price, *said)}
        for label, price in ends.items()
    }
