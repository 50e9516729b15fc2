"""Saved fits: equal after a round trip, and nothing damaged or foreign is ever opened."""

import errno
import hashlib
import json
import pickle
import subprocess
import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from tests.fits.hand_made import whole_fit
from varmodel.errors import ArtifactError, VarmodelError
from varmodel.fits import Fit, load_fit, netcdf, save_fit
from varmodel.fits.artifact import _seal

FORMS = ("share", "expected", "measurements", "published")


@pytest.fixture
def saved(tmp_path):
    """Return the folder of a saved fit."""
    save_fit(whole_fit(case_mix=("age",)), tmp_path / "fit")
    return tmp_path / "fit"


@pytest.fixture
def nothing_is_opened(monkeypatch):
    """Fail where a parser is asked to open draws."""

    file = h5py.File

    def opened(path, mode, **kwargs):
        if mode == "w":
            return file(path, mode, **kwargs)
        raise AssertionError("the draws were opened")

    monkeypatch.setattr(h5py, "File", opened)


def refusal(path):
    with pytest.raises(VarmodelError) as caught:
        load_fit(path)
    assert "Fix: " in str(caught.value)
    return caught.value.code


def forge(folder, **changes):
    """Change a manifest and seal it anew."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= changes
    manifest["seal"] = _seal(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def replace_draws(folder, content):
    """Put other bytes where the draws are, with a manifest that agrees."""
    (folder / "draws.nc").write_bytes(content)
    forge(folder, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


# Round trip


@pytest.mark.parametrize("form", FORMS)
def test_a_loaded_fit_is_the_one_that_was_saved(tmp_path, form):
    fit = whole_fit(form, case_mix=() if form == "published" else ("age", "sex"))
    save_fit(fit, tmp_path / "fit")
    loaded = load_fit(tmp_path / "fit")
    assert loaded.spec == fit.spec
    xr.testing.assert_identical(loaded.frame, fit.frame)
    xr.testing.assert_identical(loaded.draws, fit.draws)
    assert loaded.draws.attrs == fit.draws.attrs
    types = {name: type(value) for name, value in loaded.draws.attrs.items()}
    assert types == {name: type(value) for name, value in fit.draws.attrs.items()}
    for dataset, other in [(loaded.frame, fit.frame), (loaded.posterior, fit.posterior)]:
        found = {name: variable.dtype for name, variable in dataset.variables.items()}
        assert found == {name: variable.dtype for name, variable in other.variables.items()}
    assert {type(v) for v in loaded.frame.attrs.values()} <= {str, int, float}


def test_a_fit_without_terms_can_be_saved_twice(tmp_path):
    save_fit(whole_fit(), tmp_path / "one")
    save_fit(load_fit(tmp_path / "one"), tmp_path / "two")
    assert load_fit(tmp_path / "two").frame.sizes["term"] == 0
    one, two = ((tmp_path / name / "manifest.json").read_text() for name in ("one", "two"))
    assert json.loads(one)["spec"] == json.loads(two)["spec"]


def test_names_of_any_script_are_kept(tmp_path):
    fit = whole_fit()
    names = ["007", "NA", "5E1", "=1+1", "Ærø", "日本", "a, b", 'q"', "'", "x" * 300, "<b>", " "]
    frame = fit.frame.assign_coords(provider=names)
    save_fit(Fit(fit.spec, frame, fit.draws), tmp_path / "fit")
    assert list(load_fit(tmp_path / "fit").frame["provider"].to_numpy()) == names


def test_a_fit_is_two_files_and_the_manifest_says_what_is_in_them(saved):
    assert sorted(path.name for path in saved.iterdir()) == ["draws.nc", "manifest.json"]
    manifest = json.loads((saved / "manifest.json").read_text())
    content = (saved / "draws.nc").read_bytes()
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["bytes"] == len(content)
    assert (manifest["chains"], manifest["draws"], manifest["random_seed"]) == (4, 500, 7)
    assert manifest["schema"] == 2
    assert manifest["versions"] == {"varmodel": "0"}


def test_nothing_is_kept_open(saved):
    fit = load_fit(saved)
    (saved / "draws.nc").unlink()
    assert np.isfinite(fit.posterior["provider_effect"]).all()


# Writing


def test_what_is_there_is_not_overwritten(saved):
    before = (saved / "manifest.json").read_bytes()
    with pytest.raises(VarmodelError) as caught:
        save_fit(whole_fit(), saved)
    assert caught.value.code == "OUTPUT.EXISTS"
    assert (saved / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(errno.ENOSPC, "No space left on device"), "OUTPUT.DISK"), (ValueError("stop"), None)],
)
def test_what_fails_while_writing_leaves_nothing(tmp_path, monkeypatch, error, code):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(netcdf, "_write_group", fail)
    with pytest.raises((VarmodelError, ValueError)) as caught:
        save_fit(whole_fit(), tmp_path / "a" / "fit")
    assert getattr(caught.value, "code", None) == code
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, signal, sys
from tests.fits.hand_made import whole_fit
from varmodel import OutputError, save_fit
fit = whole_fit()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
try:
    save_fit(fit, sys.argv[1])
except OutputError as error:
    print(error.code)
"""


