"""An analysis to what its methods and its assurance log say: how it was drawn, what was checked."""

import json
import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from varmodel.estimands import summarise
from varmodel.fits.diagnostics import ESS, PROVIDER_RULES, STRUCTURAL_RULES, diagnose
from varmodel.fits.importance import largest_k
from varmodel.frame import resolve_priors
from varmodel.publish.published import Published
from varmodel.publish.quarter.provenance import Checked, Sampled
from varmodel.publish.wording.numbers import probability, probability_is
from varmodel.publish.wording.periods.foreseen import forecast_sentence
from varmodel.publish.wording.periods.moves import has_time
from varmodel.publish.wording.periods.ranked import is_of_coming_period
from varmodel.publish.wording.verdict import MOSTLY_NOISE
from varmodel.spec.shown import facts_of_model
from varmodel.studies.clustering import CLUSTERED_BELOW
from varmodel.studies.shape import DOUBTED
from varmodel.studies.volume import BOUNDS

#: A prior is printed with so many digits: its scale may hold the national crude rate.
_DIGITS = 3


def drawn_of(x: Published) -> Sampled:
    """Say how the draws of an analysis came about.

    Parameters
    ----------
    x : Published

    Returns
    -------
    Sampled
    """
    fit, attrs = x.fit, x.fit.draws.attrs
    sizes = fit.posterior.sizes
    return Sampled(
        sampler=str(attrs.get("sampler", "")),
        chains=int(sizes["chain"]),
        draws=int(sizes["chain"] * sizes["draw"]),
        independent=bool(attrs.get("independent_draws")),
        instead=str(attrs.get("instead_of_marginal", "")),
        transient=fit.transient,
        priors=_priors(x),
        model=tuple(facts_of_model(x.spec)),
    )


def _priors(x: Published) -> dict[str, str]:
    found = {}
    for name, prior in resolve_priors(x.spec, x.fit.frame).items():
        inner = ", ".join(f"{key} = {value:.{_DIGITS}g}" for key, value in prior.parameters)
        found[name] = f"{prior.dist}({inner})"
    return found


def checks_of(x: Published) -> tuple[Checked, ...]:
    """List what was checked of an analysis.

    Parameters
    ----------
    x : Published

    Returns
    -------
    tuple of Checked
        The gate first; what was not looked at is not listed.
    """
    return (*_gate(x), *_nil(x), *_shape(x), *_beside(x), *_left_out(x))


def _gate(x: Published) -> Iterator[Checked]:
    passed = x.diagnosis.passed and not x.fit.provisional
    found = "; ".join(x.diagnosis.reasons) or x.fit.provisional_reason or _KEPT
    yield Checked("gate of the draws and of the figures", found, _KEPT, passed)
    yield from _convergence(x)
    stats = x.fit.draws["sample_stats"].to_dataset() if "sample_stats" in x.fit.draws else {}
    if "pareto_k" in stats:
        k = float(np.asarray(stats["pareto_k"]))
        most = largest_k(float(np.asarray(stats["evaluations"])))
        limit, ok = f"at most {most:.2g}", bool(k <= most)
        yield Checked("Pareto k of the importance weights", f"{k:.2f}", limit, ok)


_KEPT = "every rule kept"


def _convergence(x: Published) -> Iterator[Checked]:
    """Judge R-hat and effective size of all figures by the rules of the gate, and no other."""
    own = diagnose(x.fit)
    reasons = (*own.reasons, *x.diagnosis.reasons)
    table = pd.concat([own.table, x.diagnosis.table])
    rhat, least = float(table["rhat"].max()), float(table["ess_bulk"].min())
    if math.isfinite(rhat):
        yield Checked("largest R-hat", f"{rhat:.4f}", _RHAT, _is_kept("rhat", reasons))
    if math.isfinite(least):
        ok = _is_kept("ess_bulk", reasons)
        yield Checked("smallest effective sample size", f"{least:.0f}", _ESS, ok)


def _is_kept(column: str, reasons: Sequence[str]) -> bool:
    rules = [rule for rule in (*STRUCTURAL_RULES, *PROVIDER_RULES) if rule.column == column]
    return not any(reason.startswith(str(rule)) for rule in rules for reason in reasons)


_MOST, _SOME, _ANY = (
    rule.limit for rule in (*STRUCTURAL_RULES, *PROVIDER_RULES) if rule.column == "rhat"
)
_SHARE = max(rule.share for rule in PROVIDER_RULES)
_RHAT = (
    f"at most {_MOST} of national figures; of single providers above {_SOME} for at most "
    f"{_SHARE:.0%}, above {_ANY} for none"
)
_ESS = f"at least {ESS}, but for a figure that has one value in nearly all draws"


def _nil(x: Published) -> Iterator[Checked]:
    nil, spec = x.nil, x.spec.nil
    found = f"p = {nil.p_value:.3f}; Pr(the spread matters) {probability_is(nil.prob_relevant)}"
    limit = f"p below {spec.alpha:g} and probability {spec.prob:g} or more"
    yield Checked("providers differ beyond chance (nil rule)", found, limit, nil.distinguishable)
    share = x.median_rankability
    limit = f"at least {MOSTLY_NOISE:g}, else the order is not read"
    row = summarise(x.rankability.rename("rankability")).iloc[0]
    ends = " to ".join(probability(float(row[name])) for name in ("lower", "upper"))
    found = f"{probability(share)} ({ends})"
    yield Checked("rankability", found, limit, bool(share >= MOSTLY_NOISE))
    if has_time(x.fit):
        apart = not is_of_coming_period(x)
        found = "yes" if apart else "no: rates, places and savings are of the coming period"
        yield Checked("what lasts can be told from what passes", found, "yes", apart)


def _shape(x: Published) -> Iterator[Checked]:
    shape, limit = x.shape, f"p of at least {DOUBTED:g}"
    yield Checked("shape of the effects", f"p = {shape.p_value:.3f}", limit, bool(shape.passed))
    if x.savings is not None:
        found = shape.reason or ("made" if shape.total is not None else "not made")
        yield Checked("total with a flexible shape", found, "made", shape.total is not None)


def _beside(x: Published) -> Iterator[Checked]:
    volume, clustering = x.checks.volume, x.checks.clustering
    if volume is not None and math.isfinite(volume.prob_positive):
        found = f"Pr(larger providers have higher rates) {probability_is(volume.prob_positive)}"
        limit = f"between {BOUNDS[0]:g} and {BOUNDS[1]:g}"
        yield Checked("rates do not go with size", found, limit, volume.passed)
    if clustering is not None:
        found, limit = f"p = {clustering.p_value:.3f}", f"p of at least {CLUSTERED_BELOW:g}"
        yield Checked(
            "cells differ by no more than the model says", found, limit, clustering.passed
        )
    if x.checks.exchangeable is not None:
        found = f"{len(x.checks.unlike):,} of {x.fit.frame.sizes['provider']:,} do not fit"
        yield Checked("providers that the model does not fit", found, "", None)
    if x.forecast is not None:
        yield Checked("forecast of the last period", forecast_sentence(x.forecast), "", None)


def _left_out(x: Published) -> Iterator[Checked]:
    reasons = [row["reason"] for row in json.loads(x.fit.frame.attrs["excluded"])]
    for reason in sorted(set(reasons)):
        found = f"{reasons.count(reason):,}: {reason}"
        yield Checked("providers shown and not ranked", found, "", None)
