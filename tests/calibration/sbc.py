"""Simulation-based calibration: where a truth drawn from the prior lies among posterior draws.

Twelve providers of 5 to 200 cases a period, six periods; every family, with a transient that
forgets at once and one that does not. A quantity of the truth has the same chance of each place
among 99 draws of it (Talts et al. 2018). Without the log-likelihood among the quantities a model
that never saw the data would pass.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

import varmodel as vm
from tests.calibration.panels import (
    FIELDS,
    SEED,
    Panel,
    draw_panel,
    levels,
    model,
    precision,
)

TRANSIENTS = ("iid", "ar1")
PAIRS = [(family, transient) for family in FIELDS for transient in TRANSIENTS]
SETS, PROVIDERS, PERIODS, PLACES = 200, 12, 6, 100
#: Bins of the places, and the same of fewer than 100 sets.
BINS, FEW_BINS = 10, 5
#: Least p, times the number of ps, of a calibration that passes.
LEAST = 0.01
#: The provider whose rank is a quantity.
_RANKED = 3
_OWN = ("residual_sd", "dispersion")
type Values = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Set:
    """One panel of a family and a transient."""

    family: str
    transient: str
    number: int

    @property
    def key(self) -> str:
        return f"{self.family} {self.transient} {self.number}"


def sets(count: int = SETS) -> list[Set]:
    """List the panels, so that all families grow alike."""
    return [Set(*pair, number) for number in range(count) for pair in PAIRS]


def panel_of(asked: Set) -> Panel:
    """Draw a panel, the same at every call."""
    rng = np.random.default_rng([SEED, PAIRS.index((asked.family, asked.transient)), asked.number])
    sizes = np.exp(rng.uniform(np.log(5), np.log(200), PROVIDERS))
    return draw_panel(asked.family, sizes, periods=PERIODS, rng=rng, transient=asked.transient)


def record(asked: Set) -> dict[str, object]:
    """Fit a panel and give the place, 0 to 99, of each quantity of its truth."""
    panel, spec = panel_of(asked), model(asked.family, asked.transient)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", vm.VarmodelWarning)
        fit = vm.fit(
            spec,
            vm.prepare(spec, panel.table),
            random_seed=asked.number,
            sampler="marginal",
            draws=500,
            progressbar=False,
            provisional=True,
        )
        diagnosis = vm.diagnose(fit)
    about = {"key": asked.key, "family": asked.family, "transient": asked.transient}
    about |= {"passed": diagnosis.passed, "reasons": list(diagnosis.reasons)}
    return about | {"places": places(fit, panel, asked)}


def places(fit: vm.Fit, panel: Panel, asked: Set) -> dict[str, int]:
    """Count the draws below the truth, a share of those that equal it at random."""
    rng = np.random.default_rng([SEED, 1, asked.number])
    drawn = quantities(thinned(fit, rng), panel, asked.family)
    truth = quantities(of_truth(panel, pooled=pooled_share(fit)), panel, asked.family)
    found = {}
    for name in truth:
        if name == "transient_rho" and asked.transient == "iid":
            continue
        equal = int((drawn[name] == truth[name]).sum())
        found[name] = int((drawn[name] < truth[name]).sum() + rng.integers(equal + 1))
    return found


def thinned(fit: vm.Fit, rng: np.random.Generator) -> Values:
    """Take 99 draws at random, draws first."""
    whole = fit.posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    kept = whole.isel(sample=rng.choice(whole.sizes["sample"], PLACES - 1, replace=False))
    found = {str(name): kept[name].to_numpy() for name in fit.posterior}
    return found | {"pooled": np.full(PLACES - 1, pooled_share(fit))}


def pooled_share(fit: vm.Fit) -> float:
    """Give the pooled share that a fit's dispersion of shares is stated at."""
    return float(fit.frame.attrs["pooled_mean"])


def of_truth(panel: Panel, *, pooled: float) -> Values:
    """Write a truth as one draw; the dispersion of shares is stated at the share of the fit."""
    truth = dict(panel.truth)
    if "cases" in panel.table and "dispersion" in truth:
        share = special.expit(truth["intercept"])  # what the table was drawn with
        truth["dispersion"] *= np.sqrt(share * (1 - share) / (pooled * (1 - pooled)))
    found = {name: np.array([value]) for name, value in truth.items() if np.ndim(value) == 0}
    return found | {
        "coefficients": truth["coefficients"][np.newaxis],
        "provider_effect": truth["effect"][np.newaxis],
        "transient_effect": truth["passing"][np.newaxis, :, :-1],
        "pooled": np.array([pooled]),
    }


