"""Predictions: the fit's own predictor, closed forms for others, refusals."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from tests.fits.hand_made import TRUTH, whole_fit
from varmodel.errors import InputError, SpecError, VarmodelWarning
from varmodel.estimands import predict, summarise
from varmodel.families import EFFECTS
from varmodel.fits import Fit
from varmodel.frame import simulate

PERIODS = {"rows": "records", "period": "quarter"}
LAWS = {"mixture": "share", "student_t": "expected", "flexible": "measurements"}


def table_of(fit, form):
    made = simulate(fit.spec, providers=12, mean_denominator=100, truth=TRUTH[form], random_seed=1)
    return made.table


def fixed(form="measurements", *, intercept=5.0, sd=0.7, noise=2.0, shape=(4, 2_000)):
    """Give a fit whose parameters are the same in every draw."""
    fit = whole_fit(form, shape=shape)
    draws = fit.draws.copy(deep=True)
    group = draws["posterior"]
    for name, value in {"intercept": intercept, "provider_sd": sd, "residual_sd": noise}.items():
        group[name] = group[name] * 0 + value
    return Fit(fit.spec, fit.frame, draws)


@pytest.mark.parametrize("form", TRUTH)
def test_own_rows_are_the_fits_linear_predictor(form):
    fit = whole_fit(
        form, shape=(2, 30), case_mix=("age",), demography=({"column": "imd", "factor": True},)
    )
    table = table_of(fit, form).sample(frac=1, random_state=2)
    found = predict(fit, table)
    assert found.dims == ("chain", "draw", "row")
    assert found["provider"].to_numpy().tolist() == table["trust"].tolist()
    assert not found["new_provider"].any()
    frame, posterior = fit.frame, fit.posterior
    patterns = posterior["intercept"] + posterior["coefficients"].dot(frame["design"], dim="term")
    cells = patterns.isel(pattern=frame["pattern_index"].to_numpy())
    cells = cells.rename(pattern="cell") + posterior["provider_effect"].isel(
        provider=frame["provider_index"].to_numpy()
    ).rename(provider="cell").drop_vars("cell", errors="ignore")
    noise = posterior.get("residual_sd", 1.0)
    eta = cells + (noise**2 / 2 if form == "log_measurements" else 0.0)
    rates = fit.spec.family_row.link.inverse(eta.transpose("chain", "draw", "cell").to_numpy())
    expected = {tuple(np.round(column, 10)) for column in rates.reshape(60, -1).T}
    given = {tuple(np.round(column, 10)) for column in found.to_numpy().reshape(60, -1).T}
    assert given == expected


def test_a_new_provider_is_of_the_population():
    fit = fixed()
    table = pd.DataFrame({"trust": ["New", "New", "Other"], "los": [0.0, 0.0, 0.0]})
    rate = predict(fit, table, new_providers="population", random_seed=3)
    response = predict(fit, table, kind="response", new_providers="population", random_seed=3)
    flat, noisy = (x.to_numpy().reshape(-1, 3) for x in (rate, response))
    np.testing.assert_array_equal(flat[:, 0], flat[:, 1])  # one effect a provider
    assert abs(np.corrcoef(flat[:, 0], flat[:, 2])[0, 1]) < 0.05
    for k in (0, 2):
        assert stats.kstest(flat[:, k], stats.norm(5, 0.7).cdf).pvalue > 0.01
        assert stats.kstest(noisy[:, k], stats.norm(5, np.hypot(0.7, 2)).cdf).pvalue > 0.01
    assert np.corrcoef(noisy[:, 0], noisy[:, 1])[0, 1] == pytest.approx(
        0.49 / 4.49, abs=0.05
    )  # the effect is shared, the noise is not
    assert rate["new_provider"].all()


def test_a_provider_given_its_responses_is_the_closed_form():
    fit = fixed()
    own = fit.frame["provider"].to_numpy()[0]
    table = pd.DataFrame({"trust": ["New"] * 8 + [own], "los": [*np.linspace(6, 9, 8), 99.0]})
    found = predict(fit, table, new_providers="given_response", random_seed=3)
    precision = 0.7**-2 + 8 / 4
    mean = 5 + (8 / 4 * 2.5) / precision
    flat = found.to_numpy().reshape(-1, 9)
    assert stats.kstest(flat[:, 0], stats.norm(mean, precision**-0.5).cdf).pvalue > 0.01
    effect = fit.posterior["provider_effect"].sel(provider=own).transpose("chain", "draw")
    np.testing.assert_allclose(flat[:, 8], 5 + effect.to_numpy().reshape(-1))  # as fitted


@pytest.mark.parametrize("form", TRUTH)
def test_responses_of_every_form(form):
    fit = whole_fit(form, shape=(2, 400))
    table = table_of(fit, form)
    values = fit.spec.form.columns[0]
    sizes = table.drop(columns=fit.spec.response_columns[values])
    rate = predict(fit, sizes)
    found = predict(fit, sizes, kind="response", random_seed=5)
    again = predict(fit, sizes, kind="response", random_seed=5)
    np.testing.assert_array_equal(found, again)
    size = 1.0
    if fit.spec.form.columns[1:] and form != "published":
        size = table[fit.spec.response_columns[fit.spec.form.columns[1]]].to_numpy()
    means = rate.mean(("chain", "draw")) * size
    errors = found.std(("chain", "draw")) / np.sqrt(800)
    scores = (found.mean(("chain", "draw")) - means) / np.maximum(errors, 1e-9)
    assert float(np.abs(scores).max()) < 6
    if fit.spec.form.response == "events":
        assert np.array_equal(found, np.round(found))


@pytest.mark.parametrize(("distribution", "form"), LAWS.items())
@pytest.mark.parametrize("new_providers", ["population", "given_response"])
def test_every_law(distribution, form, new_providers):
    fit = whole_fit(form, shape=(2, 50), effect=distribution)
    table = table_of(fit, form).assign(trust=lambda t: "New " + t["trust"])
    found = predict(fit, table, new_providers=new_providers, random_seed=1)
    assert np.isfinite(found).all()
    if new_providers == "given_response":
        effects = fit.posterior["provider_effect"].mean(("chain", "draw"))
        means = found.mean(("chain", "draw")).groupby("provider").mean()
        assert np.corrcoef(effects, means)[0, 1] > 0.6
    assert distribution in EFFECTS


def test_rows_are_summarised_in_the_order_of_the_table():
    fit = whole_fit(shape=(2, 100))
    labels = fit.frame["provider"].to_numpy()[[7, 2, 7]]
    table = pd.DataFrame({"trust": labels}, index=[5, 5, 9])
    summary = summarise(predict(fit, table))
    assert summary["row"].tolist() == [0, 1, 2]
    assert summary["mean"][0] == summary["mean"][2] != summary["mean"][1]


def test_provenance_and_weights_are_carried():
    fit = whole_fit(shape=(2, 50), provisional=True)
    draws = fit.draws.copy()
    weight = np.full((2, 50), 0.01)
    group = (
        draws["posterior"].to_dataset().assign_coords(ancestor_weight=(("chain", "draw"), weight))
    )
    draws["posterior"] = xr.DataTree(group)
    table = pd.DataFrame({"trust": fit.frame["provider"].to_numpy()[:2]})
    found = predict(Fit(fit.spec, fit.frame, draws), table)
    np.testing.assert_array_equal(found["ancestor_weight"], weight)
    assert found.attrs["provisional"] == 1
    assert found.attrs["better"] == fit.spec.better
    assert found.name == "rate"


def test_a_stranger_is_refused_by_name():
    fit = whole_fit(shape=(2, 50))
    table = pd.DataFrame({"trust": ["P001", "P0012"]})
    with pytest.raises(InputError, match=r"did you mean 'P012'.*row 1") as caught:
        predict(fit, table)
    assert caught.value.code == "VALUE.RANGE"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "rates"}, "did you mean 'rate'"),
        ({"new_providers": "populations"}, "did you mean 'population'"),
        ({"kind": "response"}, "random_seed"),
        ({"kind": "response", "random_seed": -1}, "random_seed"),
        ({"kind": "response", "random_seed": True}, "random_seed"),
    ],
)
def test_arguments_out_of_range(arguments, words):
    fit = whole_fit(shape=(2, 50))
    table = pd.DataFrame({"trust": ["P001"], "cases": [9]})
    with pytest.raises(SpecError, match=words) as caught:
        predict(fit, table, **arguments)
    assert caught.value.code == "CONFIG.VALUE"


def test_a_line_that_goes_on_is_told():
    fit = whole_fit(shape=(2, 50), case_mix=("age",))
    with pytest.warns(VarmodelWarning, match="its line goes on") as caught:
        predict(fit, pd.DataFrame({"trust": ["P001", "P001"], "age": [40, 400]}))
    assert caught[0].message.problem.where.rows == (1,)
    assert caught[0].filename == __file__
