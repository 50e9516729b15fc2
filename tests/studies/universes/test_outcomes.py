"""The figures of one universe."""

import math

import pytest

from tests.fits.hand_made import whole_fit
from varmodel.spec import UnitCost
from varmodel.studies.figures import annual_savings
from varmodel.studies.nil import NilVerdict
from varmodel.studies.universes import outcomes
from varmodel.studies.universes.outcomes import (
    Outcome,
    measure,
    part_of,
    read_shared_figures,
    verdict_by_rule,
    verdict_word,
)


@pytest.fixture
def fit(monkeypatch):
    monkeypatch.setattr(outcomes, "require", lambda *_, **__: None)  # of 60 draws
    return whole_fit("share", shape=(2, 60), unit_cost=UnitCost(1, 2, 4))


def measured(fit, part="persistent"):
    savings = annual_savings(fit, random_seed=1, part=part_of(fit, part))
    shared = read_shared_figures(fit, part=part)
    return measure(fit, shared, savings=savings, verdict=verdict_by_rule(fit, p_value=0.001))


def test_moments_of_gap_and_price_make_the_total(fit):
    found = measured(fit)
    savings = annual_savings(fit, random_seed=1)
    assert found.total == pytest.approx(float(savings["total"].mean()))
    assert found.price_sd == pytest.approx(float(savings["price"].std()))
    assert found.gap_mean == pytest.approx(float((savings["total"] / savings["price"]).mean()))
    assert len(found.by_provider["named"]) == fit.frame.sizes["provider"]


def test_a_price_of_nothing_saves_nothing(fit):
    free = whole_fit("share", shape=(2, 60), unit_cost=0)
    found = measured(free)
    assert (found.total, found.gap_mean, found.price_sd) == (0, 0, 0)


def test_without_a_price_there_are_ranks_and_no_total(fit):
    found = measured(whole_fit("share", shape=(2, 60), unit_cost=None))
    assert math.isnan(found.total)
    assert "named" not in found.by_provider
    assert found.verdict


def test_what_is_written_comes_back(fit):
    found = measured(fit)
    assert Outcome.from_json(found.to_json()) == found
    assert list(Outcome.from_json(found.to_json()).by_provider) == list(found.by_provider)


@pytest.mark.parametrize(
    ("p_value", "relevant", "word"),
    [(0.001, True, "distinguishable"), (0.001, False, "detectable"), (0.3, False, "chance")],
)
def test_verdicts_in_a_word(p_value, relevant, word):
    verdict = NilVerdict(distinguishable=relevant, p_value=p_value, prob_relevant=0.5, upper=1.0)
    assert verdict_word(verdict) == word


def test_without_a_transient_the_coming_period_is_what_lasts(fit):
    fields = {"period": "quarter", "transient": "ar1", "unit_cost": 1.0}
    panel = whole_fit("share", shape=(2, 60), periods=3, **fields)
    coming, lasting = (measured(panel, part=part) for part in ("next", "persistent"))
    assert coming.total != lasting.total
    assert measured(fit, part="next") == measured(fit)
