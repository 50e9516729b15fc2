"""From a table to what is published, step by step; a sampler by hand stands in for theirs."""

import dataclasses
import html
import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from threadpoolctl import threadpool_info

from tests.fits.hand_made import make_spec, sample_by_hand
from varmodel import (
    Analysis,
    ConvergenceError,
    VarmodelWarning,
    analyse,
    simulate,
)
from varmodel.analysis import analyse as steps_of_analyse
from varmodel.errors import InputError, SpecError
from varmodel.fits import diagnose
from varmodel.inference import samplers
from varmodel.publish.wording.notes import notes_of
from varmodel.studies import judge_nil, judge_shape, make_figures, shape

TABLES = ["rates", "ranking", "savings", "totals"]


@pytest.fixture(autouse=True)
def no_sampling(monkeypatch):
    use(monkeypatch, sample_by_hand)


def use(monkeypatch, sampler, *, refit=sample_by_hand):
    """Put a function in the place of the sampler, and of that of the refit."""
    monkeypatch.setattr(samplers, "SAMPLERS", {"auto": sampler, "marginal": refit})


def stuck(request):
    """Give draws of which the first chain has another spread of effects: it fails the gate."""
    fit, _ = sample_by_hand(request)
    fit.draws["posterior"]["provider_sd"][0] += 1
    return fit, diagnose(fit)


def table_of(spec, **options):
    truth = None if spec.form.name in ("share", "published") else {"intercept": 5.0}
    return simulate(spec, providers=12, truth=truth, random_seed=1, **options).table


def analysed(form="share", *, random_seed=1, draws=600, provisional=False, **fields):
    spec = make_spec(form, **fields)
    options = {"random_seed": random_seed, "draws": draws, "provisional": provisional}
    return analyse(spec, table_of(spec), **options)


@pytest.mark.parametrize("form", ["share", "measurements"])
def test_every_step_is_that_of_its_own_verb(form):
    found = analysed(form, case_mix=("age",))
    figures = make_figures(found.fit, random_seed=1)
    assert found.rates.identical(figures.rates)
    assert found.ranks.identical(figures.ranks)
    assert found.savings.identical(figures.savings)
    assert found.rankability.identical(figures.rankability)
    assert found.nil == judge_nil(found.fit, total=found.savings["total"], random_seed=1)
    judged = judge_shape(found.fit, total=found.savings["total"], random_seed=1)
    assert (found.shape.p_value, found.shape.passed) == (judged.p_value, judged.passed)
    assert found.shape.total.identical(judged.total)
    assert found.diagnosis.passed
    assert found.diagnosis.table["quantity"][0] == "saving"
    assert len(found.diagnosis.table) == 2 + 2 * 12
    assert found.spec is found.fit.spec


def test_the_tables_and_the_headline():
    found = analysed()
    tables = found.tables()
    assert list(tables) == TABLES
    assert all(isinstance(table, pd.DataFrame) for table in tables.values())
    assert len(tables["rates"]) == len(tables["ranking"]) == 12
    assert not found.nil.distinguishable
    row = tables["totals"].set_index("quantity").loc["saving"]
    assert (row["upper"], row["ci_kind"]) == (found.nil.upper, "upper")
    assert str(found) == repr(found)
    assert str(found).startswith("Hand made\n12 providers")
    page = found._repr_html_()
    assert page.startswith("<pre")
    assert html.unescape(page.partition(">")[2].removesuffix("</pre>")) == repr(found)


def test_the_same_seed_gives_the_same_numbers():
    one, again, other = (analysed(random_seed=seed).tables() for seed in (1, 1, 2))
    assert all(one[name].equals(again[name]) for name in TABLES)
    assert not one["totals"].equals(other["totals"])


def test_a_doubted_shape_and_a_failed_refit_are_told(monkeypatch):
    monkeypatch.setattr(shape, "DOUBTED", 2.0)
    use(monkeypatch, sample_by_hand, refit=stuck)
    found = analysed()
    assert not found.shape.passed
    assert not found.fit.provisional
    assert "the draws failed the gate" in found.shape.reason
    totals = found.tables()["totals"].set_index("quantity")
    assert list(totals.index[totals["provisional"]]) == ["saving", "saving_flexible"]
    assert np.isnan(totals.loc["saving_flexible", "mean"])
    assert "The shape of the effects is doubted" in str(found)
    assert "no figure, for the draws failed the gate" in str(found)


def test_neither_direction_has_no_ranks_and_no_savings():
    found = analysed(better="neither")
    assert found.ranks is None
    assert found.savings is None
    assert found.shape.total is None
    assert 0 < found.shape.p_value <= 1
    assert list(found.tables()) == ["rates", "totals"]
    assert math.isnan(found.nil.upper)
    assert "neither is better" in str(found)


