"""New providers are drawn like their class, groups and predictors; rates may leave groups out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.frame.hand_made import make_model, make_table
from varmodel.errors import InputError, SpecError
from varmodel.estimands import adjusted_rates, predict, provider_effects
from varmodel.fits import load_fit, save_fit
from varmodel.frame import prepare, shared_effect
from varmodel.frame.new.likeness import Described, likeness_of
from varmodel.inference import fit
from varmodel.publish.wording.kinds import left_out
from varmodel.spec import ModelSpec

J = 24
SPEC = ModelSpec(
    name="stay",
    provider="trust",
    value="los",
    better="lower",
    family="normal",
    effect_predictors=("beds", "log_volume"),
    classes="type",
    levels=("region",),
)


def table():
    """Return three stays of each of 24 providers."""
    rng = np.random.default_rng(2)
    own = pd.DataFrame(
        {
            "trust": [f"P{j:02d}" for j in range(J)],
            "beds": rng.normal(300, 50, J),
            "type": np.where(np.arange(J) % 2, "big", "small"),
            "region": np.array(["n", "s", "w"])[np.arange(J) % 3],
            "stays": 3 + np.arange(J) % 4,
        }
    )
    rows = own.loc[own.index.repeat(own["stays"])].drop(columns="stays").reset_index(drop=True)
    shift = rows["trust"].map(dict(zip(own["trust"], rng.normal(0, 0.5, J), strict=True)))
    return rows.assign(los=5 + (rows["type"] == "big") + shift + rng.normal(0, 1, len(rows)))


@pytest.fixture(scope="module")
def found():
    return fit(SPEC, prepare(SPEC, table()), random_seed=1, progressbar=False)


def new(**columns):
    """Return three rows of a provider that the fit has not."""
    row = {"trust": "NEW", "beds": 350.0, "type": "big", "region": "n", "los": 6.0}
    return pd.DataFrame([{**row, **columns}] * 3)


@pytest.mark.parametrize("region", ["n", "elsewhere"])
def test_a_new_provider_is_drawn_like_its_class_region_and_predictors(found, region):
    """A region that the fit has not has an effect drawn from the distribution of its level."""
    rows = new(region=region)
    drawn = predict(found, rows, new_providers="population", random_seed=1)[..., 0]
    x, frame = found.posterior, found.frame
    raw = np.array([350.0, np.log(3.0)])
    z = (raw - frame["effect_mean"].to_numpy()) / frame["effect_sd"].to_numpy()
    mean = x["intercept"] + x["class_mean"].sel({"class": "big"}, drop=True)
    mean = mean + (x["effect_coefficients"] * z).sum("predictor")
    variance = x["class_sd"].sel({"class": "big"}, drop=True) ** 2
    if region == "n":
        mean = mean + x["level_effect_region"].sel(level_region="n", drop=True)
    else:
        variance = variance + x["level_sd"][..., 0] ** 2
    own = ((drawn - mean) / np.sqrt(variance)).to_numpy()
    assert own.mean() == pytest.approx(0, abs=0.06)
    assert own.std() == pytest.approx(1, abs=0.05)


def test_responses_draw_a_new_provider_from_its_likes_mean_to_its_own(found):
    prior, given = (
        predict(found, new(los=8.0), new_providers=how, random_seed=1)[..., 0]
        for how in ("population", "given_response")
    )
    assert float(prior.mean()) < float(given.mean()) < 8
    assert float(given.std()) < float(prior.std())


def test_a_new_provider_without_its_class_is_refused(found):
    with pytest.raises(SpecError, match="no column tells class") as caught:
        predict(found, new().drop(columns="type"), new_providers="population", random_seed=1)
    assert caught.value.code == "FORMULA.UNKNOWN"


def test_a_new_provider_without_a_case_has_no_size():
    frame = prepare(make_model(effect_predictors=("log_volume",)), make_table())
    one = {"owner": np.zeros(1, np.int64), "new": [0], "design": np.zeros((1, 0))}
    found = likeness_of(frame, Described(), volume=np.full(1, 46.0), **one)
    assert np.isfinite(found.design).all()
    with pytest.raises(InputError, match="has no case, and so no size"):
        likeness_of(frame, Described(), volume=np.zeros(1), **one)


def test_levels_adjusted_leaves_class_and_region_out_of_what_is_published(found, tmp_path):
    spec = SPEC.replace(levels_adjusted=True)
    adjusted = replace(found, spec=spec)
    left = provider_effects(found) - provider_effects(adjusted)
    frame, x = found.frame, found.posterior
    groups = shared_effect(frame, x) - shared_effect(frame, x, adjusted=True)
    np.testing.assert_allclose(left, groups.transpose(*left.dims), atol=1e-12)
    gap = adjusted_rates(found) - adjusted_rates(adjusted)  # identity link
    np.testing.assert_allclose(gap, left, atol=1e-9)
    assert "type and region" in left_out(spec)
    assert left_out(SPEC) == ""
    assert spec.fit_digest == SPEC.fit_digest
    known = new(trust="P03", beds=300.0)
    np.testing.assert_array_equal(predict(found, known), predict(adjusted, known))
    save_fit(adjusted, tmp_path / "fit")
    again = provider_effects(load_fit(tmp_path / "fit"))
    np.testing.assert_array_equal(again, provider_effects(adjusted))
