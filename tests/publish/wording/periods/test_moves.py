"""What lasts in plain words, and who really moved."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.publish.plots.pictures import analysis
from varmodel import change
from varmodel.publish.wording.periods.moves import Moves, moves_of, moves_words, persistence_words

PANEL = {"periods": 4, "period": "quarter", "transient": "ar1"}


def moves(prob):
    labels = [f"P{k}" for k in range(len(prob))]
    found = xr.Dataset(
        {
            "relative": (("chain", "draw", "provider"), np.ones((1, 1, len(prob)))),
            "prob_improved_relative": ("provider", np.array(prob)),
        },
        {"provider": labels},
    )
    return Moves("2006Q1", "2006Q4", found)


def test_a_move_is_real_outside_the_bounds_alone():
    found = moves([0.976, 0.975, 0.5, 0.025, 0.024, 0.999])
    assert found.improved == ["P5", "P0"]
    assert found.worsened == ["P4"]
    said = moves_words(found, 6)
    assert "2 of 6 providers improved against the others and 1 fell behind" in said
    assert "probability above .975" in said
    assert "no provider is shown to have moved" in moves_words(moves([0.5, 0.9]), 2)


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_they_are_of_the_first_and_the_last_period(better):
    x = analysis(**PANEL, better=better)
    found = moves_of(x)
    known = change(x.fit, earlier="2006Q1", later="2006Q4")["prob_improved_relative"]
    improved = known["provider"].to_numpy()[known.to_numpy() > 0.975]
    assert sorted(found.improved) == sorted(improved)


def test_without_time_or_a_direction_nobody_moves():
    assert moves_of(analysis()) is None
    assert moves_of(analysis(**PANEL, better="neither")) is None


@pytest.mark.parametrize(
    ("lasting", "said"),
    [(0.6, "Most of the differences last."), (0.1, "Most of the differences pass.")],
)
def test_how_much_lasts_in_plain_words(lasting, said):
    x = analysis(**PANEL)
    fit = type(x.fit)(x.fit.spec, x.fit.frame, x.fit.draws.copy(deep=True))
    fit.draws["posterior"]["provider_sd"][:] = lasting
    fit.draws["posterior"]["transient_sd"][:] = 0.2
    words = persistence_words(replace(x, fit=fit))
    share = 100 * lasting**2 / (lasting**2 + 0.04)
    assert words[0].startswith(
        f"{said} Of the differences between providers in a quarter, {share:.0f} %"
    )
    assert "keep their order in the next quarter with probability" in words[1]
