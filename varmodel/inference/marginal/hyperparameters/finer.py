"""A finer grid, where conditional modes run along a curve too sharp for the pilot's anchors."""

import numpy as np

from varmodel.inference.marginal.evaluator import Evaluator
from varmodel.inference.marginal.hyperparameters.choice import (
    WIDE_ENOUGH,
    Choice,
    choose_proposal,
)
from varmodel.inference.marginal.hyperparameters.grids import Grid
from varmodel.inference.marginal.hyperparameters.pilot import STRIDE, read_grid


def choose_on_grid(evaluator: Evaluator, grid: Grid) -> tuple[Grid, Choice]:
    """Choose a proposal; where something passes and it is uneven, look at a finer grid too."""
    choice = choose_proposal(evaluator, grid)
    dense = evaluator.problem.transient is not None and not grid.apart
    if not dense or choice.pareto_k <= WIDE_ENOUGH:
        return grid, choice
    finer = _refined(evaluator, grid)
    again = choose_proposal(evaluator, finer)
    return (finer, again) if again.pareto_k < choice.pareto_k else (grid, choice)


def _refined(evaluator: Evaluator, grid: Grid) -> Grid:
    """Read a grid anew with twice the points along its last axis, each of them an anchor.

    Along what passes it is needed: where the sd of departures falls, their correlation does too,
    and faster the less is left, while given the sd it is known closely.
    """
    last = grid.axes[-1]
    axes = (*grid.axes[:-1], np.linspace(last[0], last[-1], 2 * len(last) - 1))
    strides = (*[STRIDE[len(axes)]] * (len(axes) - 1), 1)
    return read_grid(evaluator, axes, start=grid, strides=strides)
