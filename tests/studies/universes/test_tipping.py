"""Tipping points: at the shift that is found, the place has probability .5."""

import json

import numpy as np
import pytest

from tests.estimands.hand_made import make_fit, make_frame, make_spec, random_fit
from tests.toys import TOYS
from varmodel.errors import SpecError
from varmodel.estimands.ranks.ranking import mid_ranks, outer_places
from varmodel.frame import prepare
from varmodel.studies import tipping_points
from varmodel.studies.universes.tipping import _columns_of_terms


def prob_of(effect, place, *, better):
    """Count the draws in which each provider is in a place."""
    ranks = mid_ranks(effect, sign=1 if better == "higher" else -1)
    count, outer = ranks.shape[1], outer_places(ranks.shape[1])
    inside = {
        "top quarter": ranks <= outer,
        "bottom quarter": ranks > count - outer,
        "middle": (ranks > outer) & (ranks <= count - outer),
    }
    return inside[place].mean(axis=0)


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_at_the_shift_the_place_is_lost(better):
    rng = np.random.default_rng(4)
    fit = random_fit(providers=13, draws=400, better=better)
    level = np.linspace(-1, 1, 13)
    effect = level + rng.normal(0, 0.25, (2, 400, 13))
    fit.draws["posterior"]["provider_effect"].to_numpy()[:] = effect
    found = tipping_points(fit, better=better)
    flat = effect.reshape(-1, 13)
    places = found["place"].to_numpy()
    assert {"top quarter", "middle", "bottom quarter"} <= set(places)
    for provider, place in enumerate(places):
        shift = float(found["shift"][provider])
        assert np.isnan(shift) == (place == "")
        if not place:
            continue
        for factor, held in ((0.97, True), (1.03, False)):
            moved = flat.copy()
            moved[:, provider] += factor * shift
            prob = prob_of(moved, place, better=better)[provider]
            assert (prob >= 0.5) == held
        if place != "middle":  # the best must fall, the worst must rise
            good = 1 if better == "higher" else -1
            assert np.sign(shift) == (-good if place == "top quarter" else good)


def test_a_multiple_is_of_the_spread_that_a_term_makes():
    spec = make_spec(case_mix=("x0",))
    frame = make_frame(
        spec,
        provider=[0, 0, 1, 2, 3],
        pattern=[0, 1, 0, 1, 1],
        design=[[-1.0], [1.0]],
        events=[1, 1, 1, 1, 1],
        trials=[30, 10, 10, 10, 10],
    )
    frame.attrs["terms"] = json.dumps([{"column": "x0", "kind": "numeric", "levels": []}])
    effect = np.tile([0.4, 0.1, -0.1, -0.4], (2, 3, 1))
    fit = make_fit(
        spec,
        frame,
        intercept=np.zeros((2, 3)),
        coefficients=np.full((2, 3, 1), 0.5),
        provider_sd=np.ones((2, 3)),
        provider_effect=effect,
    )
    found = tipping_points(fit, better="higher")
    sd = np.std([-0.25, -0.5, 0.5, 0.5], ddof=1)
    assert float(found["term_sd"][0]) == pytest.approx(sd)
    assert found["shift"].to_numpy() == pytest.approx([-0.3, 0.3, -0.3, 0.3], abs=1e-6)
    assert found["multiple"].to_numpy()[:, 0] == pytest.approx(0.3 / sd, abs=1e-6)


def test_the_columns_of_every_kind_of_term():
    toy = TOYS["share"]()
    terms = ({"column": "years", "spline": 3}, "age", {"interaction": ["age", "sex"]})
    spec = toy.spec.replace(period="quarter", case_mix=terms)
    quarter = np.where(np.arange(len(toy.table)) % 2, "2006Q1", "2006Q2")
    frame = prepare(spec, toy.table.assign(quarter=quarter, years=np.arange(len(toy.table)) ** 1.5))
    names = frame["term"].to_numpy()
    found = {name: names[columns].tolist() for name, columns in _columns_of_terms(frame)}
    assert found == {
        "years": [f"years[spline {k}]" for k in (1, 2, 3)],
        "age": ["age"],
        "age:sex": ["age:sex[M]"],
        "sex": ["sex[M]"],
    }


def test_without_terms_there_are_shifts_and_no_multiples():
    fit = random_fit(providers=9, draws=50)
    fit.draws["posterior"]["provider_effect"].to_numpy()[:] += np.linspace(-1, 1, 9)
    found = tipping_points(fit, better="higher")
    assert found.sizes["term"] == 0
    assert np.isfinite(found["shift"]).any()


def test_a_direction_is_needed():
    with pytest.raises(SpecError, match="better"):
        tipping_points(random_fit(), better="neither")
