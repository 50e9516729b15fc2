"""Means of a logistic curve over a normal, against a fine trapezium."""

import numpy as np
import pytest
from scipy import special, stats

from varmodel.numerics.hermite import LONGEST_RULE, rule_for

Z = np.linspace(-14, 14, 8001)
WEIGHT = stats.norm.pdf(Z) / stats.norm.pdf(Z).sum()


@pytest.mark.parametrize(
    ("sd", "error"),
    [(0.0, 1e-14), (0.1, 3e-8), (0.4, 3e-8), (0.8, 3e-8), (1.0, 3e-8), (2.0, 2e-4)],
)
def test_the_rule_is_as_good_as_is_said(sd, error):
    rule, at = rule_for(sd), np.linspace(-14, 14, 57)[:, np.newaxis]
    found = special.expit(at + sd * rule.nodes) @ rule.weights
    np.testing.assert_allclose(found, special.expit(at + sd * Z) @ WEIGHT, rtol=error)
    assert rule.weights.sum() == pytest.approx(1)
    np.testing.assert_allclose(rule.nodes, -rule.nodes[::-1], atol=1e-12)


def test_a_narrow_normal_takes_few_nodes():
    counts = [len(rule_for(sd).nodes) for sd in (0.0, 0.05, 0.2, 0.5, 1.0, 5.0)]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[2] <= 4
    assert counts[-1] == LONGEST_RULE
