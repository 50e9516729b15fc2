"""The calibration's own workings: its panels, its bounds, its records. And, long, some of it."""

import json
import math

import numpy as np
import pytest
import xarray as xr

from tests.calibration import savings
from tests.calibration.__main__ import read as read_records
from tests.calibration.__main__ import run
from tests.calibration.bounds import misses, read
from tests.calibration.panels import FIELDS, draw_panel, model
from tests.calibration.records import SETS, SHARED, Task, record, tasks
from tests.calibration.sbc import LEAST, PAIRS, PLACES, Set, p_values
from tests.calibration.sbc import SETS as SBC_SETS
from tests.calibration.sbc import record as place
from tests.fits.hand_made import fit_of
from varmodel.frame import prepare


def cells(coverage=0.9, *, places=None, rho=None, count=40):
    """Make records of one cell by hand: coverages that scatter by .1 about their mean."""
    rng = np.random.default_rng(1)
    spread = 0.1 * (np.arange(count) % 2 - 0.5)
    values = rng.uniform(0, 1, count) if places is None else places
    return [
        {"key": str(k), "cell": "150x8x400", "rho": rho, "passed": True, "seconds": 1.0}
        | dict.fromkeys(
            ("persistent", "next", "rank_persistent", "rank_next"), coverage + spread[k]
        )
        | {"place": dict.fromkeys(SHARED, float(values[k]))}
        for k in range(count)
    ]


def test_departures_are_stationary_and_the_next_period_follows_the_last():
    given = {"provider_sd": 0.4, "transient_sd": 0.3, "transient_rho": 0.7}
    rng = np.random.default_rng(5)
    panel = draw_panel("poisson", np.full(4_000, 50.0), periods=4, rng=rng, given=given)
    passing = panel.truth["passing"]
    assert passing.shape == (4_000, 5)
    np.testing.assert_allclose(passing.std(axis=0), 0.3, rtol=0.05)
    lagged = [np.corrcoef(passing[:, 4], passing[:, 4 - lag])[0, 1] for lag in (1, 2)]
    np.testing.assert_allclose(lagged, [0.7, 0.49], atol=0.05)
    assert panel.truth["effect"].std() == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize("family", FIELDS)
def test_a_panel_is_centred_as_its_model_is(family):
    """Else what the truth calls intercept is not what the fit calls so."""
    sizes = np.geomspace(5, 60, 12)
    panel = draw_panel(family, sizes, periods=6, rng=np.random.default_rng(1))
    frame = prepare(model(family), panel.table)
    share = np.bincount(panel.period, panel.size) / panel.size.sum()
    np.testing.assert_allclose(frame["term_mean"], share[1:], atol=1e-12)
    np.testing.assert_array_equal(frame["term_sd"], 1)


def test_all_cells_grow_alike():
    listed = tasks(0.1)
    for cell in {task.cell for task in listed}:
        own = [task for task in listed if task.cell == cell and task.rho is None]
        assert len(own) == math.ceil(SETS[own[0].providers] / 10)
    assert len({task.key for task in tasks()}) == len(tasks())


def test_what_keeps_its_bounds_passes_and_what_does_not_is_named():
    assert misses(read(cells())) == []
    narrow = misses(read(cells(0.84)))
    assert any("150x8x400: persistent 0.840" in line for line in narrow)
    assert any("150 providers: rank_next" in line for line in narrow)
    shifted = misses(read(cells(places=np.linspace(0.6, 1, 40))))
    assert any("places of transient_rho uneven" in line for line in shifted)
    assert len(misses(read(cells() + cells(0.8, rho=0.6)))) == 1
    assert misses(read(cells(0.84, count=20))) == []  # shown, too few to be judged
    failed = [one | {"passed": False} for one in cells(0.5)]
    assert misses(read(cells() + failed)) == []  # draws that the gate kept back


