"""From nutpie's tree to ours."""

import json

import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from tests.inference.fake_nutpie import raw_draws
from varmodel.fits import Fit
from varmodel.inference.labels import assemble, label_sampled
from varmodel.inference.request import Request

SHAPE = (4, 10)


def labelled(fit, raw, *, thin=1, attempts=1):
    request = Request(fit.spec, fit.frame, 5, 10, 20, 4, progressbar=False)
    return label_sampled(raw, request, thin=thin, attempts=attempts)


@pytest.fixture
def fit():
    return whole_fit(case_mix=("age",))


def test_the_padding_is_cut_off_and_labels_put_on(fit):
    raw = raw_draws(SHAPE)
    posterior = labelled(fit, raw)["posterior"].to_dataset()
    assert list(posterior.data_vars) == [
        "intercept",
        "coefficients",
        "provider_sd",
        "provider_effect",
    ]
    assert posterior["provider_effect"].dims == ("chain", "draw", "provider")
    np.testing.assert_array_equal(posterior["provider"], fit.frame["provider"])
    np.testing.assert_array_equal(posterior["term"], ["age"])
    whole = raw["posterior"]["provider_effect"].to_numpy()
    np.testing.assert_array_equal(posterior["provider_effect"], whole[..., :12])


def test_every_nth_draw_is_kept_and_counted_from_0(fit):
    raw = raw_draws((4, 20))
    tree = labelled(fit, raw, thin=2, attempts=2)
    posterior = tree["posterior"].to_dataset()
    np.testing.assert_array_equal(
        posterior["intercept"], raw["posterior"]["intercept"].to_numpy()[:, ::2]
    )
    assert list(posterior["draw"]) == list(range(10))
    assert tree["sample_stats"].sizes == {"chain": 4, "draw": 10}
    assert tree.attrs["attempts"] == 2


def test_statistics_have_names_that_others_know(fit):
    stats = labelled(fit, raw_draws(SHAPE))["sample_stats"].to_dataset()
    known = {"diverging", "energy", "tree_depth", "reached_max_treedepth", "n_steps"}
    assert set(stats.data_vars) == known | {"step_size", "acceptance_rate", "lp"}


def test_data_stand_beside_the_draws(fit):
    tree = labelled(fit, raw_draws(SHAPE))
    np.testing.assert_array_equal(tree["observed_data"]["events"], fit.frame["events"])
    np.testing.assert_array_equal(tree["observed_data"]["trials"], fit.frame["trials"])
    np.testing.assert_array_equal(tree["constant_data"]["design"], fit.frame["design"])


def test_measurements_have_a_residual_sd():
    fit = whole_fit("measurements")
    posterior = labelled(fit, raw_draws(SHAPE, residual_sd=True))["posterior"].to_dataset()
    assert "residual_sd" in posterior
    assert all(variable.size for variable in posterior.variables.values())
    assert Fit(fit.spec, fit.frame, xr.DataTree.from_dict({"posterior": posterior})).posterior[
        "coefficients"
    ].shape == (4, 10, 0)


def test_draws_are_neither_copied_nor_are_their_attributes_kept(fit):
    request = Request(fit.spec, fit.frame, 5, 10, 20, 4, progressbar=False)
    effects = np.zeros((*SHAPE, 12))
    effect = (("chain", "draw", "provider"), effects, {"units": "logits"})
    given = xr.Dataset({"provider_effect": effect}, attrs={"from": "afar"})
    tree = assemble(request, given, statistics=xr.Dataset(), sampler="marginal", attempts=1)
    kept = tree["posterior"].to_dataset()
    assert np.shares_memory(kept["provider_effect"].to_numpy(), effects)
    assert kept.attrs == kept["provider_effect"].attrs == {}
    assert given["provider_effect"].attrs == {"units": "logits"}


def test_attributes_say_where_the_draws_come_from(fit):
    attrs = labelled(fit, raw_draws(SHAPE)).attrs
    versions = json.loads(attrs.pop("versions"))
    assert {"python", "varmodel", "pymc", "nutpie", "numpy"} <= set(versions)
    assert attrs == {
        "sampler": "nuts",
        "random_seed": 5,
        "spec_digest": fit.spec.digest,
        "source_hash": fit.frame.attrs["source_hash"],
        "attempts": 1,
        "provisional": 0,
        "independent_draws": 0,
        "transient": "none",
    }


def test_only_text_and_numbers_and_only_float64(fit):
    raw = raw_draws(SHAPE)
    groups = {name: raw[name].to_dataset() for name in ("posterior", "sample_stats")}
    groups["posterior"] = groups["posterior"].astype(np.float32)
    tree = labelled(fit, xr.DataTree.from_dict(groups))
    assert {v.dtype for v in tree["posterior"].data_vars.values()} == {np.dtype(np.float64)}
    for node in tree.subtree:
        assert all(isinstance(value, str | int | float) for value in node.attrs.values())
