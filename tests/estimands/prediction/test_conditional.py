"""Effects given the responses of a provider that was not fitted: against closed forms."""

import numpy as np
import pytest
from scipy import stats

from varmodel.estimands.draws.source import Source
from varmodel.estimands.draws.stacked import StackedDraws, StackedPredictor
from varmodel.estimands.prediction.conditional import effects_given
from varmodel.families import EFFECTS, FAMILIES, Cells

DRAWS = 2_000
SHAPES = {
    "normal": [],
    "student_t": [3.0],
    "mixture": [0.2, 4.0],
    "flexible": [0.4, -0.3, 0.2],
}


def source_of(family, distribution, *, intercept=0.0, sd=0.5, noise=1.0, draws=DRAWS):
    rows = np.ones(draws)
    shape = np.tile(np.array(SHAPES[distribution], float), (draws, 1)).reshape(
        draws, len(SHAPES[distribution])
    )
    predictor = StackedPredictor(intercept * rows, np.tile([0.3], (draws, 1)), np.zeros((1, 1)))
    stacked = StackedDraws(predictor, np.zeros((draws, 1)))
    return Source(
        FAMILIES[family],
        EFFECTS[distribution],
        stacked,
        sd * rows,
        shape,
        {"residual_sd": noise * rows},
    )


def given(source, cells, design=((0.0,),), seed=1):
    return effects_given(
        source, cells, design=np.array(design, float), rng=np.random.default_rng(seed)
    )


def cells_of(family, response, size, **others):
    spread = np.zeros(len(size)) if FAMILIES[family].residual else None
    kept = {"spread": spread, **others}
    return Cells(np.array(response, float), np.array(size, float), **kept)


def exact_cdf(source, cells, design, at):
    """Integrate density times likelihood of the first draw on a fine even grid."""
    b = np.linspace(2 * at.min() - at.max(), 2 * at.max() - at.min(), 100_001)
    eta = source.stacked.predictor.intercept[0] + np.array(design) @ np.array([0.3])
    log_density = source.distribution.log_density(b[np.newaxis], source.sd[:1], source.shape[:1])[0]
    with np.errstate(over="ignore"):
        for k, value in enumerate(eta):
            one = Cells(
                *(
                    None if x is None else x[k : k + 1]
                    for x in (cells.response, cells.size, cells.spread, cells.error)
                )
            )
            own = {name: float(x[0]) for name, x in source.own.items()}
            log_density = (
                log_density + source.family.log_likelihood(one, b[:, np.newaxis] + value, own)[:, 0]
            )
    density = np.exp(log_density - log_density.max())
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(at, b, below / below[-1])


def test_normal_normal_is_the_closed_form():
    source = source_of("normal", "normal", intercept=5.0, sd=0.7, noise=2.0)
    b = given(source, cells_of("normal", [6.2], [9]))
    precision = 0.7**-2 + 9 / 4
    mean, sd = 9 / 4 * 1.2 / precision, precision**-0.5
    assert stats.kstest(b, stats.norm(mean, sd).cdf).pvalue > 0.01
    assert b.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(DRAWS))
    assert b.std() == pytest.approx(sd, rel=0.05)


@pytest.mark.parametrize("distribution", EFFECTS)
@pytest.mark.parametrize(
    ("family", "cells"),
    [
        ("binomial", cells_of("binomial", [3, 9], [20, 30])),
        ("binomial", cells_of("binomial", [0, 0], [5, 900])),
        ("binomial", cells_of("binomial", [90_000, 40_000], [90_100, 40_200])),
        ("poisson", cells_of("poisson", [7, 90], [3.5, 12.0])),
        ("poisson", cells_of("poisson", [0, 1], [2.0, 1e-3])),
        ("normal", cells_of("normal", [2.0, 3.0], [2, 40])),
        ("normal", cells_of("normal", [2.0, 3.0], [1, 1], error=np.array([0.5, 4.0]), spread=None)),
        ("lognormal", cells_of("lognormal", [1.0, 0.2], [5, 9])),
        ("gamma", cells_of("gamma", [4.0, 3.1], [5, 900])),
    ],
)
def test_every_family_under_every_law(family, cells, distribution):
    source = source_of(family, distribution, noise=0.8)
    design = [[0.0], [1.0]]
    b = given(source, cells, design)
    assert np.isfinite(b).all()
    uniform = exact_cdf(source, cells, design, b)
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_a_provider_far_out_is_found():
    """An effect of 24 sds, known to a thousandth: far beyond the first grid."""
    source = source_of("normal", "normal", sd=0.5, noise=0.1)
    b = given(source, cells_of("normal", [12.0], [10_000]))
    precision = 0.5**-2 + 10_000 / 0.01
    assert b.mean() == pytest.approx(12.0 * 1e6 / precision, abs=1e-4)
    assert b.std() == pytest.approx(precision**-0.5, rel=0.05)


def test_without_rows_it_is_the_law():
    source = source_of("binomial", "normal", sd=0.5)
    b = given(source, cells_of("binomial", [], []), design=np.empty((0, 1)))
    assert stats.kstest(b, stats.norm(0, 0.5).cdf).pvalue > 0.01


def test_blocks_change_nothing(monkeypatch):
    source = source_of("poisson", "mixture", draws=300)
    cells = cells_of("poisson", [7], [3.5])
    whole = given(source, cells)
    monkeypatch.setattr("varmodel.numerics.blocks.BLOCK", 1_000)
    np.testing.assert_allclose(given(source, cells), whole, rtol=1e-12)
