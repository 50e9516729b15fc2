"""What must not change a published number: order, labels, units, sampling, process.

Where the arithmetic is the same the draws are, byte for byte; where only the posterior is the
same, means lie within 4 Monte Carlo errors of each other.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.toys import SEED, share
from tests.truth.sampled import bytes_of, digest, distance
from varmodel import adjusted_rates, fit, prepare
from varmodel.inference.nuts import sampler as nuts

ROOT = Path(__file__).resolve().parents[2]
TOY = share()
FEW = {"draws": 50, "tune": 100, "provisional": True}  # enough for bytes, not for the gate


def draw(table, *, spec=TOY.spec, **options):
    options = {"sampler": "nuts", "random_seed": SEED, "progressbar": False, **options}
    return fit(spec, prepare(spec, table), **options)


@pytest.fixture(scope="module")
def few():
    return draw(TOY.table, **FEW)


def test_the_order_of_rows(few):
    shuffled = draw(TOY.table.sample(frac=1, random_state=3), **FEW)
    assert bytes_of(shuffled) == bytes_of(few)
    xr.testing.assert_identical(shuffled.posterior, few.posterior)


def test_other_labels_are_another_table():
    """Streams of its own, and the same posterior."""
    table = TOY.table.assign(trust="trust " + TOY.table["trust"])
    one, other = (draw(which, sampler="marginal") for which in (table, TOY.table))
    assert digest(one) != digest(other)
    for name in ("provider_sd", "provider_effect"):
        assert distance(one.posterior[name], other.posterior[name]) < 4


def test_records_split_in_two():
    spec = TOY.spec.replace(rows="records")
    halves = TOY.table.assign(cases=TOY.table["cases"] // 2, events=TOY.table["events"] // 2)
    halves["events"] = halves[["events", "cases"]].min(axis=1)
    rest = TOY.table.assign(
        **{name: TOY.table[name] - halves[name] for name in ("cases", "events")}
    )
    split = pd.concat([halves, rest])
    frames = [prepare(spec, table) for table in (TOY.table, split)]
    xr.testing.assert_identical(*(frame.drop_attrs() for frame in frames))
    one, other = (frame.attrs | {"rows_in": 0} for frame in frames)
    assert one == other
    assert bytes_of(draw(split, spec=spec, **FEW)) == bytes_of(draw(TOY.table, spec=spec, **FEW))


def test_the_first_chains_of_more():
    four, two = (draw(TOY.table, chains=chains, provisional=True) for chains in (4, 2))
    assert four.draws.attrs["attempts"] == 1  # two chains never climb the ladder
    for name, draws in two.posterior.items():
        np.testing.assert_array_equal(draws, four.posterior[name][:2])


def test_another_seed_is_another_sample(few):
    assert digest(draw(TOY.table, **{**FEW, "random_seed": SEED + 1})) != digest(few)


def elsewhere(sampler, **environment):
    """Start a process that prints the digest of a few draws; PyMC only where NUTS asks for it."""
    options = {**FEW, "sampler": sampler, "random_seed": SEED, "progressbar": False}
    program = (
        "from tests.toys import share\n"
        "from tests.truth.sampled import digest\n"
        "from varmodel import fit, prepare\n"
        "toy = share()\n"
        f"print(digest(fit(toy.spec, prepare(toy.spec, toy.table), **{options!r})))"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_another_process_with_another_locale_and_hash_seed():
    here = digest(draw(TOY.table, **FEW, sampler="marginal"))
    there = elsewhere("marginal", PYTHONHASHSEED="7", LC_ALL="C")
    assert there.communicate(timeout=300)[0].strip() == here


@pytest.mark.long
def test_other_processes_with_nuts(few):
    """Read from the cache, for code compiled afresh may differ from it in the last bits."""
    one, other = elsewhere("nuts", LC_ALL="C"), elsewhere("nuts", PYTHONHASHSEED="7")
    found, again = (process.communicate(timeout=300)[0].strip() for process in (one, other))
    assert found
    assert found == again


def test_labels_in_another_order(share_fit):
    labels = sorted(set(TOY.table["trust"]))
    other = dict(zip(labels, labels[::-1], strict=True))
    turned = adjusted_rates(draw(TOY.table.assign(trust=TOY.table["trust"].map(other))))
    assert distance(turned[:, :, ::-1], adjusted_rates(share_fit)) < 4


def test_the_unit_of_a_covariate(share_fit):
    months = draw(TOY.table.assign(age=12 * TOY.table["age"] + 5))
    assert distance(adjusted_rates(months), adjusted_rates(share_fit)) < 4
    for name in ("intercept", "coefficients", "provider_sd"):
        assert distance(months.posterior[name], share_fit.posterior[name]) < 4


@pytest.mark.parametrize("centred", [0.0, pytest.param(0.5, marks=pytest.mark.long), 1.0])
def test_the_parameterisation(centred, share_fit, monkeypatch):
    monkeypatch.setattr(
        nuts, "centred_share", lambda frame, **_: np.full(frame.sizes["provider"], centred)
    )
    found = draw(TOY.table, provisional=True)
    for name in ("intercept", "coefficients", "provider_sd", "provider_effect"):
        assert distance(found.posterior[name], share_fit.posterior[name]) < 4
    assert (
        distance(found.posterior["provider_sd"] ** 2, share_fit.posterior["provider_sd"] ** 2) < 4
    )