def test_places_that_are_uneven_have_a_small_p():
    rng = np.random.default_rng(2)
    drawn = [{"places": {"tau": int(rng.integers(PLACES))}} for _ in range(200)]
    assert p_values(drawn)["tau"] > 0.01
    wide = [{"places": {"tau": 30 + one["places"]["tau"] * 4 // 10}} for one in drawn]
    assert p_values(wide)["tau"] < 1e-6


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    path, wanted, judged = tmp_path / "records.jsonl", tasks(0.01)[:4], []

    def judge(task):
        judged.append(task.key)
        return {"key": task.key}

    run(wanted[:2], path, judge=judge, until=math.inf)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": wanted[2].key})[:-5])  # cut off, as by a kill
    assert [one["key"] for one in read_records(path)] == [task.key for task in wanted[:2]]
    path.write_text("".join(f"{json.dumps(x)}\n" for x in read_records(path)), encoding="utf-8")
    run(wanted, path, judge=judge, until=math.inf)
    assert judged == [task.key for task in wanted]
    run(wanted, path, judge=judge, until=-math.inf)
    assert len(read_records(path)) == 4


def test_a_small_panel_is_judged():
    found = record(Task(12, 4, 30, 0))
    assert found["passed"]
    assert all(0 <= found[name] <= 1 for name in ("persistent", "next", "rank_persistent"))
    assert set(found["place"]) == set(SHARED)
    assert found == {**record(Task(12, 4, 30, 0)), "seconds": found["seconds"]}


@pytest.mark.long
@pytest.mark.parametrize(("family", "transient"), PAIRS)
def test_truths_lie_anywhere_among_their_draws(family, transient):
    """A fifth of the sets of ``make calibration``."""
    found = [place(Set(family, transient, number)) for number in range(SBC_SETS // 5)]
    kept = [one for one in found if one["passed"]]
    assert len(kept) >= 0.9 * len(found)
    values = p_values(kept)
    assert min(values.values()) * len(values) * len(PAIRS) > LEAST, values


def test_true_totals_are_those_of_draws_that_are_the_truth():
    """A fit whose draws are the truth has its totals, whatever the benchmark."""
    asked = savings.Set(30, 400, 1)
    truth = savings.draw_truth(asked, np.random.default_rng(2))
    spec = savings.model()
    frame = prepare(spec, savings.table_of(truth, np.random.default_rng(3)))
    values = {
        "intercept": ((), truth.intercept),
        "provider_sd": ((), truth.sd),
        "effect_coefficients": (("predictor",), [truth.slope]),
        "provider_effect": (("provider",), truth.effect - truth.slope * truth.z),
    }
    labels = {name: frame[name].to_numpy() for name in ("provider", "predictor")}
    posterior = xr.Dataset(values, labels).expand_dims(chain=2, draw=2)
    fit = fit_of(spec, frame, posterior=posterior)
    for kind in savings.KINDS:
        found = savings._estimates(fit, kind)["joint"]
        assert found == pytest.approx(savings.true_total(truth, kind), rel=1e-6)


def test_a_total_that_is_biased_misses_its_bound():
    rng = np.random.default_rng(4)

    def of_set(number, bias):
        truth = rng.uniform(50, 150)
        joint = bias * truth * (1 + 0.1 * rng.normal())
        held = {"low": 0.8 * truth if number % 20 else 2 * truth, "high": 3 * truth}
        own = {"truth": truth, "joint": joint, "observed": joint, "shrunken": joint, **held}
        kinds = dict.fromkeys(savings.KINDS, own)
        return {"key": str(number), "cell": "30x400", "passed": True, "kinds": kinds}

    fair = [of_set(k, 1.0) for k in range(100)]
    assert savings.misses(savings.figures(fair)) == []
    biased = [of_set(k, 1.15) for k in range(100)]
    said = savings.misses(savings.figures(biased))
    assert len(said) == len(savings.KINDS)
    assert "ratio 1.1" in said[0]
    assert savings.misses(savings.figures(biased[:20])) == []
