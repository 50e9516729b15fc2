"""Fits made by hand: frames and draws written down, nothing sampled."""

import json

import numpy as np
import xarray as xr

from varmodel.families import FAMILIES
from varmodel.fits import Fit
from varmodel.spec import ModelSpec

COLUMNS = {
    "share": {"numerator": "events", "denominator": "trials"},
    "exposure": {"numerator": "events", "exposure": "exposure"},
    "expected": {"numerator": "events", "expected": "expected"},
    "measurements": {"value": "days"},
    "log_measurements": {"value": "days"},
    "positive_measurements": {"value": "days"},
    "published": {"value": "days", "standard_error": "se"},
}
#: The first family of a form whose cells add up.
FAMILY = {x: row.name for row in reversed(FAMILIES.values()) if row.adds_up for x in row.form_names}


#: Quarters of the fits with a transient; nobody reports the one before the last.
QUARTERS = ("2006Q1", "2006Q2", "2006Q3", "2007Q1")


def make_spec(form="share", *, better="higher", **fields):
    priors = {"provider_sd": {"dist": "half_normal", "sigma": 1.0}} if form == "published" else {}
    fields = {"family": FAMILY[form], "priors": priors, **COLUMNS[form], **fields}
    return ModelSpec(name="hand", provider="trust", better=better, **fields)


def make_frame(spec, *, provider, pattern, design, **statistics):
    form = spec.form
    variables = {name: np.asarray(values, float) for name, values in statistics.items()}
    cells = form.cells(variables)
    provider, pattern = np.asarray(provider), np.asarray(pattern)
    design = np.asarray(design, float)
    count = int(provider.max()) + 1
    size = np.bincount(provider, cells.size, count)
    weight = np.bincount(pattern, cells.size, len(design))
    total = cells.response if form.response == "events" else cells.response * cells.size
    response = np.bincount(provider, total, count)
    observed = np.divide(response, size, out=np.full(count, np.nan), where=size > 0)
    return xr.Dataset(
        {
            "provider_index": ("cell", provider),
            "pattern_index": ("cell", pattern),
            "design": (("pattern", "term"), design),
            "pattern_weight": ("pattern", weight / weight.sum()),
            "activity": ("provider", size),
            "observed": ("provider", observed),
            **{name: ("cell", values) for name, values in variables.items()},
        },
        coords={
            "provider": [f"T{number:04d}" for number in range(count)],
            "term": [f"x{number}" for number in range(design.shape[1])],
        },
        attrs={
            "form": form.name,
            "source_hash": "abc",
            "pooled_mean": total.sum() / cells.size.sum(),
            "pooled_sd": 1.0,
        },
    )


def make_fit(spec, frame, *, weight=None, **posterior):
    """Posterior values by name, (chain, draw, ...) each."""
    trailing = {
        "coefficients": ("term",),
        "provider_effect": ("provider",),
        "transient_effect": ("provider", "period"),
        "class_mean": ("class",),
        "class_sd": ("class",),
    }
    variables = {
        name: (("chain", "draw", *trailing.get(name, ())), np.asarray(values, float))
        for name, values in posterior.items()
    }
    coords = {name: frame[name] for name in ("provider", "term", "period") if name in frame}
    group = xr.Dataset(variables, coords=coords)
    group = group.assign_coords({dim: np.arange(group.sizes[dim]) for dim in ("chain", "draw")})
    if weight is not None:
        group = group.assign_coords(ancestor_weight=(("chain", "draw"), np.asarray(weight, float)))
    draws = xr.DataTree.from_dict({"posterior": group})
    draws.attrs = {
        "provisional": 1,
        "independent_draws": 0,
        "source_hash": "abc",
        "sampler": "none",
        "random_seed": 3,
        "transient": "none",
    }
    if "transient_sd" in posterior:
        draws.attrs["transient"] = "ar1" if "transient_rho" in posterior else "iid"
    return Fit(spec, frame, draws)


