"""Random streams: what an analysis, its simulation and its predictions draw shares no stream."""

import sys
from collections import defaultdict
from contextlib import suppress

import pandas as pd

import varmodel as vm
from tests.toys import SEED, share
from varmodel.errors import DesignError
from varmodel.fits import Fit
from varmodel.frame.simulation.nation import found_nation, simulate_indicator
from varmodel.numerics import streams
from varmodel.studies.calibration import certificate
from varmodel.studies.forecast import score_forecast

#: Streams are given out whatever is drawn from them, and whether or not the draws pass the gate.
FEW = {"random_seed": SEED, "draws": 250, "provisional": True, "progressbar": False}


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
    monkeypatch.setattr(certificate, "_FEWEST", 2)  # refits spawn from one stream
    use_everything()
    assert set(given) == set(streams.PURPOSES) - {"nuts"}
    every = [stream for purpose in given.values() for stream in purpose]
    assert len(every) == len(set(every))


def use_everything():
    spec = share().spec
    vm.simulate(spec, providers=20, mean_denominator=60, random_seed=SEED)
    table = share().table
    analysis = vm.analyse(spec, table, **FEW)
    vm.predictive_check(analysis.fit, random_seed=SEED)
    vm.prior_predictive(spec, analysis.fit.frame, random_seed=SEED, draws=100)
    new = pd.DataFrame(table.iloc[:1]).assign(trust="new")
    vm.predict(analysis.fit, new, kind="response", new_providers="population", random_seed=SEED)
    parted = spec.replace(transient_share={"mean": 0.2, "sd": 0.1})
    vm.fit(parted, vm.prepare(parted, table), **FEW)
    if analysis.savings is not None:
        vm.money.released(analysis.savings["saving"], releasable=0.4, random_seed=SEED)
    use_a_panel(spec.replace(period="quarter", case_mix=()))
    use_a_nation()
    use_studies()


def use_studies():
    """Universes by lot, their shares, and the shortest certificate, of the twelve hospitals."""
    best, half = vm.Benchmark("quantile", 0.75), vm.Benchmark("quantile", 0.5)
    spec = vm.load_model("surgical_mortality").replace(benchmark=best, unit_cost=100.0)
    table = pd.DataFrame({"hospital": list("ABCDEF"), "operations": 200})
    table["deaths"] = [8, 12, 9, 20, 15, 11]
    plan = {"benchmark": {"best": {}, "half": {"benchmark": half}}}
    vm.studies.sensitivity(spec, table, plan, random_seed=SEED, sample=1, progressbar=False)
    fit = vm.fit(spec, vm.prepare(spec, table), **FEW)
    vm.studies.certify(fit, random_seed=SEED, refits=2)
    more = pd.concat([table, table.assign(hospital=[f"{x}2" for x in table["hospital"]])])
    models = {
        "one": spec,
        "other": spec.replace(priors={"provider_sd": vm.Prior("exponential", lam=2)}),
    }
    vm.studies.stack(models, more, random_seed=SEED, folds=2, jobs=1)


def use_a_nation():
    nation = found_nation(trusts=8, pcts=4, quarters=2, random_seed=SEED)
    groups = {"day_case_rate": "clinical"}
    simulate_indicator(vm.load_model("day_case_rate"), nation, groups=groups)


def use_a_panel(spec):
    made = vm.simulate(spec, providers=12, periods=4, mean_denominator=200, random_seed=SEED + 2)
    score_forecast(spec, made.table, random_seed=SEED, draws=250, progressbar=False)
    fit = vm.fit(spec, vm.prepare(spec, made.table), **FEW)
    again = Fit(spec, fit.frame.assign_attrs(source_hash="of another count"), fit.draws)
    with suppress(DesignError):  # four periods of so few tell nothing, and draw all the same
        vm.money.displacement(fit, again, random_seed=SEED)
    vm.adjusted_rates(fit, part="next")
