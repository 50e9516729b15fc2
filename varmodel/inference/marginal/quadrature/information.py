"""Information about the linear terms where a provider's effect is one number, integrated out.

========= ===================================================================
I_i       information of cell i about its linear predictor, effect given
I_j       its sum over the cells of provider j
kept_j    what is left of I_j once the effect is integrated out
m_j       mean design of the cells of provider j, weighted by I_i
========= ===================================================================

About m_j the effect takes nothing up; along m_j it takes up I_j - kept_j:

    sum_i I_i x_i x_i' - sum_j (I_j - kept_j) m_j m_j'

Exact but for the binomial, whose cells respond to an effect unequally.
"""

import numpy as np
from scipy import sparse

from varmodel.inference.marginal.problem import Problem
from varmodel.values import Array


def information_of_terms(problem: Problem, cells: Array, *, kept: Array) -> Array:
    """Put the information about the linear terms together, (term, term).

    Parameters
    ----------
    problem : Problem
    cells : ndarray, shape (cell,)
        I_i.
    kept : ndarray, shape (provider,)
    """
    shape = problem.providers, len(problem.design)
    by_cell = sparse.csr_array((cells, problem.pattern, problem.starts), shape=shape)
    first = problem.starts[:-1]
    held, total = np.diff(problem.starts) > 0, np.zeros(len(first))
    total[held] = np.add.reduceat(cells, first[held])
    total = np.maximum(total, np.finfo(float).tiny)
    mean = (by_cell @ problem.design) / total[:, np.newaxis]
    by_pattern = np.bincount(problem.pattern, cells, minlength=shape[1])
    whole = (problem.design.T * by_pattern) @ problem.design
    return np.asarray(whole - (mean.T * (total - kept)) @ mean)
