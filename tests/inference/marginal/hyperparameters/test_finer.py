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
    """Twelve providers, twenty periods of next to no noise, departures that correlate by .97.

    Of those looked at, one of which roundings decide little: k-hat is .69 to .72 on the coarse
    grid, .34 to .36 on the finer one, whatever moves the rates by up to 1e-6.
    """
    given = {"provider_sd": 0.3, "transient_sd": 0.15, "transient_rho": 0.97}
    rng = np.random.default_rng(3)
    panel = draw_panel("published", np.ones(12), periods=20, rng=rng, given=given)
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
    assert found.pilot_k < coarse.pareto_k - 0.2
    assert found.pareto_k < coarse.pareto_k - 0.2
