"""Random streams: what an analysis, its simulation and its predictions draw shares no stream."""

import sys
from collections import defaultdict

import pandas as pd

import varmodel as vm
from tests.toys import SEED, share
from varmodel.numerics import streams


def test_no_stream_serves_two_ends(monkeypatch):
    """Every purpose but the pilot's, which no seed moves, and NUTS's, from one seed."""
    given = defaultdict(set)
    whole = streams.streams

    def recorded(random_seed, purpose, *, source_hash=""):
        found = whole(random_seed, purpose, source_hash=source_hash)
        given[purpose].add((found.entropy, tuple(found.spawn_key)))
        return found

    for module in [m for name, m in sys.modules.items() if name.startswith("varmodel")]:
        if getattr(module, "streams", None) is whole:
            monkeypatch.setattr(module, "streams", recorded)
    use_everything()
    assert set(given) == set(streams.PURPOSES) - {"nuts"}
    every = [stream for purpose in given.values() for stream in purpose]
    assert len(every) == len(set(every))


def use_everything():
    spec = share().spec
    vm.simulate(spec, providers=20, mean_denominator=60, random_seed=SEED)
    table = share().table
    analysis = vm.analyse(spec, table, random_seed=SEED, provisional=True, progressbar=False)
    vm.predictive_check(analysis.fit, random_seed=SEED)
    vm.prior_predictive(spec, analysis.fit.frame, random_seed=SEED, draws=100)
    new = pd.DataFrame(table.iloc[:1]).assign(trust="new")
    vm.predict(analysis.fit, new, kind="response", new_providers="population", random_seed=SEED)
