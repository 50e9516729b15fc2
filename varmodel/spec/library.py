"""The library of models: one declarative file an indicator."""

import os
from dataclasses import replace
from pathlib import Path

from varmodel.errors import SpecError, Where, fail, one_of, show
from varmodel.spec.files import check_regular_file, reading
from varmodel.spec.model import ModelSpec

_PACKAGE = Path(__file__).resolve().parents[1]
FILE_LIMIT = 100_000


def library_folder() -> Path:
    """Find the models: inside an installed wheel, else the checkout's models/."""
    shipped = _PACKAGE / "_library"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "models"


def list_models() -> tuple[str, ...]:
    """Name the models of the library.

    Returns
    -------
    tuple of str
        Sorted names, each accepted by :func:`load_model`.
    """
    return tuple(sorted(path.stem for path in library_folder().glob("*.toml")))


def load_model(name_or_path: str | os.PathLike[str]) -> ModelSpec:
    """Load a model of the library by its name, or a model file by its path.

    Parameters
    ----------
    name_or_path : str or path-like
        A name of :func:`list_models`, or a path that ends in ``.toml``.

    Returns
    -------
    ModelSpec

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown name, CONFIG.UNSAFE for a file that is not TOML, and all
        that :meth:`ModelSpec.from_toml` raises, with the file named.
    InputError
        INPUT.NOT_FOUND, INPUT.UNSAFE_PATH, INPUT.ENCODING, INPUT.LIMIT.
    """
    path = _find(_name(name_or_path))
    with reading(str(path)):
        return _read(path)


def as_model(model: ModelSpec | str | os.PathLike[str]) -> ModelSpec:
    """Give a model itself, or load it by its name or path as :func:`load_model` does."""
    return model if isinstance(model, ModelSpec) else load_model(model)


def _name(name_or_path: object) -> str:
    if not isinstance(name_or_path, str | bytes | os.PathLike):
        kind = type(name_or_path).__name__
        fix = "give a name of vm.list_models(), or the path of a .toml file"
        fail("CONFIG.VALUE", f"a model is named by a text, not by {kind}", fix=fix)
    return os.fsdecode(name_or_path)


def _find(text: str) -> Path:
    names = list_models()
    if text in names:
        return library_folder() / f"{text}.toml"
    path = Path(text)
    if not path.suffix and len(path.parts) <= 1:
        message = f"no model {show(text)} in the library; {one_of(text, names)}"
        fail("CONFIG.VALUE", message, fix="give a name of vm.list_models(), or a .toml file")
    if path.suffix != ".toml":
        fix = "write the model as TOML, or give a name of vm.list_models()"
        fail("CONFIG.UNSAFE", f"{show(text)} is not a .toml file", fix=fix)
    return check_regular_file(text)


def _read(path: Path) -> ModelSpec:
    text = read_text(path)
    try:
        return ModelSpec.from_toml(text)
    except SpecError as error:
        raise in_file(error, path) from None


def read_text(path: Path) -> str:
    """Read a TOML file of bounded size, in UTF-8."""
    where = Where(str(path))
    if path.stat().st_size > FILE_LIMIT:
        message = f"a model file holds at most {FILE_LIMIT} bytes"
        fail("INPUT.LIMIT", message, where=where, fix="check that it is a model file")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fail("INPUT.ENCODING", "a model file is UTF-8", where=where, fix="save it as UTF-8")


def in_file(error: SpecError, path: Path) -> SpecError:
    """Name the file in all problems of an error."""
    return SpecError([replace(x, where=replace(x.where, file=str(path))) for x in error.problems])
