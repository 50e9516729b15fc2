"""All checks at once; who is unlike the others."""

import numpy as np
import xarray as xr

from tests.fits.hand_made import whole_fit
from varmodel.studies import judge_clustering, judge_volume, mixed_predictive
from varmodel.studies.checks.found import Checks, make_checks


def test_each_is_that_of_its_own_verb():
    fit = whole_fit(shape=(2, 50))
    found = make_checks(fit, table=None, total=None, random_seed=4)
    assert found.volume.prob_positive == judge_volume(fit).prob_positive
    assert found.clustering.p_value == judge_clustering(fit, random_seed=4).p_value
    assert found.exchangeable.identical(mixed_predictive(fit, random_seed=4))
    assert found.excluded == {}


def test_who_is_far_out_either_way_is_unlike_the_others():
    values = np.array([0.5, 0.004, 0.0051, 0.999, 0.02])
    p = xr.DataArray(values, {"provider": list("ABCDE")}, ("provider",))
    found = Checks(exchangeable=p).unlike
    assert list(found) == ["D", "B"]
    np.testing.assert_allclose(list(found.values()), [0.002, 0.008])
    assert Checks().unlike == {}
