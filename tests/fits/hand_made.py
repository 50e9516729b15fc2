"""Whole fits made by hand: a simulated table, prepared, and draws around its truth."""

import json

import numpy as np
import xarray as xr

from tests.frame.hand_made import make_model
from varmodel.families import FORMS
from varmodel.fits import Fit, diagnose
from varmodel.frame import prepare, simulate, transient_of

TRUTH = {
    "share": {"intercept": -1.0, "provider_sd": 0.4},
    "trial": {"intercept": -1.0, "provider_sd": 0.4},
    "expected": {"intercept": 0.0, "provider_sd": 0.3},
    "exposure": {"intercept": -1.0, "provider_sd": 0.3},
    "measurements": {"intercept": 5.0, "provider_sd": 0.5, "residual_sd": 2.0},
    "log_measurements": {"intercept": 1.5, "provider_sd": 0.2, "residual_sd": 0.7},
    "positive_measurements": {"intercept": 1.5, "provider_sd": 0.2, "residual_sd": 0.8},
    "published": {"intercept": 5.0, "provider_sd": 0.5},
}
PASSING = {
    "iid": {"transient_sd": 0.2},
    "ar1": {"transient_sd": 0.2, "transient_rho": 0.6},
}
PRICED = {
    "benchmark": {"kind": "quantile", "value": 0.75},
    "unit_cost": {"low": 90, "mode": 100, "high": 110, "currency": "GBP"},
}


def make_spec(form="share", **fields):
    return make_model(form, **{"name": "hand", "title": "Hand made", **PRICED, **fields})


def whole_fit(
    form="share", *, providers=12, periods=1, shape=(4, 500), seed=1, provisional=False, **fields
):
    """Return a fit that passes the gate: independent draws around the truth of its table."""
    spec = make_spec(form, **fields)
    truth = TRUTH[form] if spec.family_row.adds_up else {**TRUTH[form], "dispersion": 0.3}
    truth = {**truth, **PASSING.get(spec.transient, {})}
    made = simulate(
        spec,
        providers=providers,
        periods=periods,
        mean_denominator=100,
        truth=truth,
        random_seed=seed,
    )
    frame = prepare(spec, made.table)
    rng = np.random.default_rng(seed)
    variables = {
        name: (("chain", "draw", *made.truth[name].dims), _around(made.truth[name], shape, rng))
        for name in made.truth.data_vars
        if name != "rate"
    }
    coords = {name: frame[name].to_numpy() for name in made.truth.dims if name in frame.dims}
    posterior = xr.Dataset(variables, coords=_numbered(shape) | coords)
    fit = fit_of(spec, frame, posterior=posterior, provisional=provisional)
    fit.draws.attrs["transient"] = transient_of(spec, frame)
    return fit


def fit_of(spec, frame, *, posterior, provisional=False, stats=None):
    """Put the groups and attributes of a fit together."""
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    groups = {
        "posterior": posterior,
        "sample_stats": good_stats(shape) if stats is None else stats,
        "observed_data": frame[list(FORMS[frame.attrs["form"]].statistics)].drop_attrs(),
        "constant_data": frame[["provider_index", "design"]].drop_attrs(),
    }
    draws = xr.DataTree.from_dict(groups)
    draws.attrs = {
        "sampler": "nuts",
        "random_seed": 7,
        "spec_digest": spec.digest,
        "source_hash": frame.attrs["source_hash"],
        "versions": json.dumps({"varmodel": "0"}),
        "attempts": 1,
        "provisional": int(provisional),
        "independent_draws": 0,
    }
    return Fit(spec, frame, draws)


def good_stats(shape, **changes):
    """Return sample statistics without a fault; changes are whole arrays."""
    energy = np.random.default_rng(3).normal(size=shape)
    none = np.zeros(shape, bool)
    variables = {"diverging": none, "reached_max_treedepth": none, "energy": energy, **changes}
    dims = ("chain", "draw")
    return xr.Dataset({k: (dims, v) for k, v in variables.items()}, coords=_numbered(shape))


def good_draws(*shape, seed=1, chains=4, draws=1000):
    """Return independent draws (chain, draw, ...)."""
    return np.random.default_rng(seed).normal(size=(chains, draws, *shape))


def _around(truth, shape, rng):
    values = truth.to_numpy()
    size = (*shape, *values.shape)
    if str(truth.name).endswith("_sd"):
        return values * np.exp(rng.normal(0, 0.1, size))
    return values + rng.normal(0, 0.05, size)


def _numbered(shape):
    return {name: np.arange(size) for name, size in zip(("chain", "draw"), shape, strict=True)}


def sample_by_hand(request):
    """Stand in for a sampler: independent draws near the national mean, of the shape asked for."""
    spec, frame, shape = request.spec, request.frame, (request.chains, request.draws)
    rng = np.random.default_rng(request.random_seed)
    link = spec.family_row.link
    middle = float(link.forward(np.asarray(frame.attrs["pooled_mean"])))
    sizes, dims = frame.sizes, ("chain", "draw")
    effects = rng.normal(0, 0.3, sizes["provider"])
    variables = {
        "intercept": (dims, rng.normal(middle, 0.05, shape)),
        "coefficients": ((*dims, "term"), rng.normal(0, 0.01, (*shape, sizes["term"]))),
        "provider_sd": (dims, rng.uniform(0.2, 0.4, shape)),
        "provider_effect": (
            (*dims, "provider"),
            effects + rng.normal(0, 0.05, (*shape, sizes["provider"])),
        ),
    }
    if spec.form.name == "measurements":
        variables["residual_sd"] = (dims, rng.uniform(1, 2, shape))
    coords = {name: frame[name] for name in ("provider", "term")}
    posterior = xr.Dataset(variables, coords=_numbered(shape) | coords)
    fit = fit_of(spec, frame, posterior=posterior)
    fit.draws.attrs["random_seed"] = request.random_seed
    return fit, diagnose(fit)
