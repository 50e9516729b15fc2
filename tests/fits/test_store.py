"""A store: what a key depends on, and what the folder may be."""

import pytest

from tests.fits.hand_made import whole_fit
from varmodel.errors import OutputError, fail
from varmodel.fits import store as store_of_fits
from varmodel.fits.store import Store, key_of

SETTINGS = {"random_seed": 1, "versions": "a"}


def test_the_key_is_of_all_that_fixes_the_draws():
    fit, other = whole_fit(), whole_fit(seed=2)
    key = key_of(fit.spec, fit.frame, settings=SETTINGS)
    assert key == key_of(fit.spec.replace(title="x", unit_cost=1), fit.frame, settings=SETTINGS)
    others = [
        key_of(fit.spec.replace(effect="student_t"), fit.frame, settings=SETTINGS),
        key_of(fit.spec.replace(provider_name="name"), fit.frame, settings=SETTINGS),
        key_of(fit.spec, other.frame, settings=SETTINGS),
        *(key_of(fit.spec, fit.frame, settings=SETTINGS | {name: 2}) for name in SETTINGS),
    ]
    assert len({key, *others}) == 6


@pytest.mark.parametrize(
    ("name", "values"),
    [("provider_name", ["St Mary", "St Mark"]), ("peer_values", [[1.0], [2.0]])],
)
def test_the_key_is_of_what_a_frame_holds_beside_its_cells(name, values):
    fit = whole_fit()
    dims = ["provider", "peer_column"][: 1 + isinstance(values[0], list)]
    keys = [
        key_of(fit.spec, fit.frame.assign({name: (dims, [x] * 12)}), settings=SETTINGS)
        for x in values
    ]
    assert keys[0] != keys[1]


def test_a_store_comes_back(tmp_path):
    fit = whole_fit()
    with Store.opened(tmp_path / "deep" / "store") as store:
        assert "a" not in store
        store.save(fit, "a")
    with Store.opened(tmp_path / "deep" / "store") as store:
        assert "a" in store
        assert store.load("a", fit.spec).posterior.equals(fit.posterior)


def test_a_fit_that_another_process_saves_meanwhile_is_waited_for(tmp_path, monkeypatch):
    """Two tasks of one key, or a process that outlives its parent: the bytes are the same."""
    fit, save = whole_fit(), store_of_fits.save_fit
    with Store.opened(tmp_path / "store") as store:

        def looked_away(seconds):
            save(fit, store.folder / "key")  # the other is done by now
            seen.append(seconds)

        def taken(*_):
            fail("OUTPUT.LOCKED", "another process writes there")

        seen = []
        monkeypatch.setattr(store_of_fits, "save_fit", taken)
        monkeypatch.setattr(store_of_fits.time, "sleep", looked_away)
        store.save(fit, "key")
        assert len(seen) == 1
        store.save(fit, "key")  # it is there
        monkeypatch.setattr(store_of_fits.time, "monotonic", iter([0.0, 61.0]).__next__)
        with pytest.raises(OutputError, match="another process"):
            store.save(fit, "other")


def test_a_file_is_no_store(tmp_path):
    (tmp_path / "store").write_text("x")
    with pytest.raises(OutputError) as caught, Store.opened(tmp_path / "store"):
        pass
    assert caught.value.code == "OUTPUT.EXISTS"
