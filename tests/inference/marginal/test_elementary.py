"""exp, log and uniform numbers of the loops, against NumPy's."""

import numpy as np
from scipy import stats

from varmodel.inference.marginal.elementary import advance, exp, log, uniform


def test_exp():
    x = np.concatenate([np.linspace(-708, 708, 5_001), np.geomspace(1e-12, 1, 500), [0.0]])
    found = np.array([exp(one) for one in x])
    np.testing.assert_allclose(found, np.exp(x), rtol=5e-16)


def test_exp_is_held_within_what_a_float_holds():
    assert 0 < exp(-np.inf) == exp(-1e9) < 1e-307
    assert np.isfinite(exp(1e9))


def test_log():
    x = np.concatenate([np.geomspace(1e-300, 1e300, 5_001), 1 + np.linspace(-0.5, 1, 1_501)])
    found = np.array([log(one) for one in x])
    np.testing.assert_allclose(found, np.log(x), rtol=5e-16)
    assert log(1.0) == 0


def stream(state, count):
    numbers = []
    for _ in range(count):
        state = np.uint64(advance(np.uint64(state)))
        numbers.append(uniform(state))
    return np.array(numbers)


def test_numbers_are_those_of_splitmix():
    """The first outputs of the published generator from 1234567, shifted to 52 bits."""
    outputs = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    exact = [((z >> 12) + 0.5) / 2**52 for z in outputs]
    np.testing.assert_array_equal(stream(1234567, 3), exact)


def test_numbers_look_uniform_and_streams_independent():
    numbers = np.array([stream(seed, 2_000) for seed in range(8)])
    assert stats.kstest(numbers.ravel(), "uniform").pvalue > 1e-3
    assert stats.kstest(numbers[:, 0], "uniform").pvalue > 1e-3
    between = np.corrcoef(np.vstack([numbers[:, :-1], numbers[:, 1:]]))
    assert np.abs(between - np.eye(16)).max() < 0.1
    assert 0 < uniform(np.uint64(0)) < 1
