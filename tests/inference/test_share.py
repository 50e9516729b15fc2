"""What one period cannot tell is parted by the declared share."""

import numpy as np
import pytest

from tests.fits.hand_made import whole_fit
from tests.frame.hand_made import make_model
from varmodel import fit, load_fit, save_fit, simulate
from varmodel.errors import DesignError
from varmodel.frame import prepare
from varmodel.inference.share import part_by_share

SHARE = {"mean": 0.2, "sd": 0.1}


@pytest.fixture(scope="module")
def whole():
    """Give a fit by hand before it is parted: effects of both, their sd 1."""
    one = whole_fit(providers=200, shape=(4, 250))
    posterior = one.posterior
    rng = np.random.default_rng(4)
    posterior["provider_sd"][:] = 1.0
    posterior["provider_effect"][:] = rng.standard_normal(posterior["provider_effect"].shape)
    one.draws["posterior"] = posterior
    object.__setattr__(one, "spec", one.spec.replace(transient_share=SHARE))
    return one


def test_the_parts_add_up_and_are_independent_with_their_variances(whole):
    parted = part_by_share(whole, random_seed=1).posterior
    u, v = parted["provider_effect"], parted["transient_effect"]
    assert v.dims == ("chain", "draw", "provider", "period")
    both = (u + v.isel(period=0)).to_numpy()
    np.testing.assert_allclose(both, whole.posterior["provider_effect"], atol=1e-12)
    share = parted["transient_share"].to_numpy()
    assert share.mean() == pytest.approx(0.2, abs=0.01)
    assert share.std() == pytest.approx(0.1, abs=0.01)
    np.testing.assert_allclose(parted["provider_sd"], np.sqrt(1 - share))
    np.testing.assert_allclose(parted["transient_sd"], np.sqrt(share))
    x, y = u.to_numpy(), v.to_numpy()[..., 0]
    np.testing.assert_allclose([x.var(), y.var()], [0.8, 0.2], rtol=0.02)
    assert abs(np.corrcoef(x.ravel(), y.ravel())[0, 1]) < 0.01


def test_without_a_declared_share_a_fit_stays_as_it_is():
    one = whole_fit()
    assert part_by_share(one, random_seed=1) is one


@pytest.mark.parametrize("period", [None, "quarter"])
def test_the_marginal_sampler_and_a_folder_take_it(tmp_path, period):
    spec = make_model(transient_share=SHARE, period=period)
    made = simulate(spec, providers=20, truth={"provider_sd": 0.5}, random_seed=1)
    assert made.truth["transient_effect"].dims == ("provider", "period")
    frame = prepare(spec, made.table)
    found = fit(spec, frame, random_seed=1, progressbar=False)
    assert found.draws.attrs["sampler"] == "marginal"
    assert found.transient == "iid"
    plain = fit(spec.replace(transient_share=None), frame, random_seed=1, progressbar=False)
    both = found.posterior["provider_effect"] + found.posterior["transient_effect"][..., 0]
    np.testing.assert_allclose(both, plain.posterior["provider_effect"], atol=1e-12)
    save_fit(found, tmp_path / "fit")
    assert load_fit(tmp_path / "fit").draws.identical(found.draws)


def test_several_periods_tell_it_themselves():
    spec = make_model(transient_share=SHARE, period="quarter")
    made = simulate(spec.replace(transient_share=None), periods=3, random_seed=1)
    with pytest.raises(DesignError, match="for one period, and the table has 3"):
        prepare(spec, made.table)