@pytest.mark.parametrize("missing", ["benchmark", "unit_cost"])
def test_without_benchmark_or_price_there_are_no_savings(missing):
    found = analysed(**{missing: None})
    assert found.savings is None
    assert list(found.tables()) == ["rates", "ranking", "totals"]


def test_published_values_have_no_savings():
    spec = make_spec("published")
    values = {"trust": list("ABCDEF"), "rate": [1.0, 2, 3, 4, 5, 6], "se": [0.5] * 6}
    found = analyse(spec, pd.DataFrame(values), random_seed=1, draws=600)
    assert found.savings is None
    assert "savings" not in found.tables()


def test_published_values_without_what_matters_are_refused_before_anything_is_read():
    with pytest.raises(SpecError, match="smallest_relevant") as caught:
        analyse(make_spec("published", nil={}), "no such file", random_seed=1)
    assert caught.value.code == "CONFIG.KEY"


def varied():
    truth = {"intercept": -1.0, "provider_sd": 0.4}
    return simulate(make_spec(), providers=12, truth=truth, random_seed=1).table


def overruled(request):
    """Give draws whose prior has held provider_sd near 0."""
    fit, diagnosis = sample_by_hand(request)
    posterior = fit.draws["posterior"]
    posterior["provider_sd"] *= 1e-4
    posterior["provider_effect"] *= 1e-4
    return fit, diagnosis


def test_a_prior_that_overrules_the_data_stamps_everything_and_says_why(monkeypatch):
    use(monkeypatch, overruled)
    narrow = {"provider_sd": {"dist": "half_normal", "sigma": 1e-4}}
    found = analyse(make_spec(priors=narrow), varied(), random_seed=1, draws=600)  # not refused
    reason = found.diagnosis.reasons[-1]
    assert reason.startswith("the prior of provider_sd and the data disagree")
    assert not found.diagnosis.passed
    assert found.fit.provisional_reason == reason
    assert repr(found).startswith("PROVISIONAL: the prior of provider_sd and the data disagree")
    stamp, *_, gate = notes_of(found, "rates")
    assert stamp == f"PROVISIONAL: {reason}; do not publish."
    assert gate.endswith("passed.")  # the draws are good
    assert all(table["provisional"].all() for table in found.tables().values())
    assert found.savings.attrs["provisional"] == 1


def test_where_prior_and_gate_both_fail_both_are_said(monkeypatch):
    use(monkeypatch, overruled)
    narrow = {"provider_sd": {"dist": "half_normal", "sigma": 1e-4}}
    asked = {"random_seed": 1, "draws": 50, "provisional": True}
    found = analyse(make_spec(priors=narrow), varied(), **asked)
    assert found.fit.provisional_reason.startswith("the draws failed the gate; the prior of")
    assert len(found.diagnosis.reasons) > 1
    assert notes_of(found, "rates")[-1] == "Gate: failed."


def test_who_owes_its_uncertainty_to_the_covariates_is_named(monkeypatch):
    spec = make_spec(case_mix=("kind",))
    table = varied().assign(kind=["b"] + ["a"] * 11)
    with pytest.warns(VarmodelWarning) as caught:
        analyse(spec, table, random_seed=1, draws=600)
    said = [str(warning.message) for warning in caught]
    assert [warning.message.code for warning in caught] == ["DESIGN.SATURATED"] * 2
    assert "P001 alone has kind b" in said[0]
    assert "at P001: its effect and its case mix" in said[1]
    assert [warning.filename for warning in caught] == [__file__] * 2


def departing(request):
    """Give draws of a model with a transient, whose share that lasts is anybody's guess."""
    fit, _ = sample_by_hand(request)
    posterior, rng = fit.draws["posterior"], np.random.default_rng(5)
    shape = posterior["provider_effect"].shape
    draws, periods = ("chain", "draw"), fit.frame["period"].to_numpy()
    share = rng.uniform(0.2, 0.8, shape[:2])
    posterior["provider_sd"][:] = 0.3 * np.sqrt(share)
    extra = {
        "transient_sd": (draws, 0.3 * np.sqrt(1 - share)),
        "transient_rho": (draws, rng.uniform(0.2, 0.8, shape[:2])),
        "transient_effect": (
            (*draws, "provider", "period"),
            rng.normal(0, 0.1, (*shape, len(periods))),
        ),
    }
    whole = posterior.to_dataset().assign(extra).assign_coords(period=periods)
    fit.draws["posterior"] = xr.DataTree(whole)
    fit.draws.attrs["transient"] = "ar1"
    return fit, diagnose(fit)


