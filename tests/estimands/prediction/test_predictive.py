"""Predictive tables: their moments, their statistics, and what a check must see."""

import numpy as np
import pytest
import xarray as xr

from tests.estimands.hand_made import make_fit, make_frame, make_spec, random_fit
from tests.fits.hand_made import TRUTH, whole_fit
from varmodel.errors import SpecError
from varmodel.estimands import posterior_predictive, predictive_check
from varmodel.estimands.prediction.predictive import predictive_statistics
from varmodel.frame import cells_of

COLUMNS = ["statistic", "providers", "observed", "mean", "lower", "upper", "ci_prob", "p_mid"]


def constant(trials=400, providers=40, *, sd=0.5, draws=600, events=None):
    """Give shares of one cell a provider, all parameters known: rate .5, effects 0."""
    spec = make_spec("share")
    events = np.full(providers, trials / 2) if events is None else events
    frame = make_frame(
        spec,
        provider=np.arange(providers),
        pattern=np.zeros(providers, int),
        design=np.zeros((1, 0)),
        events=events,
        trials=np.full(providers, float(trials)),
    )
    shape = (2, draws // 2)
    return make_fit(
        spec,
        frame,
        intercept=np.zeros(shape),
        provider_sd=np.full(shape, sd),
        provider_effect=np.zeros((*shape, providers)),
    )


def test_the_same_providers_keep_their_effects():
    found = posterior_predictive(constant(), random_seed=1)
    assert found.dims == ("chain", "draw", "cell")
    assert found.name == "events"
    values = found.to_numpy().reshape(600, 40)
    assert values.mean() == pytest.approx(200, abs=0.3)
    assert values.var() == pytest.approx(100, rel=0.05)


def test_new_providers_vary_by_their_law():
    found = posterior_predictive(constant(sd=0.1), providers="new", random_seed=1)
    variance = 100 + 400**2 * (0.25 * 0.1) ** 2
    assert found.to_numpy().var() == pytest.approx(variance, rel=0.05)


@pytest.mark.parametrize("form", TRUTH)
def test_tables_of_every_form_are_about_their_mean(form):
    fit = whole_fit(form, shape=(2, 300), case_mix=("age",))
    found = posterior_predictive(fit, random_seed=1)
    frame, cells = fit.frame, cells_of(fit.frame)
    assert found["provider"].to_numpy().tolist() == [
        frame["provider"].to_numpy()[k] for k in frame["provider_index"].to_numpy()
    ]
    effect = fit.posterior["provider_effect"].to_numpy().reshape(600, -1)
    eta = (
        fit.posterior["intercept"].to_numpy().reshape(-1, 1)
        + (fit.posterior["coefficients"].to_numpy().reshape(600, -1) @ frame["design"].values.T)[
            :, frame["pattern_index"].values
        ]
        + effect[:, frame["provider_index"].values]
    )
    scale = cells.size if fit.spec.form.response == "events" else 1.0
    mean = (scale * fit.spec.family_row.scale.inverse(eta)).mean(axis=0)
    flat = found.to_numpy().reshape(600, -1)
    error = flat.std(axis=0) / np.sqrt(600)
    assert np.abs((flat.mean(axis=0) - mean) / np.maximum(error, 1e-9)).max() < 6


def test_statistics_by_hand():
    spec = make_spec("share")
    frame = make_frame(
        spec,
        provider=[0, 0, 1, 2],
        pattern=[0, 1, 0, 0],
        design=np.zeros((2, 0)),
        events=[0, 4, 9, 0],
        trials=[5, 15, 10, 0],
    )
    shape = (1, 10)
    effects = np.zeros((*shape, 3))
    fit = make_fit(
        spec, frame, intercept=np.zeros(shape), provider_sd=np.ones(shape), provider_effect=effects
    )
    observed = predictive_statistics(fit, random_seed=1)["observed"].to_series()
    assert observed["lowest"] == pytest.approx(0.2)
    assert observed["highest"] == pytest.approx(0.9)
    assert observed["spread"] == pytest.approx(0.7 / np.sqrt(2))  # without the provider of 0
    assert observed["zeros"] == 1


def test_the_check_is_the_summary_of_its_tables():
    fit = random_fit(draws=50)
    table = predictive_check(fit, random_seed=1, prob=0.9)
    assert list(table.columns) == [*COLUMNS, "provisional"]
    assert table["statistic"].unique().tolist() == ["spread", "lowest", "highest", "zeros"]
    assert (table["lower"] <= table["upper"]).all()
    new = predictive_statistics(fit, random_seed=1)["new"].sel(statistic="zeros", providers="new")
    row = table[(table["statistic"] == "zeros") & (table["providers"] == "new")].iloc[0]
    ties = (new == row["observed"]).mean()
    assert row["p_mid"] == pytest.approx(float((new > row["observed"]).mean() + ties / 2))
    assert row["upper"] == pytest.approx(float(new.quantile(0.95)))


@pytest.mark.parametrize("form", ["measurements", "log_measurements", "published"])
def test_zeros_are_of_counts_only(form):
    table = predictive_check(random_fit(form, draws=20), random_seed=1)
    assert "zeros" not in set(table["statistic"])
    assert np.isfinite(table["observed"]).all()


def test_over_dispersion_is_seen_with_the_same_providers():
    events = 200 + 40 * np.tile([-1.0, 1.0], 20)
    table = predictive_check(constant(events=events), random_seed=1)
    rows = table.set_index(["statistic", "providers"])["p_mid"]
    assert rows["spread", "same"] < 0.01
    assert rows["highest", "same"] < 0.01
    assert rows["lowest", "same"] > 0.99


def test_a_wrong_law_is_seen_with_new_providers():
    events = np.full(40, 200.0)
    events[0] = 395.0
    table = predictive_check(constant(sd=0.1, events=events), random_seed=1)
    rows = table.set_index(["statistic", "providers"])["p_mid"]
    assert rows["highest", "new"] < 0.01


def test_blocks_and_thinning_give_such_tables_too(monkeypatch):
    fit = constant(draws=2_000)
    monkeypatch.setattr("varmodel.estimands.prediction.predictive._CELL_DRAWS", 20_000)
    monkeypatch.setattr("varmodel.numerics.blocks.BLOCK", 1_234)
    found = predictive_statistics(fit, random_seed=1)
    assert found.sizes["table"] == 500
    spread = found["new"].sel(statistic="spread", providers="same")
    assert float(spread.mean()) == pytest.approx(0.025, rel=0.05)


def test_the_seed_decides():
    fit = random_fit(draws=10)
    one, same, other = (posterior_predictive(fit, random_seed=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("arguments", [{"random_seed": -1}, {"random_seed": 1, "prob": 1.0}])
def test_arguments_out_of_range(arguments):
    with pytest.raises(SpecError) as caught:
        predictive_check(random_fit(draws=4), **arguments)
    assert caught.value.code == "CONFIG.VALUE"


def test_unknown_providers_are_refused():
    with pytest.raises(SpecError, match="did you mean 'same'"):
        posterior_predictive(random_fit(draws=4), providers="sam", random_seed=1)
