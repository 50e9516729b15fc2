"""Folds: each has its share of the large and the small, of every class."""

import numpy as np

from tests.toys import share
from varmodel.frame import prepare
from varmodel.studies.stacking.folds import deal

FRAME = prepare(share().spec, share().table)


def test_each_fold_has_large_and_small_providers():
    fold = deal(FRAME, folds=5, rng=np.random.default_rng(1))
    assert np.bincount(fold).tolist() == [4] * 5
    order = np.argsort(FRAME["activity"].to_numpy(), kind="stable")
    for first in range(0, 20, 5):
        assert sorted(fold[order[first : first + 5]]) == [0, 1, 2, 3, 4]


def test_no_class_stands_in_one_fold():
    kind = np.array([0] * 3 + [1] * 17)
    frame = FRAME.assign(class_index=("provider", kind))
    for seed in range(20):
        fold = deal(frame, folds=2, rng=np.random.default_rng(seed))
        assert len(set(fold[kind == 0])) == 2
