"""Over-dispersed families: their posterior by sums, their truth recovered, equal providers."""

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

import varmodel as vm
from varmodel.families import Cells
from varmodel.frame import cells_of, resolve_priors
from varmodel.studies.nil import spread_p_value

FORMS = {
    "beta_binomial": {"numerator": "deaths", "denominator": "cases"},
    "negative_binomial": {"numerator": "deaths", "expected": "cases"},
}
LEVEL = {"beta_binomial": float(special.logit(0.2)), "negative_binomial": 0.1}
NAMES = ("intercept", "provider_sd", "dispersion")
families = pytest.mark.parametrize("family", FORMS)


def panel(family, *, seed, provider_sd=0.3, dispersion=0.25, unit="ward", **sizes):
    """Return a model, a simulated frame of it, and the truth."""
    columns = {"period": "quarter"} if unit == "quarter" else {}
    columns |= {"dispersion_unit": ("trust", unit), **FORMS[family]}
    spec = vm.ModelSpec(name="wide", provider="trust", better="lower", family=family, **columns)
    truth = {"intercept": LEVEL[family], "provider_sd": provider_sd, "dispersion": dispersion}
    made = vm.simulate(spec, truth=truth, random_seed=seed, **sizes)
    return spec, vm.prepare(spec, made.table), made.truth


def sampled(spec, frame, sampler="marginal"):
    options = {"random_seed": 1, "sampler": sampler, "progressbar": False, "provisional": True}
    return vm.fit(spec, frame, **options)


def tabulated(spec, frame, *, x, dispersion):
    """Give each provider's log likelihood at level plus effect, (dispersion, provider, x)."""
    family, cells = spec.family_row, cells_of(frame)
    own = family.values({"dispersion": dispersion[:, None, None]}, frame.attrs["pooled_mean"])
    each = Cells(cells.response, cells.size)
    by_cell = family.log_likelihood(each, x[:, None], own)
    owner = np.eye(frame.sizes["provider"])[frame["provider_index"].to_numpy()]
    return np.swapaxes(by_cell @ owner, 1, 2)


def by_sums(spec, frame):
    """Give mean and sd of intercept, provider_sd, dispersion, and the first effect's mean."""
    priors = resolve_priors(spec, frame)
    middle = LEVEL[spec.family]
    x = np.arange(middle - 4, middle + 4, 0.005)
    level, sd = np.linspace(middle - 1.5, middle + 1.5, 61), np.linspace(0.01, 2.0, 80)
    dispersion = np.linspace(1e-3, 1.2, 60)
    table = tabulated(spec, frame, x=x, dispersion=dispersion)
    top = table.max(axis=2, keepdims=True)
    held = np.exp(table - top).reshape(-1, len(x))
    weight = stats.norm.pdf(x, level[:, None, None], sd[:, None]).reshape(-1, len(x)) * 0.005
    shape = (len(level), len(sd), len(dispersion), -1)
    parts = (weight @ held.T).reshape(shape)
    log = np.log(np.maximum(parts, 1e-300)).sum(axis=3) + top[..., 0].sum(axis=1)
    for number, (name, grid) in enumerate(zip(NAMES, (level, sd, dispersion), strict=True)):
        density = priors[name].log_density(grid)
        log = log + np.expand_dims(density, tuple(k for k in range(3) if k != number))
    prob = np.exp(log - log.max())
    prob /= prob.sum()
    found = {}
    for number, (name, grid) in enumerate(zip(NAMES, (level, sd, dispersion), strict=True)):
        margin = prob.sum(axis=tuple(k for k in range(3) if k != number))
        mean = margin @ grid
        found[name] = (mean, np.sqrt(margin @ (grid - mean) ** 2))
    place = ((weight * x) @ held.T).reshape(shape)[..., 0] / np.maximum(parts[..., 0], 1e-300)
    return found, float((prob * (place - level[:, None, None])).sum())


@families
def test_the_marginal_posterior_is_that_of_sums(family):
    """Sums over level, provider sd and dispersion, and over each provider's effect."""
    spec, frame, _ = panel(family, seed=4, providers=8, mean_denominator=150, dispersion=0.4)
    exact, effect = by_sums(spec, frame)
    fit = sampled(spec, frame)
    for name, (mean, sd) in exact.items():
        draws = fit.posterior[name]
        assert float(draws.mean()) == pytest.approx(mean, abs=0.1 * sd), name
        assert float(draws.std()) == pytest.approx(sd, rel=0.08), name
    first = fit.posterior["provider_effect"][..., 0]
    assert float(first.mean()) == pytest.approx(effect, abs=0.1 * float(first.std()))


@pytest.mark.long
@families
def test_both_samplers_agree(family):
    spec, frame, _ = panel(family, seed=1, unit="quarter", providers=20, periods=4)
    one, other = (sampled(spec, frame, sampler).posterior for sampler in ("marginal", "nuts"))
    for name in (*NAMES, "coefficients", "provider_effect"):
        gap = np.abs(one[name].mean(("chain", "draw")) - other[name].mean(("chain", "draw")))
        assert (gap < 0.12 * other[name].std(("chain", "draw"))).all(), name


@pytest.mark.long
@families
def test_the_truth_is_recovered(family):
    """Over four panels: no posterior far from its truth, none on average to one side of it."""
    scores = []
    for seed in range(4):
        sizes = {"providers": 30, "periods": 5, "mean_denominator": 120}
        spec, frame, truth = panel(family, seed=seed, unit="quarter", **sizes)
        posterior = sampled(spec, frame).posterior
        assert float(posterior["dispersion"].std()) < 0.05
        gaps = [posterior[name] - truth[name] for name in NAMES]
        scores.append([float(gap.mean() / gap.std()) for gap in gaps])
    assert np.abs(scores).max() < 4
    assert np.abs(np.mean(scores, axis=0)).max() < 4 / np.sqrt(4)


@families
def test_equal_providers_with_dispersion_are_found_different_at_the_nominal_rate(family):
    """The null model keeps the dispersion; without it each of these sets would be.

    Over several periods it would not: the null of these has departures of its own.
    """
    p_values, plain = [], []
    for seed in range(20):
        sizes = {"providers": 10, "mean_denominator": 300}
        spec, frame, truth = panel(family, seed=seed, provider_sd=0.0, dispersion=0.5, **sizes)
        draws = xr_draws(frame, dispersion=float(truth["dispersion"]))
        p_values.append(spread_p_value(vm.Fit(spec, frame, draws), random_seed=seed, tables=39))
        none = xr_draws(frame, dispersion=1e-4)
        plain.append(spread_p_value(vm.Fit(spec, frame, none), random_seed=seed, tables=39))
    assert 0.25 < np.mean(p_values) < 0.75  # four standard errors
    assert np.mean(plain) < 0.1


def xr_draws(frame, *, dispersion):
    """Give a fit's draws that hold the one number that the null model reads."""
    posterior = xr.Dataset({"dispersion": (("chain", "draw"), np.full((4, 2), dispersion))})
    tree = xr.DataTree.from_dict({"posterior": posterior})
    tree.attrs["source_hash"] = frame.attrs["source_hash"]
    return tree
