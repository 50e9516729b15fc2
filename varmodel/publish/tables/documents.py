"""Printed tables as a file of their own: a page, LaTeX, or a workbook."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

from varmodel.errors import Where, fail, one_of, show
from varmodel.fits.output import fail_writing, find_place, hold
from varmodel.publish.published import Published
from varmodel.publish.tables.cells import PrintedTable
from varmodel.publish.tables.data_frames import in_units, tables_of
from varmodel.publish.tables.printed import all_diagnostics, print_tables
from varmodel.publish.wording.sentences import on_one_line

#: Seconds to wait for another process that writes the same file.
_PATIENCE = 10.0

type Wanted = dict[str, PrintedTable]


def write_printed(
    x: Published, path: str | os.PathLike[str], *, names: Collection[str] | None = None
) -> None:
    """Write tables of an analysis in the form that the name's ending asks for."""
    ending = Path(path).suffix.lower()
    if ending not in _WRITERS:
        message = f"tables are written as {', '.join(_WRITERS)}, not as {ending or 'no ending'}"
        fail("CONFIG.VALUE", message, fix="end the file's name with one of them")
    write_file(path, _WRITERS[ending](x, _choose(print_tables(x, tables_of(x)), names)))


def _choose(printed: Wanted, names: Collection[str] | None) -> Wanted:
    absent = [name for name in names or () if name not in printed]
    if absent:
        fix = one_of(absent[0], printed)
        fail("CONFIG.VALUE", f"this analysis has no table {show(absent[0])}", fix=fix)
    return printed if names is None else {name: printed[name] for name in names}


def write_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all; a file of this name is replaced.

    Raises
    ------
    OutputError
        OUTPUT.EXISTS where the name is that of a folder, link or device; OUTPUT.LOCKED where
        another process writes it and does not end; OUTPUT.DENIED, OUTPUT.DISK.
    """
    target, where = find_place(path).target, Where(file=str(path))
    if os.path.lexists(target) and (target.is_symlink() or not target.is_file()):
        fail("OUTPUT.EXISTS", "this is no file", fix="name a file", where=where)
    if not target.parent.is_dir():
        fix = "make the folder first"
        fail("OUTPUT.DENIED", f"there is no folder {target.parent}", fix=fix, where=where)
    with hold(path, patience=_PATIENCE) as place:
        try:
            with place.new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            place.new.replace(target)
        except OSError as error:
            fail_writing(error, target)


def _page(x: Published, chosen: Wanted) -> bytes:
    from varmodel.publish.templating import page_parts, render

    title = on_one_line(x.fit.spec.title or x.fit.spec.name)
    text = render("tables.html.j2", title=title, tables=list(chosen.values()), **page_parts())
    return text.encode()


def _latex(x: Published, chosen: Wanted) -> bytes:
    from varmodel.publish.templating import render

    name = x.fit.spec.name
    return render("tables.tex.j2", what=f"the model {name}", tables=list(chosen.values())).encode()


def _workbook(x: Published, chosen: Wanted) -> bytes:
    from varmodel.publish.tables.workbook import write_workbook

    frames = {**tables_of(x), "diagnostics": all_diagnostics(x)}
    sheets = {name: in_units(frames[name], name, spec=x.spec) for name in chosen}
    return write_workbook([(table, sheets[name]) for name, table in chosen.items()])


_WRITERS: dict[str, Callable[[Published, Wanted], bytes]] = {
    ".html": _page,
    ".tex": _latex,
    ".xlsx": _workbook,
}
