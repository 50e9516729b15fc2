"""The marginal sampler's door: a fit like any other, whose draws do not depend on the machine."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.inference.marginal.hand_made import ALL_TOYS, request_of
from tests.toys import TOYS
from varmodel import adjusted_rates, diagnose, fit, load_fit, prepare, rank, save_fit
from varmodel.inference.marginal.entry import sample_marginal
from varmodel.inference.marginal.hyperparameters import pilot
from varmodel.studies import make_figures

QUICK = {"sampler": "marginal", "random_seed": 3, "draws": 500, "progressbar": False}


def digest(fitted):
    """Digest of all draws."""
    posterior = fitted.posterior
    parts = [posterior[name].to_numpy().tobytes() for name in sorted(posterior.data_vars)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def fit_toy(name, *, table=None, **changes):
    toy = ALL_TOYS[name]()
    frame = prepare(toy.spec, toy.table if table is None else table)
    return fit(toy.spec, frame, **{**QUICK, **changes})


@pytest.mark.parametrize("name", ALL_TOYS)
def test_a_fit_has_the_shape_of_any_other(name):
    found, diagnosis = sample_marginal(request_of(name))
    assert diagnosis.passed, diagnosis.reasons
    posterior = found.posterior
    assert posterior["provider_effect"].dims == ("chain", "draw", "provider")
    assert posterior["coefficients"].dims == ("chain", "draw", "term")
    assert ("residual_sd" in posterior) is ("measurements" in name)
    assert posterior.sizes["draw"] == 500
    assert posterior["provider"].equals(found.frame["provider"])
    assert posterior.coords["ancestor_weight"].dims == ("chain", "draw")
    assert found.draws.attrs["sampler"] == "marginal"
    assert found.draws.attrs["independent_draws"] == 1
    stats = found.draws["sample_stats"]
    assert stats["log_weight"].dims == ("chain", "draw")
    assert {"pareto_k", "importance_ess", "evaluations", "nodes"} <= set(stats)


@pytest.mark.parametrize(
    ("toy", "effect", "names", "dims"),
    [
        ("measurements", "normal", (), ()),
        ("surgical", "student_t", ("effect_nu",), ("chain", "draw")),
        ("expected", "mixture", ("effect_weight", "effect_distance"), ("chain", "draw")),
        (
            "positive_measurements",
            "flexible",
            ("effect_shape",),
            ("chain", "draw", "effect_term"),
        ),
    ],
)
def test_a_law_names_its_parameters(toy, effect, names, dims):
    found, _ = sample_marginal(request_of(toy, effect=effect, draws=250, chains=2))
    posterior = found.posterior
    assert {name for name in posterior if name.startswith("effect_")} == set(names)
    assert all(posterior[name].dims == dims for name in names)
    assert all(np.isfinite(posterior[name]).all() for name in posterior)
    if effect == "student_t":
        assert (posterior["effect_nu"] > 2).all()
    if effect == "mixture":
        assert ((posterior["effect_weight"] > 0) & (posterior["effect_weight"] < 1)).all()
        assert (posterior["effect_distance"] > 0).all()
    assert found.spec.effect == effect
    assert ("residual_sd" in posterior) is ("measurements" in toy)
    assert (posterior["provider_sd"] > 0).all()


@pytest.mark.parametrize("name", TOYS)
def test_every_estimand_takes_it(name, tmp_path):
    found = fit_toy(name)
    rates = adjusted_rates(found)
    assert rates.attrs["independent_draws"] == 1
    assert np.isfinite(rates).all()
    assert "rank" in rank(rates, better="lower")
    figures = make_figures(found, random_seed=1)
    assert (figures.savings is not None) is (name not in ("published", "surgical"))
    save_fit(found, tmp_path / "fit")
    again = load_fit(tmp_path / "fit")
    assert digest(again) == digest(found)
    assert diagnose(again).passed


def test_it_has_no_rhat():
    table = diagnose(fit_toy("share")).table
    assert table["rhat"].isna().all()
    assert (table["ess_bulk"] == table["ess_tail"]).all()
    assert (table["ess_bulk"] > 1_500).all()


def test_one_chain_is_enough():
    assert not fit_toy("surgical", chains=1, draws=1_000).provisional


def test_the_order_of_rows_does_not_matter():
    table = TOYS["share"]().table
    shuffled = table.sample(frac=1, random_state=1)
    assert digest(fit_toy("share", table=shuffled)) == digest(fit_toy("share"))


ELSEWHERE = """
from tests.inference.marginal.test_entry import digest, fit_toy
print(digest(fit_toy("share")), digest(fit_toy("measurements")))
"""


def test_another_process_gives_the_same_bits():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    environment |= {"VARMODEL_THREADS": "1"}
    found = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == [digest(fit_toy("share")), digest(fit_toy("measurements"))]


def test_a_refit_of_another_shape_begins_where_normal_effects_were_found(monkeypatch):
    """To the same bytes as a refit that looks for them itself; of the same table alone."""
    toy, seen, search = ALL_TOYS["share"](), [], pilot._search_plainly
    monkeypatch.setattr(pilot, "_search_plainly", lambda one: seen.append(1) or search(one))
    shaped = toy.spec.replace(effect="flexible")
    frame, same = prepare(toy.spec, toy.table), prepare(toy.spec, toy.table)
    fit(toy.spec, frame, **QUICK)
    again = fit(shaped, frame, **QUICK)
    assert len(seen) == 1
    assert digest(again) == digest(fit(shaped, same, **QUICK))
    assert len(seen) == 2
    fit(toy.spec.replace(priors={"provider_sd": {"dist": "exponential", "lam": 9}}), frame, **QUICK)
    assert len(seen) == 3
