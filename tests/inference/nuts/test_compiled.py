"""One compilation a structure, padded; its data and starting points follow each frame."""

import numpy as np
import pytest
from pymc.initial_point import make_initial_point_fn

from tests.fits.hand_made import whole_fit
from varmodel.inference.nuts import compiled
from varmodel.inference.nuts.arrays import Structure, arrays_of, resolve_priors, structure_of
from varmodel.inference.nuts.centring import centred_share
from varmodel.inference.nuts.compiled import compiled_with, is_compiled, pad, pad_arrays

PRIORS = (("coefficients", "normal"), ("intercept", "normal"), ("provider_sd", "half_normal"))


def structure(providers, terms):
    return Structure("binomial", "share", PRIORS, providers, terms)


def parts(fit):
    priors = resolve_priors(fit.spec, fit.frame)
    arrays = arrays_of(fit.frame, priors, centred=centred_share(fit.frame))
    return structure_of(fit.spec, fit.frame, priors=priors), arrays


class Compilation:
    """Stand in for a compiled model: keeps the data it was given."""

    made = 0

    def __init__(self, _):
        Compilation.made += 1

    def with_data(self, **arrays):
        return arrays


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(compiled, "_COMPILED", {})
    monkeypatch.setattr(compiled.nutpie, "compile_pymc_model", Compilation)
    monkeypatch.setattr(Compilation, "made", 0)


@pytest.mark.parametrize(
    ("size", "padded"),
    [((4, 0), (64, 8)), ((64, 8), (64, 8)), ((65, 9), (128, 16)), ((257, 40), (512, 64))],
)
def test_sizes_are_padded_to_a_few(size, padded):
    found = pad(structure(*size))
    assert (found.providers, found.terms) == padded
    assert found.priors == PRIORS


def test_padding_owns_no_cell_and_moves_no_predictor():
    own, arrays = parts(whole_fit(case_mix=("age",)))
    padded = pad_arrays(arrays, pad(own))
    assert padded["centred"].shape == (64,)
    assert (padded["centred"][12:] == 0).all()
    assert padded["design"].shape == (len(arrays["design"]), 8)
    assert (padded["design"][:, 1:] == 0).all()
    for name in arrays.keys() - {"centred", "design"}:
        np.testing.assert_array_equal(padded[name], arrays[name])
    assert arrays["centred"].shape == (12,)  # what was handed in is as it was


def test_frames_of_one_structure_share_a_compilation():
    first, second = whole_fit(case_mix=("age",)), whole_fit(providers=40, seed=2)
    assert not is_compiled(parts(first)[0])
    compiled_with(*parts(first))
    assert is_compiled(parts(first)[0])
    assert is_compiled(parts(second)[0])
    data = compiled_with(*parts(second))
    assert Compilation.made == 1
    np.testing.assert_array_equal(data["response"], second.frame["events"])
    compiled_with(*parts(whole_fit(priors={"provider_sd": {"dist": "exponential", "lam": 1}})))
    compiled_with(*parts(whole_fit("expected")))
    assert Compilation.made == 3


def start(own):
    point = make_initial_point_fn(model=compiled._COMPILED[pad(own)].model, return_transformed=True)
    return point(0)


def test_starting_points_follow_the_data_when_a_compilation_is_reused():
    fit = whole_fit("measurements")
    own, arrays = parts(fit)
    compiled_with(own, arrays)
    assert start(own)["intercept"] == pytest.approx(fit.frame.attrs["pooled_mean"])
    scaled = {**arrays, "intercept__mu": np.asarray(5e4), "residual_sd__sigma": np.asarray(3e4)}
    compiled_with(own, scaled)
    assert Compilation.made == 1
    assert start(own)["intercept"] == pytest.approx(5e4)
    assert np.exp(start(own)["residual_sd_log__"]) > 1e4
