"""One table of samplers, and what "auto" does."""

import numpy as np
import pandas as pd
import pytest

import varmodel.inference.marginal.entry as marginal_entry
from tests.fits.hand_made import sample_by_hand
from tests.frame.hand_made import make_model
from tests.inference.marginal.hand_made import request_of
from varmodel import ConvergenceError, fit
from varmodel.errors import SpecError
from varmodel.fits import Diagnosis
from varmodel.frame import prepare
from varmodel.inference import samplers
from varmodel.inference.samplers import SAMPLERS, choose

REASONS = ("Pareto k of the weights 0.9, at most 0.7 is allowed", "largest weight 0.3")


@pytest.fixture
def asked():
    return request_of()


@pytest.fixture
def by_hand(monkeypatch):
    """Put a sampler by hand in NUTS's place; keep what it was asked for."""
    requests = []

    def sample(request):
        requests.append(request)
        return sample_by_hand(request)

    monkeypatch.setattr(samplers, "_nuts", sample)
    return requests


@pytest.fixture
def failing(monkeypatch):
    """Let the marginal sampler's gate stay shut."""
    sample = marginal_entry.sample_marginal

    def fail_gate(request):
        found, diagnosis = sample(request)
        return found, Diagnosis(diagnosis.table, passed=False, reasons=REASONS)

    monkeypatch.setattr(marginal_entry, "sample_marginal", fail_gate)


def test_the_table():
    assert list(SAMPLERS) == ["auto", "marginal", "nuts"]
    assert all(choose(name) is sampler for name, sampler in SAMPLERS.items())


@pytest.mark.parametrize("name", ["NUTS", "marginl", "", None, 3, ["nuts"]])
def test_an_unknown_sampler_is_refused(name):
    with pytest.raises(SpecError, match="allowed: auto, marginal, nuts") as caught:
        choose(name)
    assert caught.value.code == "CONFIG.VALUE"


def test_auto_takes_the_marginal_sampler(asked, by_hand):
    found = fit(asked.spec, asked.frame, random_seed=1, draws=250, progressbar=False)
    assert found.draws.attrs["sampler"] == "marginal"
    assert found.draws.attrs["independent_draws"] == 1
    assert "instead_of_marginal" not in found.draws.attrs
    assert by_hand == []


def test_auto_falls_back_to_nuts_and_says_why(asked, by_hand, failing):
    found = fit(asked.spec, asked.frame, random_seed=1, draws=600, progressbar=False)
    assert len(by_hand) == 1
    assert found.draws.attrs["sampler"] == "nuts"
    assert found.draws.attrs["independent_draws"] == 0
    assert found.draws.attrs["instead_of_marginal"] == "; ".join(REASONS)


def test_the_marginal_sampler_alone_does_not_fall_back(asked, by_hand, failing):
    options = {"sampler": "marginal", "draws": 250, "progressbar": False}
    with pytest.raises(ConvergenceError, match=r"Pareto k of the weights 0\.9") as caught:
        fit(asked.spec, asked.frame, random_seed=1, **options)
    assert caught.value.code == "FIT.CONVERGENCE"
    assert by_hand == []
    found = fit(asked.spec, asked.frame, random_seed=1, provisional=True, **options)
    assert found.provisional


def test_nuts_is_asked_for_by_name(asked, monkeypatch):
    monkeypatch.setitem(SAMPLERS, "nuts", sample_by_hand)
    options = {"sampler": "nuts", "draws": 600, "progressbar": False}
    found = fit(asked.spec, asked.frame, random_seed=1, **options)
    assert found.draws.attrs["sampler"] == "nuts"


def test_counts_beyond_what_doubles_can_tell_apart_go_to_nuts_or_are_refused_with_a_code(by_hand):
    rng = np.random.default_rng(1)
    cases = int(4e14) + 1000 * np.arange(12)
    share = np.clip(0.999 * np.exp(0.1 * rng.normal(size=12)), 0, 0.9999)
    trusts = [f"T{k}" for k in range(12)]
    table = pd.DataFrame({"trust": trusts, "deaths": (cases * share).astype(int), "cases": cases})
    spec = make_model()
    frame, options = prepare(spec, table), {"random_seed": 1, "draws": 600, "progressbar": False}
    with pytest.raises(ConvergenceError, match=r"a provider has 4e\+14 cases") as caught:
        fit(spec, frame, sampler="marginal", **options)
    assert caught.value.code == "FIT.CONVERGENCE"
    assert by_hand == []
    found = fit(spec, frame, **options)
    assert found.draws.attrs["sampler"] == "nuts"
    assert "a provider has 4e+14 cases" in found.draws.attrs["instead_of_marginal"]