def quantities(values: Values, panel: Panel, family: str) -> dict[str, np.ndarray]:
    """Give what is looked at, an array (draw,) each."""
    effect, passing = values["provider_effect"], values["transient_effect"]
    size = np.bincount(panel.provider, panel.size)
    names = ("intercept", "provider_sd", "transient_sd", "transient_rho", *_OWN)
    found = {name: values[name] for name in names if name in values}
    found["effect of the smallest"] = effect[:, size.argmin()]
    found["effect of the largest"] = effect[:, size.argmax()]
    found["last departure of the smallest"] = passing[:, size.argmin(), -1]
    found["rank"] = (effect < effect[:, [_RANKED]]).sum(axis=1)
    found["max - min"] = np.ptp(effect, axis=1)
    found["total saving"] = _saving(values["intercept"], effect, size=size, family=family)
    found["log-likelihood"] = _log_likelihood(values, panel, family)
    return found


def _saving(
    intercept: np.ndarray, effect: np.ndarray, *, size: np.ndarray, family: str
) -> np.ndarray:
    """Give the total if all reached the better quartile (low is good)."""
    inverse = _inverse(family)
    rate = inverse(intercept[:, np.newaxis] + effect)
    return np.maximum(rate - np.quantile(rate, 0.25, axis=1, keepdims=True), 0) @ size


def _inverse(family: str):
    if family in ("binomial", "beta_binomial"):
        return special.expit
    return np.asarray if family in ("normal", "published") else np.exp


def _log_likelihood(values: Values, panel: Panel, family: str) -> np.ndarray:
    """Give the log density of the table by SciPy, shape (draw,)."""
    weight = np.bincount(panel.period, panel.size)
    level = np.stack(
        [
            levels(a, b, weight)
            for a, b in zip(values["intercept"], values["coefficients"], strict=True)
        ]
    )
    eta = level[:, panel.period] + values["provider_effect"][:, panel.provider]
    eta = eta + values["transient_effect"][:, panel.provider, panel.period]
    own = next((values[name][:, np.newaxis] for name in _OWN if name in values), None)
    pooled = values["pooled"][:, np.newaxis]
    return log_density(family, eta, panel.table, own=own, pooled=pooled).sum(axis=1)


def log_density(family, eta, table, *, own, pooled) -> np.ndarray:
    """Give the log density of each row at a linear predictor (draw, row)."""
    column = {name: table[name].to_numpy() for name in table}
    if family in ("binomial", "beta_binomial"):
        events, cases, share = column["events"], column["cases"], special.expit(eta)
        if family == "binomial":
            return stats.binom.logpmf(events, cases, share)
        phi = precision({"dispersion": own}, share=pooled)
        return stats.betabinom.logpmf(events, cases, phi * share, phi * (1 - share))
    if family in ("poisson", "negative_binomial"):
        events, mean = column["events"], column["expected"] * np.exp(eta)
        if family == "poisson":
            return stats.poisson.logpmf(events, mean)
        phi = precision({"dispersion": own})
        return stats.nbinom.logpmf(events, phi, phi / (phi + mean))
    if family == "published":
        return stats.norm.logpdf(column["rate"], eta, column["se"])
    if family == "normal":
        return stats.norm.logpdf(column["days"], eta, own)
    if family == "lognormal":
        return stats.norm.logpdf(np.log(column["days"]), eta, own)
    return stats.gamma.logpdf(column["days"], own**-2.0, scale=np.exp(eta) * own**2)


def p_values(records: list[dict]) -> dict[str, float]:
    """Give the p of each quantity's places being even."""
    places = [one["places"] for one in records]
    names = dict.fromkeys(name for one in places for name in one)
    bins = BINS if len(records) >= PLACES else FEW_BINS
    counts = {
        name: np.histogram([one[name] for one in places if name in one], bins, (0, PLACES))[0]
        for name in names
    }
    return {name: float(stats.chisquare(found).pvalue) for name, found in counts.items()}
