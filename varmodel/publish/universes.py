"""A sensitivity analysis as files: its tables, its pictures, what they were made of."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from varmodel.errors import VarmodelError
from varmodel.fits.folder import sha256
from varmodel.publish.files import RUN_MANIFEST, write_tables
from varmodel.publish.plots.parts.layout import require_matplotlib
from varmodel.publish.plots.universes import plot_sensitivity, plot_tornado
from varmodel.studies import Sensitivity
from varmodel.studies.universes.kept import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PICTURES: dict[str, "Callable[[Sensitivity], Axes]"] = {
    "universes": plot_sensitivity,
    "tornado": plot_tornado,
}


def write_universes(
    found: Sensitivity, folder: Path, *, random_seed: int, beside: Sequence[str] = ()
) -> list[str]:
    """Write the tables as CSV, the pictures as SVG, and a manifest with their hashes.

    ``beside`` names files that are there already and belong to them.

    Returns
    -------
    list of str
        Names of the files; a picture that has nothing to draw is left out. Equal analyses give
        equal bytes: the seconds that a run took are in none of them.
    """
    tables = found.tables()
    write_tables(tables, folder)
    drawn = {f"{name}.svg": _draw(plot, found) for name, plot in _PICTURES.items()}
    for name, text in drawn.items():
        if text:
            write_whole(folder / name, text)
    names = [*(f"{name}.csv" for name in tables), *(name for name, text in drawn.items() if text)]
    names += beside
    manifest = {
        "model": found.spec.name,
        "spec_digest": found.spec.digest,
        "random_seed": random_seed,
        "universes": len(found.table),
        "refused": int((found.table["code"] != "").sum()),
        "files": {name: sha256(folder / name) for name in sorted(names)},
    }
    write_whole(folder / RUN_MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return [*names, RUN_MANIFEST]


def _draw(plot: "Callable[[Sensitivity], Axes]", found: Sensitivity) -> str:
    """Draw a picture; empty where there is nothing to draw."""
    require_matplotlib()
    from varmodel.publish.plots.parts.canvas import page_style, svg_of

    try:
        with page_style():
            return svg_of(plot(found))
    except VarmodelError:  # no total, or no option alone
        return ""
