"""Held-out densities: of single cases, whatever the cells; of providers that no fit has seen."""

import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

from tests.fits.hand_made import whole_fit
from tests.toys import share
from varmodel.fits import Fit
from varmodel.frame import prepare
from varmodel.frame.providers.some import some_providers
from varmodel.studies.stacking.held_out import Candidate, deal, score, tasks_of

FOLD = np.arange(12) % 3


def of_some(fit, kept):
    posterior = fit.draws["posterior"].to_dataset().isel(provider=kept)
    draws = fit.draws.assign({"posterior": xr.DataTree(posterior)})
    return Fit(fit.spec, some_providers(fit.frame, kept), draws)


def test_it_is_the_mean_over_draws_of_what_a_normal_provider_shows():
    fit = whole_fit("published", shape=(2, 40))
    fits = [of_some(fit, k != FOLD) for k in range(3)]
    found = score(Candidate("one", fit.spec, fit.frame), fits, FOLD)
    mu, tau = (fit.posterior[x].to_numpy().ravel() for x in ("intercept", "provider_sd"))
    value, error = (fit.frame[x].to_numpy() for x in ("value", "standard_error"))
    dense = stats.norm.logpdf(value[:, None], mu, np.hypot(tau, error[:, None]))
    np.testing.assert_allclose(found, special.logsumexp(dense, axis=1) - np.log(80), rtol=1e-9)


@pytest.mark.parametrize("form", ["share", "exposure"])
def test_cells_may_be_drawn_up_in_any_way(form):
    """Two cells a provider, or one of their sums: the same cases."""
    fit = whole_fit(form, shape=(2, 20), case_mix=("age",))
    flat = fit.frame.assign(design=fit.frame["design"] * 0)
    owner = flat["provider_index"].to_numpy()
    names = [x for x in ("events", "trials", "exposure") if x in flat]
    sums = {name: ("cell", np.bincount(owner, flat[name].to_numpy())) for name in names}
    index = {
        "provider_index": ("cell", np.arange(12)),
        "pattern_index": ("cell", np.zeros(12, np.int64)),
    }
    joined = flat.isel(cell=slice(12)).assign(sums | index)
    fits = [of_some(Fit(fit.spec, flat, fit.draws), k != FOLD) for k in range(3)]
    one, two = (score(Candidate("x", fit.spec, x), fits, FOLD) for x in (flat, joined))
    np.testing.assert_allclose(one, two, atol=1e-3)


def test_the_whole_table_is_fitted_first_and_then_all_but_each_fold():
    fit = whole_fit("share", shape=(2, 3))
    frames = [frame for _, frame in tasks_of(Candidate("one", fit.spec, fit.frame), FOLD)]
    assert [frame.sizes["provider"] for frame in frames] == [12, 8, 8, 8]
    assert frames[0] is fit.frame


FRAME = prepare(share().spec, share().table)


def test_each_fold_has_large_and_small_providers():
    fold = deal(FRAME, folds=5, rng=np.random.default_rng(1))
    assert np.bincount(fold).tolist() == [4] * 5
    order = np.argsort(FRAME["activity"].to_numpy(), kind="stable")
    for first in range(0, 20, 5):
        assert sorted(fold[order[first : first + 5]]) == [0, 1, 2, 3, 4]


def test_no_class_stands_in_one_fold():
    kind = np.array([0] * 3 + [1] * 17)
    frame = FRAME.assign(class_index=("provider", kind))
    for seed in range(20):
        fold = deal(frame, folds=2, rng=np.random.default_rng(seed))
        assert len(set(fold[kind == 0])) == 2