def random_fit(form="share", *, providers=30, patterns=12, draws=20, seed=1, **fields):
    """Two chains of wide draws over providers with some of the patterns each."""
    rng = np.random.default_rng(seed)
    spec = make_spec(form, **fields)
    cells = np.sort(rng.permutation(providers * patterns)[: providers * patterns // 2])
    cells = np.union1d(cells, np.arange(providers) * patterns)
    provider, pattern = np.divmod(cells, patterns)
    frame = make_frame(
        spec,
        provider=provider,
        pattern=pattern,
        design=rng.normal(size=(patterns, 2)),
        **_statistics(form, rng, len(cells)),
    )
    shape = (2, draws)
    posterior = {
        "intercept": rng.normal(-1, 0.1, shape),
        "coefficients": rng.normal(0, 0.5, (*shape, 2)),
        "provider_sd": rng.uniform(0.2, 0.6, shape),
        "provider_effect": rng.normal(0, 0.4, (*shape, providers)),
    }
    if spec.form.spread:
        posterior["residual_sd"] = rng.uniform(1, 2, shape)
    if not spec.family_row.adds_up:
        posterior["dispersion"] = rng.uniform(0.1, 0.5, shape)
    return make_fit(spec, frame, **posterior)


def passing_fit(form="share", *, transient="ar1", quarters=QUARTERS, draws=20, seed=1, **fields):
    """Two chains of wide draws of a model with a transient: levels of periods in the design."""
    rng = np.random.default_rng(seed)
    providers, mixes, periods = fields.pop("providers", 9), 3, len(quarters)
    spec = make_spec(form, **fields)
    kept = rng.random((providers, periods, mixes)) < 0.7
    kept[:, :, 0] |= ~kept.any(axis=(1, 2))[:, np.newaxis]  # everybody has a cell
    kept[:periods, :, 0] |= np.eye(providers, periods, dtype=bool)[:periods]  # and each period
    provider, period, mix = np.nonzero(kept)
    mixed = rng.normal(size=(mixes, 1))
    dummies = np.eye(periods)[:, 1:] - 1 / periods
    design = np.column_stack([np.tile(mixed, (periods, 1)), np.repeat(dummies, mixes, axis=0)])
    frame = make_frame(
        spec,
        provider=provider,
        pattern=period * mixes + mix,
        design=design,
        **_statistics(form, rng, len(provider)),
    )
    levels = [f"period[{quarter}]" for quarter in quarters[1:]]
    term = {"column": "quarter", "kind": "period", "levels": list(quarters)}
    frame = frame.assign_coords(term=["x0", *levels], period=list(quarters))
    frame["period_index"] = "cell", period
    frame.attrs["terms"] = json.dumps([term])
    shape = (2, draws)
    posterior = {
        "intercept": rng.normal(-1, 0.1, shape),
        "coefficients": rng.normal(0, 0.5, (*shape, design.shape[1])),
        "provider_sd": rng.uniform(0.2, 0.6, shape),
        "provider_effect": rng.normal(0, 0.4, (*shape, providers)),
        "transient_sd": rng.uniform(0.1, 0.8, shape),
        "transient_effect": rng.normal(0, 0.3, (*shape, providers, periods)),
    }
    if transient == "ar1":
        posterior["transient_rho"] = rng.uniform(-0.3, 0.95, shape)
    if spec.form.spread:
        posterior["residual_sd"] = rng.uniform(1, 2, shape)
    if not spec.family_row.adds_up:
        posterior["dispersion"] = rng.uniform(0.1, 0.5, shape)
    return make_fit(spec, frame, **posterior)


def _statistics(form, rng, count):
    size = rng.integers(1, 60, count).astype(float)
    if form == "published":
        return {"value": rng.normal(5, 1, count), "standard_error": rng.uniform(0.1, 1, count)}
    if form == "measurements":
        spread = rng.uniform(1, 9, count)
        return {"mean": rng.normal(5, 1, count), "measurements": size, "sum_of_squares": spread}
    if form == "log_measurements":
        spread = rng.uniform(1, 9, count)
        mean = rng.normal(1, 0.5, count)
        return {"log_mean": mean, "measurements": size, "log_sum_of_squares": spread}
    if form == "positive_measurements":
        mean, spread = rng.gamma(2, 2, count), rng.uniform(0, 9, count)
        return {"mean": mean, "measurements": size, "log_ratio": spread}
    if form == "share":
        return {"events": rng.binomial(size.astype(int), 0.3), "trials": size}
    return {"events": rng.poisson(0.3 * size), form: size}


def make_rates(values, providers=None, **attrs):
    """(draw, provider) of one chain, or (chain, draw, provider)."""
    values = np.asarray(values, float)
    values = values if values.ndim == 3 else values[np.newaxis]
    rates = xr.DataArray(
        values, dims=("chain", "draw", "provider"), name="adjusted_rate", attrs=attrs
    )
    return rates if providers is None else rates.assign_coords(provider=list(providers))
