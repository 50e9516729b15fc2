"""Links and their inverses."""

import numpy as np
import pytest

from varmodel.families import LINKS


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_the_inverse_undoes_the_link(link):
    eta = np.linspace(-8, 8, 33)
    rate = link.inverse(eta)
    np.testing.assert_allclose(link.forward(rate), eta, atol=1e-9)
    assert ((rate > link.lower) & (rate < link.upper)).all()
    assert (np.diff(rate) > 0).all()
