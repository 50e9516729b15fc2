"""Which kinds of cases a nation's table holds."""

import itertools
from collections import Counter

import numpy as np
import pytest

from varmodel.frame.simulation.nation.case_mix import levels_for, strata_for
from varmodel.spec import load_model


@pytest.mark.parametrize("seed", range(5))
def test_every_combination_of_an_interaction_is_there_and_every_level_as_often(seed):
    spec = load_model("did_not_attend_rate")  # an interaction of age band and sex
    levels = levels_for(spec)
    strata = strata_for(spec, levels, rng=np.random.default_rng(seed))
    assert 20 <= len(strata) <= 30
    assert list(strata) == sorted(set(strata))
    place = {name: k for k, name in enumerate(levels)}
    pairs = {(row[place["age_band"]], row[place["sex"]]) for row in strata}
    assert pairs == set(itertools.product(levels["age_band"], levels["sex"]))
    fifths = Counter(row[place["deprivation_fifth"]] for row in strata)
    assert set(fifths) == set(levels["deprivation_fifth"])
    assert max(fifths.values()) <= 6


def test_few_combinations_are_all_there():
    spec = load_model("outpatient_followup_ratio")
    levels = levels_for(spec)
    strata = strata_for(spec, levels, rng=np.random.default_rng(1))
    assert strata == tuple((value,) for value in levels["specialty"])
