"""Many fits: the same bytes as one alone, whatever the processes; kept, found again, refused."""

import numpy as np
import pytest
from filelock import FileLock

import varmodel as vm
from tests.toys import SURGICAL, surgical
from varmodel.errors import DesignError, OutputError, SpecError
from varmodel.fits.output import find_place
from varmodel.inference import many
from varmodel.inference.many import fit_many

SPEC = surgical().spec
OTHER = SURGICAL.assign(deaths=SURGICAL["deaths"] + 3)
TASKS = [(SPEC, SURGICAL), (SPEC, OTHER)]
FRAMED = SPEC, vm.prepare(SPEC, SURGICAL)


def saved(fit, folder):
    vm.save_fit(fit, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What `fit` gives of each task, as bytes."""
    folder = tmp_path_factory.mktemp("alone")
    fits = [vm.fit(spec, vm.prepare(spec, t), random_seed=5) for spec, t in TASKS]
    return [saved(fit, folder / str(place)) for place, fit in enumerate(fits)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_bytes_are_those_of_a_fit_alone(alone, tmp_path, jobs):
    held = fit_many(TASKS, random_seed=5, jobs=jobs)
    kept = fit_many(TASKS, random_seed=5, jobs=jobs, store=tmp_path / "store")
    for place, expected in enumerate(alone):
        assert saved(held[place], tmp_path / f"held{place}") == expected
        assert saved(kept[place], tmp_path / f"kept{place}") == expected


def test_what_the_store_holds_is_not_fitted_again(alone, tmp_path, monkeypatch):
    fit_many(TASKS[:1], random_seed=5, jobs=1, store=tmp_path / "store")
    asked = []

    def fit(spec, frame, **settings):
        asked.append(frame.attrs["source_hash"])
        return vm.fit(spec, frame, **settings)

    monkeypatch.setattr(many, "fit", fit)
    priced = SPEC.replace(unit_cost=250, title="as dear")  # changes no draw
    again = fit_many([*TASKS, (priced, SURGICAL)], random_seed=5, jobs=1, store=tmp_path / "store")
    assert asked == [vm.prepare(SPEC, OTHER).attrs["source_hash"]]
    assert saved(again[1], tmp_path / "again") == alone[1]
    assert (again[2].spec, again[2].draws.attrs["spec_digest"]) == (priced, priced.digest)
    np.testing.assert_array_equal(
        again[2].posterior["provider_sd"], again[0].posterior["provider_sd"]
    )
    fit_many(TASKS[:1], random_seed=6, jobs=1, store=tmp_path / "store")
    assert len(asked) == 2  # another seed, another fit
    assert [fit.spec for fit in again[::2]] == [SPEC, priced]


def test_another_number_of_draws_is_another_fit_of_the_same_store(tmp_path):
    store, alone = tmp_path / "store", vm.fit(*FRAMED, random_seed=5, draws=150, chains=3)
    fit_many(TASKS[:1], random_seed=5, jobs=1, store=store)
    for _ in range(2):
        (few,) = fit_many(TASKS[:1], random_seed=5, jobs=1, store=store, draws=150, chains=3)
        assert few.posterior.identical(alone.posterior)
    assert len(list(store.iterdir())) == 2


def test_one_refused_task_stops_no_other(tmp_path):
    tasks = [(SPEC, SURGICAL.head(3)), (SPEC, SURGICAL)]
    with pytest.raises(DesignError) as caught:
        fit_many(tasks, random_seed=5, jobs=2, store=tmp_path / "store")
    assert caught.value.code == "DESIGN.TOO_FEW"
    assert caught.value.__notes__ == ["in task 0: surgical"]
    assert len(list((tmp_path / "store").iterdir())) == 1


def test_a_store_in_use_is_refused(tmp_path):
    place = find_place(tmp_path / "store")
    with FileLock(place.lock), pytest.raises(OutputError) as caught:
        fit_many(TASKS[:1], random_seed=5, jobs=1, store=tmp_path / "store")
    assert caught.value.code == "OUTPUT.LOCKED"


@pytest.mark.parametrize(
    ("tasks", "jobs"), [([SPEC], 1), ([(SPEC,)], 1), ([("a", 1)], 1), (TASKS, 0), (TASKS, True)]
)
def test_what_is_asked_wrongly_is_refused(tasks, jobs):
    with pytest.raises(SpecError) as caught:
        fit_many(tasks, random_seed=1, jobs=jobs)
    assert caught.value.code == "CONFIG.VALUE"


def test_nothing_asked_is_nothing_given(tmp_path):
    assert list(fit_many([], random_seed=1)) == []
    assert list(fit_many([], random_seed=1, store=tmp_path / "store")) == []
