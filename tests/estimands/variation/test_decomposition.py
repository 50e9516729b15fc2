"""The decomposition: each step by its definition, cell by cell, and the sum of all."""

import json

import numpy as np
import pytest
import xarray as xr
from scipy import special

from tests.estimands.hand_made import passing_fit, random_fit
from tests.fits.hand_made import whole_fit
from varmodel.estimands import decompose
from varmodel.fits import Fit
from varmodel.frame import cells_of

LISTS = {"case_mix": ("x0",), "demography": ("x1",)}


def stacked(fit, name):
    values = fit.posterior[name].to_numpy()
    return values.reshape(-1, *values.shape[2:])


def sizes(fit):
    return np.bincount(fit.frame["provider_index"].to_numpy(), cells_of(fit.frame).size)


def centred(fit, part):
    size = sizes(fit)
    return part - (part @ size / size.sum())[:, np.newaxis]


def found_of(fit):
    found = decompose(fit).to_numpy()
    return found.reshape(-1, *found.shape[2:])


def own_means(fit, rates):
    """Average rates of cells (S, cell) over each provider's cells, by size."""
    owner, size = fit.frame["provider_index"].to_numpy(), cells_of(fit.frame).size
    total = np.stack([np.bincount(owner, row * size) for row in rates])
    return total / np.bincount(owner, size)


@pytest.mark.parametrize("form", ["share", "exposure", "measurements", "log_measurements"])
def test_each_part_is_its_definition(form):
    fit = random_fit(form, **LISTS)
    frame, beta = fit.frame, stacked(fit, "coefficients")
    inverse = {"share": special.expit, "measurements": lambda x: x}.get(form, np.exp)
    level = stacked(fit, "intercept")[:, None]
    if form == "log_measurements":
        level = level + stacked(fit, "residual_sd")[:, None] ** 2 / 2
    design, weight = frame["design"].to_numpy(), frame["pattern_weight"].to_numpy()
    pattern = frame["pattern_index"].to_numpy()
    owner = frame["provider_index"].to_numpy()
    by_pattern = inverse(level + beta @ design.T)
    crossed = np.stack(
        [
            inverse(level + beta[:, :1] * own + beta[:, 1:] * design[:, 1]) @ weight
            for own in design[:, 0]
        ],
        axis=1,
    )
    m0 = (by_pattern @ weight)[:, None]
    m1, m2 = (own_means(fit, rates[:, pattern]) for rates in (crossed, by_pattern))
    effect = stacked(fit, "provider_effect")[:, owner]
    m4 = own_means(fit, inverse(level + beta @ design[pattern].T + effect))
    crude, size = frame["observed"].to_numpy(), sizes(fit)
    national = crude @ size / size.sum()
    wanted = [m1 - m0, m2 - m1, 0 * m2, m4 - m2, 0 * m2, (crude - m4) - (national - m0)]
    found = found_of(fit)
    for place, part in enumerate(wanted):
        np.testing.assert_allclose(found[..., place], centred(fit, part), atol=1e-10)
    assert decompose(fit).attrs["national_rate"] == pytest.approx(national)


@pytest.mark.parametrize("form", ["share", "expected", "measurements", "published"])
@pytest.mark.parametrize("panel", [False, True])
def test_parts_add_up_to_the_crude_difference_in_every_draw(form, panel):
    more = {"periods": 3, "transient": "ar1", "period": "quarter"} if panel else {}
    fit = whole_fit(form, shape=(2, 20), case_mix=() if form == "published" else ("age",), **more)
    found, size = decompose(fit), sizes(fit)
    crude = fit.frame["observed"].to_numpy()
    gap = crude - crude @ size / size.sum()
    np.testing.assert_allclose(found.sum("part"), np.broadcast_to(gap, (2, 20, 12)), atol=1e-9)
    np.testing.assert_allclose(found.to_numpy().swapaxes(-1, -2) @ size, 0, atol=1e-9)
    assert (found.sel(part="transient") != 0).any() == panel


@pytest.mark.parametrize("form", ["share", "exposure"])
def test_what_passed_is_at_the_effect_of_each_period(form):
    fit = passing_fit(form)
    frame, beta = fit.frame, stacked(fit, "coefficients")
    inverse = special.expit if form == "share" else np.exp
    owner, period = (frame[f"{name}_index"].to_numpy() for name in ("provider", "period"))
    eta = stacked(fit, "intercept")[:, None] + beta @ frame["design"].to_numpy().T
    eta = eta[:, frame["pattern_index"].to_numpy()] + stacked(fit, "provider_effect")[:, owner]
    now = own_means(fit, inverse(eta + stacked(fit, "transient_effect")[:, owner, period]))
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    shifted = (
        w * inverse(eta + stacked(fit, "transient_sd")[:, None] * z)
        for z, w in zip(nodes, weights / weights.sum(), strict=True)
    )
    lasting = own_means(fit, sum(shifted))
    found = found_of(fit)[..., 4]
    np.testing.assert_allclose(found, centred(fit, now - lasting), atol=1e-7)


@pytest.mark.parametrize("adjusted", [False, True])
def test_classes_and_levels_are_a_part_and_predictors_are_not(adjusted):
    """Two classes .6 apart; what a predictor says stays in the provider's own part.

    Crude rates hold what levels_adjusted leaves out of the published ones: the story is the same.
    """
    fit = random_fit("exposure", **LISTS)
    alone = found_of(fit)
    count = fit.frame.sizes["provider"]
    index = np.arange(count) % 2
    shape = fit.posterior["intercept"].shape
    means = ("chain", "draw", "class"), np.broadcast_to([0.3, -0.3], (*shape, 2))
    slopes = ("chain", "draw", "predictor"), np.full((*shape, 1), 0.2)
    more = {"class_mean": means, "effect_coefficients": slopes}
    draws = xr.DataTree.from_dict({"posterior": fit.posterior.assign(more)})
    draws.attrs = fit.draws.attrs
    design = ("provider", "predictor"), np.linspace(-1, 1, count)[:, None]
    frame = fit.frame.assign(class_index=("provider", index), effect_design=design)
    spec = fit.spec.replace(classes="kind", levels_adjusted=adjusted)
    found = found_of(Fit(spec, frame, draws))
    np.testing.assert_allclose(found[..., :2], alone[..., :2], atol=1e-12)
    m2 = own_means(fit, np.exp(_eta(fit)))
    np.testing.assert_allclose(found[..., 2], centred(fit, m2 * np.expm1([0.3, -0.3])[index]))
    whole = stacked(fit, "provider_effect") + np.array([0.3, -0.3])[index]
    whole = whole + 0.2 * np.linspace(-1, 1, count)
    own = m2 * (np.exp(whole) - np.exp([0.3, -0.3])[index])
    np.testing.assert_allclose(found[..., 3], centred(fit, own), atol=1e-10)


def _eta(fit):
    eta = stacked(fit, "intercept")[:, None]
    eta = eta + stacked(fit, "coefficients") @ fit.frame["design"].to_numpy().T
    return eta[:, fit.frame["pattern_index"].to_numpy()]


def test_provenance_and_order():
    fit = random_fit("share", **LISTS)
    found = decompose(fit)
    order = ["case_mix", "demography", "level", "persistent", "transient", "noise"]
    assert found["part"].to_numpy().tolist() == order
    assert found.attrs["provisional"] == 1
    assert json.dumps(found.attrs["national_rate"])
