"""Eighteen batters (Efron & Morris 1975): exact means by quadrature, and the page of them."""

import re
from contextlib import chdir
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from tests.truth.exact import Grid, posterior
from varmodel import summarise

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "baseball.md"
HITS = np.array([18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7])
TIMES = np.array([1, 1, 1, 1, 2, 1, 1, 2, 5, 1, 1, 1])
MEANS = [0.293695, 0.288891, 0.284126, 0.279401, 0.274719, 0.270083]
MEANS += [0.265493, 0.260953, 0.256464, 0.252029, 0.247651, 0.243330]
SIGMA = 0.1660


def log_prior(mu, sigma):
    return stats.norm.logpdf(mu, -1, 1) + stats.halfnorm.logpdf(sigma)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return what the page's blocks name."""
    names: dict[str, object] = {}
    with chdir(tmp_path_factory.mktemp("baseball")):
        for block in re.findall(r"(?ms)^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8")):
            exec(block, names)
    return names


@pytest.mark.published(
    "vm.adjusted_rates",
    source="Efron & Morris (1975), eighteen batters, exact posterior means",
    numbers="0.293695, 0.243330",
)
def test_the_means_are_exact(page):
    grid = Grid.of((-2.5, 0.2, 31), (-12.0, 1.2, 89), z_step=0.25)
    hits = np.repeat(HITS, TIMES)
    found = posterior(hits, np.full(18, 45), grid, log_prior=log_prior)
    exact = found.mean_of_each(special.expit)
    np.testing.assert_allclose(exact, np.repeat(MEANS, TIMES), atol=5e-6)
    assert found.mean(grid.sigma) == pytest.approx(SIGMA, abs=5e-4)
    drawn = summarise(page["rates"])["mean"]
    np.testing.assert_allclose(drawn, exact, atol=4 * 0.04 / np.sqrt(40_000))
    spread = (exact[0] - exact[-1]) / (hits[0] - hits[-1]) * 45
    assert 1 - spread == pytest.approx(4 / 5, abs=0.01)


@pytest.mark.published(
    "vm.savings",
    source="Efron & Morris (1975), gain of the mean batter at the better quartile",
    numbers="0.05802, 0.01188, 0.0231, 0.0322",
)
def test_what_is_to_be_gained(page):
    gain = page["gain"]
    assert float(gain["plug_in_observed"].sum()) == pytest.approx(0.05802, abs=5e-6)
    assert float(gain["plug_in_shrunken"].sum()) == pytest.approx(0.01188, abs=4e-4)
    total = gain["total"]
    assert float(total.mean()) == pytest.approx(0.0231, abs=0.0006)
    ends = [float(total.quantile(q)) for q in (0.025, 0.975)]
    assert ends == pytest.approx([0.0012, 0.0572], abs=0.002)
    assert ends[0] < page["realised"] < ends[1]


def test_what_came(page):
    """The remainder of the season; its hits are whole, and add up to the printed averages."""
    hits, more = (np.array(page[name]) for name in ("their_hits", "more"))
    averages = [346, 298, 276, 222, 273, 270, 265, 210, 269, 230, 264, 330]
    averages += [303, 264, 226, 285, 316, 200]
    np.testing.assert_array_equal(np.round(1000 * hits / more), averages)
    assert page["realised"] == pytest.approx(0.0322, abs=5e-5)
    later = page["later"].to_numpy()  # by now with the Williams of the paper
    upper = np.sort(later)[[12, 13]] @ [0.25, 0.75]
    assert np.maximum(0, upper - later).mean() == pytest.approx(0.0251, abs=5e-5)
