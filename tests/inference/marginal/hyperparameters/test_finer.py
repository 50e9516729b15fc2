"""A finer grid: where sd and correlation of what passes lie on a sharp ridge."""

import numpy as np
import pandas as pd

from tests.calibration.panels import draw_panel, model
from varmodel.frame import prepare, resolve_priors
from varmodel.inference.marginal.blocks.evaluator import block_evaluator
from varmodel.inference.marginal.hyperparameters.choice import WIDE_ENOUGH, choose_proposal
from varmodel.inference.marginal.hyperparameters.pilot import explore
from varmodel.inference.marginal.problem import read_problem
from varmodel.inference.marginal.sampler import sample

NOISE = 0.003


def slow_panel():
    """Twelve providers, fourteen periods of next to no noise, departures that correlate by .97."""
    given = {"provider_sd": 0.3, "transient_sd": 0.15, "transient_rho": 0.97}
    rng = np.random.default_rng(1)
    panel = draw_panel("published", np.ones(12), periods=14, rng=rng, given=given)
    passing = panel.truth["passing"][panel.provider, panel.period]
    rate = panel.truth["effect"][panel.provider] + passing + rng.normal(0, NOISE, len(passing))
    spec = model("published")
    frame = prepare(spec, pd.DataFrame(panel.table.assign(rate=rate, se=NOISE)))
    return read_problem(frame, resolve_priors(spec, frame), effect="normal", transient="ar1")


def test_a_sharp_ridge_is_followed():
    problem = slow_panel()
    evaluator = block_evaluator(problem)
    coarse = choose_proposal(evaluator, explore(evaluator))
    assert coarse.pareto_k > WIDE_ENOUGH
    found = sample(problem, draws=500, chains=2, random_seed=1)
    assert found.pilot_k < 0.2
    assert found.pilot_ess / found.pilot > 3 * coarse.share
    assert found.pareto_k < WIDE_ENOUGH
