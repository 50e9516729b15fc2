"""Universes: what is cash, whose draws they share."""

import numpy as np
import pytest

from varmodel.errors import SpecError
from varmodel.estimands.money import released
from varmodel.studies.figures import annual_savings
from varmodel.studies.universes.product import read_dimensions
from varmodel.studies.universes.universe import Universe


def test_a_gross_universe_is_its_model(surgical_fit):
    spec = surgical_fit.spec.replace(unit_cost=100)
    savings = annual_savings(_priced(surgical_fit), random_seed=1)
    assert Universe(spec).digest == spec.digest
    assert Universe(spec).cash(savings, random_seed=1) is savings


def test_cash_is_what_is_released(surgical_fit):
    fit = _priced(surgical_fit)
    savings = annual_savings(fit, random_seed=1)
    universe = Universe(fit.spec, (0.2, 0.4, 0.7), 0.5)
    found = universe.cash(savings, random_seed=1)
    wanted = released(savings, releasable=(0.2, 0.4, 0.7), closure=0.5, random_seed=1)
    np.testing.assert_array_equal(found["total"], wanted["total"])
    np.testing.assert_array_equal(found["named"], savings["named"])
    assert universe.digest != fit.spec.digest


def test_peers_fix_no_draw(surgical_fit):
    one = Universe(surgical_fit.spec)
    other = Universe(surgical_fit.spec.replace(peers={"columns": ["beds"], "count": 3}))
    third = Universe(surgical_fit.spec.replace(transient="none", effect="student_t"))
    assert one.draws_digest == other.draws_digest != third.draws_digest
    assert one.digest != other.digest


@pytest.mark.parametrize(
    "changes", [{"releasable": 1.2}, {"releasable": (0.5, 0.4, 0.7)}, {"closure": 0}]
)
def test_shares_that_are_none_are_refused(changes):
    with pytest.raises(SpecError, match=r"releasable|closure"):
        read_dimensions({"release": {"gross": {}, "part": changes}})


def _priced(fit):
    return type(fit)(fit.spec.replace(unit_cost=100), fit.frame, fit.draws)
