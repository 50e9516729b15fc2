"""The verb fit: what it refuses before anything is compiled."""

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from tests.frame.hand_made import make_model
from varmodel.errors import ConvergenceError, SpecError
from varmodel.fits import Fit, diagnose
from varmodel.fits.diagnostics import Diagnosis
from varmodel.inference import fit, samplers
from varmodel.spec import Factor, Interaction, Spline


@pytest.fixture(scope="module")
def model():
    return whole_fit()


@pytest.fixture
def asked(monkeypatch, model):
    """Put a sampler in the table that samples nothing and keeps what it was asked for."""
    requests = []

    def sample(request):
        requests.append(request)
        return Fit(request.spec, request.frame, model.draws.copy()), diagnose(model)

    monkeypatch.setattr(samplers, "SAMPLERS", {"auto": sample, "nuts": sample})
    return requests


def refusal(model, **arguments):
    with pytest.raises(SpecError) as caught:
        fit(model.spec, model.frame, **{"random_seed": 1, **arguments})
    assert caught.value.code == "CONFIG.VALUE"
    return str(caught.value)


@pytest.mark.parametrize("seed", [-1, True, 1.0, "1", None, np.float64(1), 2**63, np.array([1])])
def test_a_seed_is_a_whole_number(model, asked, seed):
    assert "random_seed must be a whole number from 0" in refusal(model, random_seed=seed)
    assert asked == []


def test_a_seed_is_asked_for(model):
    with pytest.raises(TypeError, match="random_seed"):
        fit(model.spec, model.frame)


@pytest.mark.parametrize("seed", [0, 5, np.int64(5), np.uint8(5), 2**63 - 1])
def test_whole_numbers_of_any_kind_are_taken(model, asked, seed):
    fit(model.spec, model.frame, random_seed=seed, draws=np.int32(500))
    (request,) = asked
    assert request.random_seed == seed
    assert type(request.random_seed) is int
    assert (request.draws, request.tune, request.chains) == (500, 1000, 4)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"draws": 99}, "99 draws in 4 chains are 396: an ESS of 400 needs as many or more"),
        ({"chains": 3, "sampler": "nuts"}, "3 chains, at least 4 are needed"),
    ],
)
def test_what_cannot_pass_the_gate_is_refused_before_anything_is_drawn(
    model, asked, arguments, reason
):
    with pytest.raises(ConvergenceError, match=reason):
        fit(model.spec, model.frame, random_seed=1, **arguments)
    assert asked == []
    fit(model.spec, model.frame, random_seed=1, **arguments, provisional=True)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "arguments", [{"draws": 3}, {"tune": -1}, {"chains": 0}, {"chains": 4.0}, {"draws": True}]
)
def test_other_numbers_are_checked_too(model, asked, arguments):
    (name,) = arguments
    assert f"{name} must be a whole number" in refusal(model, **arguments)


def test_all_problems_come_at_once(model):
    with pytest.raises(SpecError) as caught:
        fit(make_model("expected"), model.frame, random_seed=-1, draws=0, chains=0)
    assert len(caught.value.problems) == 4


def test_the_frame_must_hold_the_terms_of_the_model(asked):
    terms = ("sex", Spline("age", 3), Interaction(["age", "sex"]))
    model = whole_fit(case_mix=(Factor("sex"), *terms[1:]))
    fit(model.spec, model.frame, random_seed=1)
    assert len(asked) == 1
    for changed, said in {
        (Factor("sex"), Spline("age", 4), terms[2]): "age (spline 3)",
        (Factor("sex"), "age", terms[2]): "age (spline 3)",
        (Factor("sex"), terms[1]): "age:sex",
    }.items():
        with pytest.raises(SpecError) as caught:
            fit(model.spec.replace(case_mix=changed), model.frame, random_seed=1)
        assert caught.value.code == "CONFIG.VALUE"
        assert said in str(caught.value)
    assert len(asked) == 1


def test_an_unknown_sampler_is_refused(model):
    assert "unknown sampler 'marginl'" in refusal(model, sampler="marginl")


def test_arguments_go_by_name(model):
    with pytest.raises(TypeError):
        fit(model.spec, model.frame, 1)


def test_good_draws_are_not_stamped(model, asked):
    found = fit(model.spec, model.frame, random_seed=1, provisional=True)
    assert found.draws.attrs["provisional"] == 0


def test_bad_draws_are_stamped(model, monkeypatch):
    table = diagnose(model).table
    bad = Diagnosis(table, passed=False, reasons=("it failed",))
    monkeypatch.setattr(samplers, "SAMPLERS", {"auto": lambda _: (whole_fit(), bad)})
    assert fit(model.spec, model.frame, random_seed=1, provisional=True).provisional