def test_a_disk_that_is_really_full(tmp_path):
    command = [sys.executable, "-W", "error", "-c", FULL, str(tmp_path / "fit")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "OUTPUT.DISK", run.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_as_a_folder_is_denied(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(VarmodelError) as caught:
        save_fit(whole_fit(), tmp_path / "file" / "fit")
    assert caught.value.code == "OUTPUT.DENIED"


# Reading what should not be read


def test_no_such_folder(tmp_path):
    assert refusal(tmp_path / "fit") == "INPUT.NOT_FOUND"


@pytest.mark.parametrize("name", ["draws.nc", "manifest.json"])
def test_a_missing_file(saved, nothing_is_opened, name):
    (saved / name).unlink()
    assert refusal(saved) == "ARTIFACT.CORRUPT"


def test_an_empty_folder(tmp_path):
    assert refusal(tmp_path) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize("share", [0, 0.0001, 0.5, 0.999])
def test_a_truncated_file(saved, nothing_is_opened, share):
    content = (saved / "draws.nc").read_bytes()
    (saved / "draws.nc").write_bytes(content[: int(share * len(content))])
    assert refusal(saved) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize("place", [8, 100, 0.3, 0.9, -1])
def test_a_flipped_bit(saved, nothing_is_opened, place):
    content = bytearray((saved / "draws.nc").read_bytes())
    content[int(place * len(content)) if isinstance(place, float) else place] ^= 1
    (saved / "draws.nc").write_bytes(content)
    assert refusal(saved) == "ARTIFACT.CORRUPT"


def test_every_flipped_digit_of_the_manifest(saved, nothing_is_opened):
    text = (saved / "manifest.json").read_text()
    manifest = json.loads(text)
    for key in manifest.keys() - {"schema"}:
        value = manifest[key]
        other = {**value, "x": "y"} if isinstance(value, dict) else f"{value}0"
        other = int(other) + 1 if isinstance(value, int) else other
        (saved / "manifest.json").write_text(json.dumps({**manifest, key: other}))
        assert refusal(saved) == "ARTIFACT.CORRUPT", key


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"schema": "1"}', "[" * 100_000, "\x00", "é\udce9"]
)
def test_a_manifest_that_is_none(saved, nothing_is_opened, text):
    (saved / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    assert refusal(saved) == "ARTIFACT.CORRUPT"


def test_the_manifest_of_another_fit(saved, tmp_path, nothing_is_opened):
    save_fit(whole_fit(seed=2), tmp_path / "other")
    (tmp_path / "other" / "manifest.json").rename(saved / "manifest.json")
    assert refusal(saved) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize(("schema", "what"), [(1, "older"), (3, "newer")])
def test_another_schema_is_named_before_anything_else(saved, nothing_is_opened, schema, what):
    manifest = json.loads((saved / "manifest.json").read_text())
    (saved / "manifest.json").write_text(json.dumps({**manifest, "schema": schema}))
    (saved / "draws.nc").write_bytes(b"another format")
    with pytest.raises(ArtifactError, match=f"by an? {what} varmodel") as caught:
        load_fit(saved)
    assert caught.value.code == "ARTIFACT.VERSION"


@pytest.mark.parametrize("content", [pickle.dumps({"a": 1}), b"PK\x03\x04", b"CDF\x01", b"text"])
@pytest.mark.parametrize("agrees", [True, False])
def test_what_is_no_hdf5_file(saved, nothing_is_opened, content, agrees):
    if agrees:
        replace_draws(saved, content)
    else:
        (saved / "draws.nc").write_bytes(content)
    assert refusal(saved) == "ARTIFACT.UNTRUSTED"


def test_a_pickle_instead_of_a_folder(tmp_path, nothing_is_opened):
    (tmp_path / "fit.pkl").write_bytes(pickle.dumps({"a": 1}))
    assert refusal(tmp_path / "fit.pkl") == "ARTIFACT.UNTRUSTED"


def test_a_file_that_only_begins_like_hdf5(saved):
    replace_draws(saved, b"\x89HDF\r\n\x1a\n" + bytes(1000))
    assert refusal(saved) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize("changes", [{"chains": 5}, {"draws": 501}])
def test_missing_chains_or_draws(saved, changes):
    forge(saved, **changes)
    assert refusal(saved) == "ARTIFACT.CORRUPT"


def test_missing_groups(saved, tmp_path):
    with xr.open_datatree(saved / "draws.nc", engine="h5netcdf") as tree:
        less = tree.load().filter(lambda node: node.name != "sample_stats")
    less.to_netcdf(tmp_path / "less.nc", engine="h5netcdf")
    replace_draws(saved, (tmp_path / "less.nc").read_bytes())
    assert refusal(saved) == "ARTIFACT.CORRUPT"


# Sealed anew


def resealed(folder, change):
    """Change the file of draws by h5py, and seal the folder as whoever changed it could."""
    with h5py.File(folder / "draws.nc", "r+") as file:
        change(file)
    replace_draws(folder, (folder / "draws.nc").read_bytes())
    return refusal(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["posterior"].__setitem__("again", file["posterior"]),
        lambda file: file.__setitem__("loop", file["/"]),
        lambda file: file.__setitem__("away", h5py.ExternalLink("/etc/passwd", "/")),
        lambda file: file["frame"].__delitem__("observed"),
        lambda file: file["frame"].__delitem__("cell"),
        lambda file: file["posterior"].__delitem__("provider_sd"),
        lambda file: file["frame"].attrs.__delitem__("terms"),
        lambda file: file.attrs.__delitem__("versions"),
    ],
)
def test_a_file_that_was_sealed_anew_is_looked_at(saved, change):
    assert resealed(saved, change) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize("key", ["file", "sha256", "bytes", "chains", "draws", "versions", "spec"])
@pytest.mark.parametrize("value", [None, [], "absent"])
def test_a_manifest_that_was_sealed_anew_is_looked_at(saved, key, value):
    manifest = json.loads((saved / "manifest.json").read_text())
    del manifest[key]
    if value != "absent":
        manifest[key] = value
    manifest["seal"] = _seal(manifest)
    (saved / "manifest.json").write_text(json.dumps(manifest))
    assert refusal(saved) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize("spec", ["not TOML", "schema = 1"])
def test_a_model_that_is_none_is_a_damaged_fit(saved, spec):
    forge(saved, spec=spec)
    assert refusal(saved) == "ARTIFACT.CORRUPT"


@pytest.mark.parametrize("path", ["x" * 5000, "x\0y"])
def test_a_path_that_cannot_be_is_no_fit(path):
    assert refusal(path) == "INPUT.NOT_FOUND"
