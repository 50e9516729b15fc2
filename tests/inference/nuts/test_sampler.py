"""The ladder, incomplete draws and interrupts, with draws made by hand: nothing is sampled."""

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from tests.inference.fake_nutpie import Sampler, raw_draws
from varmodel.errors import ConvergenceError, IncompleteFitError
from varmodel.inference import fit
from varmodel.inference.nuts import sampler as nuts

DRAWS = 1000
SHAPE, TWICE = (4, DRAWS), (4, 2 * DRAWS)


@pytest.fixture
def model():
    return whole_fit()


@pytest.fixture
def sampled_by(monkeypatch, model):
    """Return a function that fits with trees handed to it, and gives the fit and the calls."""

    def run(*results, chains=4, **options):
        sampler = Sampler(*results)
        monkeypatch.setattr(nuts.nutpie, "sample", sampler)
        monkeypatch.setattr(nuts, "compiled_with", lambda *_: None)
        monkeypatch.setattr(nuts, "is_compiled", lambda _: True)
        run.sampler = sampler
        options = {"sampler": "nuts", "draws": DRAWS, "chains": chains, **options}
        return fit(model.spec, model.frame, random_seed=3, **options)

    return run


def test_good_draws_need_one_rung(sampled_by):
    found = sampled_by(raw_draws(SHAPE))
    assert found.draws.attrs["attempts"] == 1
    assert found.draws.attrs["provisional"] == 0
    (call,) = sampled_by.sampler.calls
    assert (call["target_accept"], call["draws"], call["tune"]) == (0.95, DRAWS, 1000)
    assert call["chains"] == 4
    assert not call["progress_bar"]
    assert not call["save_warmup"]


def test_the_second_rung_asks_for_more_care_and_twice_the_draws(sampled_by):
    second = raw_draws(TWICE)
    found = sampled_by(raw_draws(SHAPE, shift=3), second, tune=500)
    assert found.draws.attrs["attempts"] == 2
    assert [call["target_accept"] for call in sampled_by.sampler.calls] == [0.95, 0.99]
    assert [call["draws"] for call in sampled_by.sampler.calls] == [DRAWS, 2 * DRAWS]
    assert [call["tune"] for call in sampled_by.sampler.calls] == [500, 1000]
    assert len({call["seed"] for call in sampled_by.sampler.calls}) == 1
    kept = second["posterior"]["intercept"].to_numpy()[:, ::2]
    np.testing.assert_array_equal(found.posterior["intercept"], kept)


def test_a_divergence_climbs_the_ladder(sampled_by):
    first = raw_draws(SHAPE)
    first["sample_stats"]["diverging"][0, 0] = True
    assert sampled_by(first, raw_draws(TWICE)).draws.attrs["attempts"] == 2


def test_after_the_last_rung_it_gives_up(sampled_by):
    bad = raw_draws(SHAPE, shift=3), raw_draws(TWICE, shift=3)
    with pytest.raises(ConvergenceError, match="the draws failed the gate: R-hat") as caught:
        sampled_by(*bad)
    assert caught.value.code == "FIT.CONVERGENCE"
    assert list(caught.value.table["quantity"][:2]) == ["intercept", "provider_sd"]


def test_provisional_draws_are_kept_and_say_so(sampled_by):
    bad = raw_draws(SHAPE, shift=3), raw_draws(TWICE, shift=3)
    found = sampled_by(*bad, provisional=True)
    assert found.provisional
    assert found.provenance["provisional"] == 1


def test_provisional_does_not_stamp_good_draws(sampled_by):
    assert not sampled_by(raw_draws(SHAPE), provisional=True).provisional


def test_fewer_than_four_chains_are_not_tried_twice(sampled_by):
    with pytest.raises(ConvergenceError, match="2 chains, at least 4 are needed"):
        sampled_by(raw_draws((2, DRAWS)), chains=2)


@pytest.mark.parametrize("received", [(4, DRAWS - 1), (3, DRAWS), (0, 0)])
@pytest.mark.parametrize("provisional", [True, False])
def test_fewer_draws_than_asked_for(sampled_by, received, provisional):
    with pytest.raises(IncompleteFitError, match="came back") as caught:
        sampled_by(raw_draws(received) if all(received) else _empty(), provisional=provisional)
    assert caught.value.code == "FIT.INCOMPLETE"


def _empty():
    return raw_draws((4, DRAWS)).isel(chain=slice(0), draw=slice(0))


def test_draws_that_are_not_finite(sampled_by):
    raw = raw_draws(SHAPE)
    raw["posterior"]["provider_sd"][1, 1] = np.nan
    with pytest.raises(IncompleteFitError, match="not finite"):
        sampled_by(raw, provisional=True)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, RuntimeError("a bug below")])
def test_an_interrupt_cancels_the_chains_and_is_raised(sampled_by, error):
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind):
        sampled_by(TimeoutError(), TimeoutError(), error() if isinstance(error, type) else error)
    assert sampled_by.sampler.cancelled == 1


def test_waiting_goes_on_until_the_draws_are_there(sampled_by):
    assert sampled_by(TimeoutError(), TimeoutError(), raw_draws(SHAPE)).draws.attrs["attempts"] == 1
    assert sampled_by.sampler.cancelled == 0


def test_progress_says_what_is_compiled_and_sampled(sampled_by, monkeypatch):
    said = []
    monkeypatch.setattr(nuts.Progress, "say", lambda _, text: said.append(text))
    sampled_by(raw_draws(SHAPE, shift=3), raw_draws(TWICE))
    assert said == ["sampling hand", "sampling hand again, more carefully"]
