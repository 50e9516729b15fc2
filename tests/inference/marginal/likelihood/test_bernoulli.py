"""The cumulants that the derivatives of log(1 + x e^b) are made of."""

import math

import numpy as np
import pytest

from varmodel.inference.marginal.likelihood.bernoulli import CUMULANTS


@pytest.mark.parametrize("p", [1e-9, 0.03, 0.5, 0.8])
def test_the_cumulants_of_one_case(p):
    v, skew = p * (1 - p), 1 - 2 * p
    known = [v, v * skew, v * (1 - 6 * v), v * skew * (1 - 12 * v), v - 30 * v**2 + 120 * v**3]
    powers = v ** np.arange(CUMULANTS.shape[1])
    for order, kappa in enumerate(known, start=2):
        table = math.factorial(order) * (CUMULANTS[order] @ powers)
        assert table * (skew if order % 2 else 1) == pytest.approx(kappa, rel=1e-12)
