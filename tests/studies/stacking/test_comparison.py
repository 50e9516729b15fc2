"""stack: families of stays that follow a gamma distribution, told by held-out providers."""

import numpy as np
import pytest

import varmodel as vm
from tests.toys import expected, positive_measurements
from varmodel.errors import ConvergenceError, Problem, SpecError, Where
from varmodel.studies.stacking import comparison

TOY = positive_measurements()
GAMMA = TOY.spec.replace(benchmark={"kind": "mean"}, unit_cost=300)
MODELS = {
    "normal": GAMMA.replace(family="normal"),
    "gamma": GAMMA,
    "without sex": GAMMA.replace(case_mix=()),
}


@pytest.fixture(scope="module")
def found():
    return vm.studies.stack(MODELS, TOY.table, random_seed=1, folds=3, jobs=1)


def test_the_family_that_made_the_figures_is_first(found):
    table = found.table.set_index("model")
    assert table.index[-1] == "stacked"
    assert table.index[2] == found.pointwise["model"].to_numpy()[-1] == "normal"
    assert "normal" not in found.close
    assert table.loc["normal", "difference"] < -4
    assert table.loc["normal", "weight"] < 0.2
    assert table["weight"].iloc[:-1].sum() == pytest.approx(1)


def test_differences_are_sums_over_providers(found):
    best, worst = found.pointwise.isel(model=0), found.pointwise.isel(model=2)
    row = found.table.iloc[2]
    gap = (worst - best).to_numpy()
    assert row["difference"] == pytest.approx(gap.sum())
    assert row["difference_se"] == pytest.approx(np.sqrt(len(gap)) * gap.std(ddof=1))
    assert found.table["elpd"].iloc[-1] >= found.table["elpd"].iloc[0] - 1e-6


def test_the_stacked_total_lies_among_the_totals(found):
    rows = found.table[found.table["weight"] > 0]
    mixed = rows.iloc[-1]
    mean = (rows["weight"] * rows["total"]).iloc[:-1].sum()
    assert mixed["total"] == pytest.approx(mean)
    assert rows["lower"].min() <= mixed["lower"] < mixed["upper"] <= rows["upper"].max()


def test_it_prints_in_a_line(found):
    assert repr(found).startswith("Stacking of 3 models in 3 folds: ")


def test_models_of_other_responses_providers_or_cases_are_refused():
    ratio, table = expected().spec, expected().table.assign(cases=500)
    share = ratio.replace(expected=None, denominator="cases", family="binomial")
    with pytest.raises(SpecError, match="different responses cannot be compared"):
        vm.studies.stack({"a": ratio, "b": share}, table, random_seed=1)
    without = GAMMA.replace(
        exclusions=[vm.Exclusion("trust", ("R03",), "another case mix")],
    )
    with pytest.raises(SpecError, match="different providers or cases"):
        vm.studies.stack({"a": GAMMA, "b": without}, TOY.table, random_seed=1)


@pytest.mark.parametrize("options", [{"folds": 1}, {"folds": 16}, {"folds": 2.5}])
def test_folds_are_no_more_than_providers(options):
    with pytest.raises(SpecError, match="from 2 to 15"):
        vm.studies.stack(MODELS, TOY.table, random_seed=1, **options)


def test_one_model_is_compared_with_nothing():
    with pytest.raises(SpecError, match="at least two ModelSpec"):
        vm.studies.stack({"a": GAMMA}, TOY.table, random_seed=1)
    with pytest.raises(SpecError, match="must be a ModelSpec"):
        vm.studies.stack({"a": GAMMA, "stacked": GAMMA}, TOY.table, random_seed=1)


def test_a_model_that_cannot_be_fitted_is_a_row_with_its_code(monkeypatch):
    def some(tasks, **options):
        for spec, frame in tasks:
            refused = ConvergenceError([Problem("FIT.CONVERGENCE", "no", Where())])
            yield refused if spec.family == "normal" else fit_frames([(spec, frame)], options)

    def fit_frames(task, options):
        return next(iter(real(task, **options)))

    real = comparison.fit_frames
    monkeypatch.setattr(comparison, "fit_frames", some)
    found = vm.studies.stack(MODELS, TOY.table, random_seed=1, folds=2, jobs=1)
    row = found.table.set_index("model").loc["normal"]
    assert (row["code"], row["weight"]) == ("FIT.CONVERGENCE", 0)
    assert "normal" not in found.close
