"""Tables of counts drawn as sums alone."""

import numpy as np
import pytest
from scipy import stats

from varmodel.families import FAMILIES, Cells
from varmodel.families.grouped import group_counts
from varmodel.families.recursion import terms_aside
from varmodel.families.summed import can_sum, draw_sums
from varmodel.numerics import threads

#: The last cell is one that NumPy draws.
SIZE = np.array([12.0, 30.0, 0.0, 400.0, 55.0, 8e8])
PATTERN, GROUP = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 0, 0, 1, 1, 2])
ETA, WEIGHT = np.array([-2.0, 0.5, -1.0]), np.array([1.0, 0.5, 0.25])
TABLES = 4000


def drawn(name, *, departures, seed=1):
    family = FAMILIES[name]
    cells = Cells(np.zeros(6), SIZE)
    grouped = group_counts(family, cells, pattern=PATTERN, group=GROUP, patterns=3)
    rng = np.random.default_rng(seed)
    return draw_sums(grouped, ETA, own={}, departures=departures, weight=WEIGHT, rng=rng)


def some_departures():
    return 0.2 * np.random.default_rng(2).standard_normal((3, TABLES))


@pytest.mark.parametrize("name", ["binomial", "poisson"])
@pytest.mark.parametrize("departures", [np.zeros((3, TABLES)), some_departures()])
def test_sums_have_the_moments_of_their_cells(name, departures):
    found = drawn(name, departures=departures)
    family, eta = FAMILIES[name], ETA[PATTERN, np.newaxis] + departures[GROUP]
    cells = Cells(np.zeros((6, 1)), SIZE[:, np.newaxis])
    mean, variance = -family.score(cells, eta, {}), family.information(cells, eta, {})
    for sums, owner, share in (
        (found.by_group, GROUP, np.ones(6)),
        (found.by_pattern, PATTERN, WEIGHT[GROUP]),
    ):
        member = (owner[:, np.newaxis] == np.arange(3)) * share[:, np.newaxis]
        z = (sums - (member.T @ mean).T) / np.sqrt((member.T**2 @ variance).T)
        assert np.abs(z.mean(axis=0)).max() < 4 / TABLES**0.5
        assert np.abs(z.var(axis=0) - 1).max() < 4 * (2 / TABLES) ** 0.5
    np.testing.assert_allclose(found.size, [212.0, 57.5, 2e8])


def test_cells_are_binomial_whatever_the_tables_before_them():
    found = drawn("binomial", departures=np.zeros((3, TABLES)))
    both = np.convolve(
        stats.binom.pmf(np.arange(13), 12, 1 / (1 + np.exp(2.0))),
        stats.binom.pmf(np.arange(31), 30, 1 / (1 + np.exp(-0.5))),
    )
    expected = TABLES * both
    usual = expected > 5
    counts = np.bincount(found.by_group[:, 0].astype(int), minlength=43)
    chi2 = ((counts - expected)[usual] ** 2 / expected[usual]).sum()
    assert stats.chi2.sf(chi2, usual.sum() - 1) > 0.001


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(monkeypatch):
    found = []
    for count in (1, 3):
        monkeypatch.setenv(threads.VARIABLE, str(count))
        found.append(drawn("poisson", departures=some_departures()))
    assert found[0].by_group.tobytes() == found[1].by_group.tobytes()
    assert found[0].by_pattern.tobytes() == found[1].by_pattern.tobytes()


def test_half_a_trial_and_rates_of_cells_of_their_own_are_drawn_cell_by_cell():
    whole, half = (Cells(np.zeros(1), np.array([size])) for size in (3.0, 2.5))
    assert can_sum(FAMILIES["binomial"], whole)
    assert not can_sum(FAMILIES["binomial"], half)
    assert can_sum(FAMILIES["poisson"], half)
    assert not can_sum(FAMILIES["beta_binomial"], whole)
    assert not can_sum(FAMILIES["normal"], whole)


@pytest.mark.parametrize("sd", [0.0, 0.3, 3.0, 150.0])
def test_what_lies_further_out_has_no_term_that_counts(sd):
    law, out = stats.poisson(sd**2), np.floor(terms_aside(sd))
    largest = law.logpmf(np.floor(sd**2))
    ends = np.array([max(sd**2 - out, -1), sd**2 + out]).round()
    assert (law.logpmf(ends) - largest < -60 * np.log(2)).all()