def test_where_lasting_is_not_told_from_passing_the_coming_period_is_published(monkeypatch):
    use(monkeypatch, departing, refit=departing)
    spec = make_spec(period="quarter")
    with pytest.warns(VarmodelWarning, match="in 3 periods") as caught:
        found = analyse(spec, table_of(spec, periods=3), random_seed=1, draws=600)
    split = next(one for one in caught if one.message.code == "DESIGN.SPLIT")
    assert split.filename == __file__
    for figure in (found.rates, found.ranks, found.savings, found.shape.total):
        assert figure.attrs["part"] == "next"
    assert set(found.tables()) == {"rates", "ranking", "savings", "totals"}


def test_draws_that_fail_are_refused(monkeypatch):
    use(monkeypatch, stuck)
    with pytest.raises(ConvergenceError, match="the draws failed the gate"):
        analysed()


def test_figures_that_fail_are_refused():
    with pytest.raises(ConvergenceError, match="the draws failed the gate"):
        analysed(draws=50)


def passing(request):
    """Say that the draws pass, however few they are."""
    fit, diagnosis = sample_by_hand(request)
    return fit, dataclasses.replace(diagnosis, passed=True, reasons=())


def test_the_figures_have_a_gate_of_their_own(monkeypatch):
    use(monkeypatch, passing)
    with pytest.raises(ConvergenceError, match="the figures failed the gate") as caught:
        analysed(draws=100)
    assert {"saving", "rankability"} <= set(caught.value.table["quantity"])


@pytest.mark.parametrize("sampler", [stuck, passing])
def test_a_provisional_analysis_is_stamped_everywhere(monkeypatch, sampler):
    use(monkeypatch, sampler)
    found = analysed(draws=50, provisional=True)
    assert found.fit.provisional
    for figure in (found.rates, found.ranks, found.savings, found.rankability):
        assert figure.attrs["provisional"] == 1
    for table in found.tables().values():
        assert table["provisional"].all()
    assert str(found).startswith("PROVISIONAL: the draws failed the gate")


def test_provisional_does_not_stamp_what_passes():
    found = analysed(provisional=True)
    assert not found.fit.provisional
    assert all("provisional" not in table for table in found.tables().values())


def test_an_analysis_does_not_change():
    found = analysed()
    assert isinstance(found, Analysis)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.rates = None


def test_refusals_of_the_steps_come_through():
    spec = make_spec()
    with pytest.raises(InputError):
        analyse(spec, pd.DataFrame({"trust": ["A"]}), random_seed=1)
    with pytest.raises(SpecError, match="random_seed"):
        analyse(spec, table_of(spec), random_seed=-1)
    with pytest.raises(TypeError):
        analyse(spec, table_of(spec))


def test_a_seed_of_numpy_is_a_seed():
    one, other = (analysed(random_seed=seed).tables()["totals"] for seed in (3, np.int64(3)))
    assert one.equals(other)


def test_a_model_is_given_by_its_name_or_file_as_by_itself(tmp_path):
    spec = make_spec()
    table = table_of(spec)
    (tmp_path / "model.toml").write_text(spec.to_toml())
    table.to_csv(tmp_path / "table.csv", index=False)
    found = analyse(str(tmp_path / "model.toml"), tmp_path / "table.csv", random_seed=1, draws=600)
    assert found.spec == spec
    assert repr(found) == repr(analysed())
    with pytest.raises(SpecError, match=r"did you mean 'surgical_mortality'"):
        analyse("surgical_mortalty", table, random_seed=1)
    with pytest.raises(SpecError, match=r"not by int"):
        analyse(5, table, random_seed=1)


@pytest.mark.parametrize(
    ("fields", "told"),
    [({}, "of 12 providers"), ({"peers": {"columns": ["log_volume"], "count": 5}}, "of 5 peers")],
)
def test_more_of_the_best_than_there_are_is_refused_before_anything_is_fitted(
    monkeypatch, fields, told
):
    use(monkeypatch, lambda _: pytest.fail("it was fitted"))
    with pytest.raises(SpecError, match=f"best_m asks for 13 {told}"):
        analysed(benchmark={"kind": "best_m", "value": 13}, **fields)


def test_linear_algebra_stays_on_one_thread_and_is_given_back(monkeypatch):
    """Its bits depend on the number of threads, and waking them costs more than they take."""

    def pools():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    def stop(*_, **__):
        raise InterruptedError(pools())

    before = pools()
    monkeypatch.setattr(steps_of_analyse, "prepare", stop)
    with pytest.raises(InterruptedError) as seen:
        analyse(make_spec(), pd.DataFrame(), random_seed=1)
    assert set(seen.value.args[0]) == {1}
    assert pools() == before
