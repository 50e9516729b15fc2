"""What is known of an order: read off the fit, and sets of as many draws as they need."""

import numpy as np
import pytest
import xarray as xr

import varmodel as vm
from tests.fits.hand_made import fit_of, whole_fit
from varmodel.errors import fail
from varmodel.fits import Fit
from varmodel.inference import draw_more
from varmodel.inference.marginal import entry
from varmodel.studies import judge_order, make_figures, order
from varmodel.studies.order import make_order


def test_it_is_what_the_functions_give():
    fit = whole_fit(shape=(2, 200), providers=30)
    rates = vm.adjusted_rates(fit)
    found = make_order(fit, rates)
    xr.testing.assert_identical(found.sets, vm.ranks.sets(rates, better="lower"))
    xr.testing.assert_identical(found.first, vm.ranks.best(rates, better="lower"))
    graded = vm.ranks.grade(rates, better="lower", most_off_by_two=0.05)
    xr.testing.assert_identical(found.graded, graded)
    assert found.told_apart == float(vm.ranks.told_apart(rates, better="lower"))
    assert make_figures(fit, random_seed=1).order.told_apart == found.told_apart


def test_no_direction_has_no_order_and_too_many_have_no_grades(monkeypatch):
    assert make_figures(whole_fit(shape=(2, 20), better="neither"), random_seed=1).order is None
    monkeypatch.setattr(order, "MOST_GRADED", 11)
    fit = whole_fit(shape=(2, 20))
    assert make_order(fit, vm.adjusted_rates(fit)).graded is None


def test_providers_of_identical_cells_share_grade_and_set():
    fit = whole_fit(shape=(2, 50))
    frame = fit.frame
    same = frame.assign(events=0 * frame["events"] + 1, trials=0 * frame["trials"] + 9)
    alike = fit_of(fit.spec, same, posterior=fit.posterior)
    found = make_order(alike, vm.adjusted_rates(alike))
    for values in (found.graded["grade"], *found.sets.drop_vars("checked_prob").values()):
        assert len(set(values.to_numpy().tolist())) == 1
    assert int(found.sets["lower"][0]) == 1
    assert int(found.sets["upper"][0]) == 12
    assert found.first["member"].all()


@pytest.fixture(scope="module")
def fitted():
    """Forty providers, too few draws for their sets."""
    spec = whole_fit(shape=(1, 4)).spec
    made = vm.simulate(spec, providers=40, mean_denominator=100, random_seed=1)
    frame = vm.prepare(spec, made.table)
    return vm.fit(spec, frame, random_seed=1, sampler="marginal", draws=250, progressbar=False)


def test_sets_have_the_draws_that_they_need(fitted):
    known = make_order(fitted, vm.adjusted_rates(fitted))
    assert known.sets.attrs["draws"] == 1_000
    found = judge_order(fitted, known, part="persistent", progressbar=False)
    assert found.sets.attrs["draws"] >= 40 * 134
    assert found.first.attrs["draws"] == found.sets.attrs["draws"]
    assert found.sets.attrs.items() >= fitted.provenance.items()
    assert found.graded is known.graded
    again = vm.fit(
        fitted.spec,
        fitted.frame,
        random_seed=1,
        sampler="marginal",
        draws=found.sets.attrs["draws"] // 4,
        progressbar=False,
    )
    wanted = vm.ranks.sets(vm.adjusted_rates(again), better="lower")
    for end in ("lower", "upper"):
        gap = np.abs(found.sets[end] - wanted[end]).to_numpy()
        assert gap.max() <= 2
        assert gap.mean() < 0.5
    assert float(found.sets["checked_prob"]) == pytest.approx(0.95, abs=0.02)


def test_more_draws_are_of_the_same_points_with_effects_of_their_own(fitted):
    more = draw_more(fitted, draws=1_500, progressbar=False).posterior
    points = np.unique(more["intercept"])
    assert len(points) < 0.6 * more["intercept"].size
    assert np.isin(fitted.posterior["intercept"], points).mean() > 0.9
    effects = more["provider_effect"].to_numpy()
    assert len(np.unique(effects[..., 0])) == effects[..., 0].size
    few = fitted.posterior["provider_effect"]
    gap = effects.mean(axis=(0, 1)) - few.mean(("chain", "draw")).to_numpy()
    assert np.abs(gap / few.std(("chain", "draw")).to_numpy()).max() < 4.5 / np.sqrt(1_000)


def test_the_points_are_the_fits_own_whether_or_not_they_are_at_hand(fitted, monkeypatch):
    """Else it is the same points worked out anew, as of a fit that was read from disk."""
    with monkeypatch.context() as patch:
        patch.setattr(entry, "propose", None)
        at_hand = draw_more(fitted, draws=500, progressbar=False)
    elsewhere = Fit(fitted.spec, fitted.frame.copy(), fitted.draws)
    again = draw_more(elsewhere, draws=500, progressbar=False)
    xr.testing.assert_identical(again.posterior, at_hand.posterior)
    xr.testing.assert_identical(again.draws["sample_stats"], at_hand.draws["sample_stats"])


def test_what_is_enough_or_cannot_be_had_is_kept(fitted, monkeypatch):
    few = whole_fit(shape=(2, 900))
    known = make_order(few, vm.adjusted_rates(few))
    assert judge_order(few, known, part="persistent", progressbar=False) is known
    assert judge_order(few, None, part="persistent", progressbar=False) is None

    known = make_order(fitted, vm.adjusted_rates(fitted))
    with monkeypatch.context() as patch:
        patch.setattr(order, "MOST_GRADED", 39)
        assert judge_order(fitted, known, part="persistent", progressbar=False) is known

    def fails(*_, **__):
        fail("FIT.CONVERGENCE", "no more draws")

    monkeypatch.setattr(order, "draw_more", fails)
    assert judge_order(fitted, known, part="persistent", progressbar=False) is known
