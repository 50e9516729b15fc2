"""Finding a model by its name or its path."""

import re

import pytest

from varmodel.errors import InputError, SpecError, VarmodelError
from varmodel.spec import list_models, load_model
from varmodel.spec.library import FILE_LIMIT, library_folder


def refused(name, kind=SpecError):
    with pytest.raises(kind) as caught:
        load_model(name)
    assert caught.value.fix
    return caught.value


def test_names_are_sorted_and_load():
    assert list_models() == tuple(sorted(list_models()))
    assert {load_model(name).name for name in list_models()} == set(list_models())


def test_a_path_gives_the_same_model(tmp_path):
    name = list_models()[0]
    text = (library_folder() / f"{name}.toml").read_text(encoding="utf-8")
    for encoding in ("utf-8", "utf-8-sig"):
        copy = tmp_path / f"{encoding}.toml"
        copy.write_text(text, encoding=encoding)
        assert load_model(copy) == load_model(str(copy)) == load_model(name)


def test_the_nearest_name_is_said():
    error = refused("day_case_rates")
    assert error.code == "CONFIG.VALUE"
    assert "did you mean 'day_case_rate'" in str(error)
    assert all(name in str(error) for name in list_models())


@pytest.mark.parametrize(
    "name",
    ["", "..", "day_case_rate/", "../models/day_case_rate", "/etc/passwd", "model.py", "m.TOML"],
)
def test_what_is_neither_a_name_nor_a_toml_file(name):
    assert refused(name).code in {"CONFIG.UNSAFE", "CONFIG.VALUE"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nothing.toml", "INPUT.NOT_FOUND"),
        ("day_case_rate/../nothing.toml", "INPUT.NOT_FOUND"),
        ("https://x.org/m.toml", "INPUT.UNSAFE_PATH"),
        ("a\0.toml", "INPUT.UNSAFE_PATH"),
    ],
)
def test_paths_that_are_not_opened(path, code):
    assert refused(path, InputError).code == code


def test_a_folder_with_the_name_of_a_model(tmp_path):
    (tmp_path / "m.toml").mkdir()
    assert refused(tmp_path / "m.toml", InputError).code == "INPUT.UNSAFE_PATH"


def test_a_huge_file(tmp_path):
    file = tmp_path / "huge.toml"
    file.write_bytes(b"#" * (FILE_LIMIT + 1))
    error = refused(file, InputError)
    assert (error.code, error.where.file) == ("INPUT.LIMIT", str(file))


@pytest.mark.parametrize(
    "data", [b"title = '\xff'", b"\xff\xfes\x00", "title = 'é'".encode("latin-1")]
)
def test_bytes_that_are_no_utf_8(tmp_path, data):
    file = tmp_path / "bytes.toml"
    file.write_bytes(data)
    error = refused(file, InputError)
    assert (error.code, error.where.file) == ("INPUT.ENCODING", str(file))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<html>", b"name: x\n", b"\x80\x04\x95"])
def test_bytes_that_are_no_model(tmp_path, data):
    file = tmp_path / "bytes.toml"
    file.write_bytes(data)
    error = refused(file, VarmodelError)
    assert error.code in {"CONFIG.KEY", "CONFIG.PARSE", "INPUT.ENCODING"}
    assert all(problem.where.file == str(file) for problem in error.problems)


def test_the_message_names_the_file_and_the_line(tmp_path):
    file = tmp_path / "line.toml"
    file.write_text("schema = 1\nname = \n", encoding="utf-8")
    with pytest.raises(SpecError, match=re.escape(f"in {file}, first at line 2")):
        load_model(file)
